"""What an operator may set about the catalogue; read once, passed on."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class CatalogueSettings:
    """Times are spans; sizes are numbers of chunks."""

    upload_expiry: timedelta = timedelta(days=7)  # since its last activity
    activity_interval: timedelta = timedelta(minutes=1)  # an upload's last activity is written no oftener
    dead_name_retention: timedelta = timedelta(days=3)  # running downloads, backups, regret
    completed_event_days: int = 90
    event_attempts: int = 8  # a sync event that had so many is failed
    event_backoff: timedelta = timedelta(seconds=1)  # before its second attempt; doubled before each further one
    event_backoff_limit: timedelta = timedelta(hours=1)
    max_chunks: int = 10_000_000  # of one version
    stage_chunks: int = 10_000  # longer lists are written in pages of so many, each a transaction
    collect_chunks: int = 2_000  # rows that one slice of collection takes away; keeps SQLite's writer free
    quota_bytes: int | None = None  # of accounts that are new; None: without quota
    ended_upload_retention: timedelta = timedelta(days=30)  # since it ended
    # Since an account began to close; longer than any credential and any transaction that began before.
    closed_account_retention: timedelta = timedelta(hours=1)
    public_files: bool = False  # whether `access` public lets everybody in


DEFAULTS = CatalogueSettings()
