"""What the room's HTTP door stands on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation.doorbell import Doorbell
from foundation.identity import Identity, Scope
from metadata import Buckets, Journals, LongPoll, Proofs, SyncRecords
from sync.health import HealthBoard
from sync.watcher import Watcher


@dataclass(frozen=True, slots=True)
class Door:
    """`clock`: the database's. `round_every`: how often everything stored is promised to be read again."""

    records: SyncRecords
    proofs: Proofs
    buckets: Buckets
    journals: Journals
    long_poll: LongPoll
    watcher: Watcher
    health: HealthBoard
    doorbell: Doorbell
    clock: Callable[[], datetime]
    round_every: timedelta


def is_administrator(caller: Identity) -> bool:
    """Who is told of the installation, not only of their own files."""
    return caller.has(Scope.ADMIN)
