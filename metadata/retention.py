"""How long what was superseded or deleted is kept (DESIGN.md 4 "Versions"). Pure."""

from datetime import datetime, timedelta

from metadata.access import BucketRow
from metadata.model import Versioning


def purge_after(bucket: BucketRow, moment: datetime) -> datetime | None:
    """When what is superseded or deleted at `moment` goes for good; None: never by itself; `moment` itself: at once."""
    if bucket.versioning is Versioning.ON:
        return moment + timedelta(days=bucket.keep_days) if bucket.keep_days else None
    return moment + timedelta(days=bucket.trash_days)


def goes_at_once(bucket: BucketRow) -> bool:
    return bucket.versioning is not Versioning.ON and bucket.trash_days == 0
