"""What the catalogue's HTTP door stands on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from foundation.identity import Identity
from metadata.longpoll import LongPoll
from metadata.model import ListQuery
from metadata.seams import Accounts, Buckets, Commits, Files, Journals, Members, Search, Statistics
from metadata.sync_model import OpenChecks
from metadata.sync_seams import SyncRecords

NOT_LOOKED_UP = OpenChecks({}, is_flooded=False)


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of the select that was passed in, common prefixes, and the key that the next page begins after.

    `checks`: how those of them stand whose check is not completed.
    """

    rows: Sequence[Any]
    prefixes: Sequence[str]
    next_key: str | None
    checks: OpenChecks = NOT_LOOKED_UP


class Listings(Protocol):
    """The light way to list, for answers of 10,000 entries."""

    def entries(self, caller: Identity, bucket: str, query: ListQuery) -> Found:
        """As Files.list, as rows for metadata.rows.entry_from."""


@dataclass(frozen=True, slots=True)
class Parts:
    buckets: Buckets
    members: Members
    accounts: Accounts
    files: Files
    listings: Listings
    commits: Commits
    journals: Journals
    search: Search
    statistics: Statistics
    sync_records: SyncRecords
    long_poll: LongPoll
