"""What the catalogue's HTTP door stands on."""

from dataclasses import dataclass
from typing import Protocol

from foundation.identity import Identity
from metadata.longpoll import LongPoll
from metadata.model import ListQuery
from metadata.seams import Accounts, Buckets, Commits, Files, Journals, Members, Search, Statistics
from metadata.sql_listing import Found


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
    long_poll: LongPoll
