"""Values of search and statistics, as they cross the catalogue's seams. Sizes are bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """All that is given must hold; an empty text is not given. At least one filter, `bucket` counts.

    `q`: in the path or the description. `name`: in the path. `description`. From three characters (after folding) these
    match anywhere; shorter ones match where the name (the path's last part) begins so, `description` where it does.
    They are compared after NFKC and casefold; `tags` exactly: a key, or key=value. At most 1,024 characters each, 10 tags.
    """

    q: str = ""
    name: str = ""
    description: str = ""
    tags: Sequence[str] = ()
    bucket: str | None = None
    after: str | None = None  # the `next_key` of the page before
    limit: int = 100


@dataclass(frozen=True, slots=True)
class BucketFigures:
    """As in Bucket."""

    id: UUID
    name: str
    title: str
    files: int
    versions: int
    logical_bytes: int
    version_bytes: int


@dataclass(frozen=True, slots=True)
class StoredFigures:
    """Of distinct blocks. `as_of`: when they were counted."""

    blocks: int
    stored_bytes: int
    version_bytes: int  # of the versions that were counted: what they would take if every one had its own blocks
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """Of live buckets; what lies in the trash of a live one counts as versions.

    `buckets`: by name, at most 1,000; `top`: the ten with the most version bytes. `stored` None: it takes too long to
    count just now; ask again.
    """

    num_buckets: int
    files: int
    versions: int
    logical_bytes: int  # of current versions
    version_bytes: int  # of all versions
    stored: StoredFigures | None
    buckets: Sequence[BucketFigures]
    top: Sequence[BucketFigures]


@dataclass(frozen=True, slots=True)
class DayFigures:
    """At the end of a day, of today at present. `day`: when it began, in UTC."""

    day: datetime
    files: int
    versions: int
    logical_bytes: int
    version_bytes: int


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """The whole installation's. `stored_bytes`: as compressed; `dead_names`: how many wait to be erased."""

    users: int
    buckets: int
    blocks: int
    plain_bytes: int
    stored_bytes: int
    dead_names: int
    as_of: datetime
