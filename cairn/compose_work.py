"""What a worker's processes work with: database and store, opened in whichever process runs the chores."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import metadata
from cairn.compose_parts import chore_parts, people_of, with_manifests
from cairn.neighbours import Neighbours
from cairn.settings import ServerSettings
from foundation.service_tokens import Room
from metadata import Catalogue
from sync import Chore, Parts, Pause, TwoTruths, chores


@contextmanager
def opened_parts(settings: ServerSettings) -> Iterator[Parts]:
    """As the sync room has them. Raises SettingInvalid; NotMigrated, DatabaseUnavailable."""
    with ExitStack() as stack:
        near = Neighbours(settings, frozenset(), stack)
        catalogue, store = near.own_catalogue, near.store(Room.SYNC)
        truths = TwoTruths(catalogue.installation, store, catalogue.is_new)
        parts = chore_parts(catalogue, store, truths, near.rung)
        yield with_manifests(parts, catalogue, settings.shared_secret_bytes(), people_of(near.database))


def told_catalogue(near: Neighbours) -> Catalogue:
    """Of a process that only tells, and rings for nobody: without the thread that does. Raises as `opened_parts` does."""
    return metadata.open_catalogue(near.database, near.settings.catalogue())


@contextmanager
def opened_chores(settings: ServerSettings, pause: Pause) -> Iterator[Sequence[Chore]]:
    with opened_parts(settings) as parts:
        yield chores(parts, pause)
