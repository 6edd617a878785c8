"""The catalogue as one thing: its seams, whatever stands behind them."""

from collections.abc import Callable
from dataclasses import dataclass

from metadata.collection_seam import Collection
from metadata.manifest_seam import Manifests
from metadata.parts import Listings
from metadata.seams import (
    Accounts,
    Blocks,
    Buckets,
    Commits,
    Files,
    Installation,
    Journals,
    Members,
    Search,
    Statistics,
    Uploads,
)
from metadata.sync_seams import Jobs, Proofs, SyncRecords


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every seam of the room. `ready` raises DatabaseUnavailable while the database does not answer.

    `is_new`: no upload was ever opened, so no store can hold anything of it.
    """

    buckets: Buckets
    members: Members
    accounts: Accounts
    files: Files
    listings: Listings
    uploads: Uploads
    blocks: Blocks
    commits: Commits
    journals: Journals
    search: Search
    statistics: Statistics
    collection: Collection
    installation: Installation
    jobs: Jobs
    proofs: Proofs
    sync_records: SyncRecords
    manifests: Manifests
    ready: Callable[[], None]
    is_new: Callable[[], bool]
    close: Callable[[], None]
