"""What services tell Prometheus beyond what each counts by itself."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette

import block_storage
import sync
from cairn.settings import BackupSettings, ServerSettings, settings_of
from foundation.measures import Disks

if TYPE_CHECKING:  # What a service has no use for it does not load.
    from metadata import Catalogue
    from sync import RedisBroker

_KEPT_SECONDS = 600.0


def show_disks(app: Starlette, settings: ServerSettings, *, with_store: bool) -> None:
    """Room in the data folder and, `with_store`, in each folder of a store on disks."""
    folders = [Path(folder) for folder in block_storage.folders_of(settings.store_location)] if with_store else []
    copies = {f"copy {number}": folder for number, folder in enumerate(folders, 1)}
    app.state.registry.register(Disks({"data": settings.data} | copies))


def show_work(
    app: Starlette,
    catalogue: "Catalogue",
    broker: "RedisBroker | None" = None,
    agree: Callable[[], None] | None = None,
) -> None:
    """As WorkMetrics; of backups, where CAIRN_BACKUP is named to this process."""
    place = settings_of(BackupSettings).backup
    newest = NewestBackup(place) if place else None
    app.state.registry.register(sync.WorkMetrics(catalogue, broker, agree, newest))
    app.state.registry.register(sync.ManifestMetrics(catalogue.manifests, catalogue.installation.clock))


class NewestBackup:
    """When the newest snapshot was taken. Asked again after ten minutes: a backup may be a bucket elsewhere."""

    def __init__(self, place: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._place, self._clock, self._asked_at = place, clock, -float("inf")
        self._known: datetime | None = None

    def __call__(self) -> datetime | None:
        """None: there is none yet. Raises Problem where it cannot be told."""
        if self._clock() - self._asked_at >= _KEPT_SECONDS:
            from cairn.backup.repository import newest_moment
            from cairn.compose.parts import naming

            with naming("CAIRN_BACKUP"):
                vault = block_storage.open_vault(self._place)
            with closing(vault):
                self._known = newest_moment(vault)
            if self._known:
                self._asked_at = self._clock()
        return self._known
