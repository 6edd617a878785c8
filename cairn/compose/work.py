"""What the chores work with, and which of them are done in this process: the sync room's, a worker's, or the only one's."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import identity
import metadata
from block_storage import BlockStore
from cairn.neighbours import Neighbours
from cairn.settings import ServerSettings, settings_of
from foundation.doorbell import Doorbell
from foundation.service_tokens import Room
from metadata import Catalogue, ManifestPerson
from sync import (
    Chore,
    IsBusy,
    ManifestParts,
    Parts,
    Pause,
    People,
    Seal,
    SyncSettings,
    TwoTruths,
    WebhookSettings,
    chores,
    nobody_moves,
    open_webhook,
    worker_name,
)

if TYPE_CHECKING:
    from foundation.database import Database


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


def chore_parts(
    catalogue: Catalogue,
    store: BlockStore,
    truths: TwoTruths,
    doorbell: Doorbell,
    is_busy: IsBusy = nobody_moves,
) -> Parts:
    return Parts(
        worker_name(),
        catalogue.collection,
        catalogue.blocks,
        catalogue.jobs,
        catalogue.proofs,
        store,
        truths,
        doorbell,
        settings_of(SyncSettings),
        webhook=open_webhook(settings_of(WebhookSettings)),
        is_busy=is_busy,
    )


def people_of(database: "Database") -> People:
    """Who signs in here, as manifests tell it."""

    def found(of: Collection[UUID]) -> Mapping[UUID, ManifestPerson]:
        told = identity.addresses_of(database, of)
        return {one.user: ManifestPerson(one.user, one.email, one.is_admin) for one in told}

    return found


def with_manifests(parts: Parts, catalogue: Catalogue, secret: bytes, people: People) -> Parts:
    return replace(parts, manifests=ManifestParts(catalogue.manifests, Seal(secret), people))


def done_here(settings: ServerSettings, work: Parts, pause: Pause) -> Sequence[Chore]:
    """The chores of this process: none where CAIRN_BROKER tells of workers that do them."""
    return () if settings.broker else chores(work, pause)


def agreement(settings: ServerSettings, truths: TwoTruths) -> Callable[[], None]:
    """Whether anything may be erased: as the chores found it, or, where they run elsewhere, as it is."""
    return truths.look if settings.broker else truths.ready
