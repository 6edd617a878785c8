"""Live paths that differ only in case or normal form: two files to us, one on some disks (DESIGN.md 4 "Paths")."""

from itertools import groupby
from operator import itemgetter
from uuid import UUID

from sqlalchemy import Connection, select

from foundation.problems import CursorInvalid
from metadata.model import Page, Twin, Twins
from metadata.paths import is_storable
from metadata.schema import files

# A page looks at so many paths at most, whatever it finds: a bucket of a million files costs a hundred short pages.
MAX_LOOKED_AT = 10_000


def find_twins(
    connection: Connection, bucket: UUID, after: str | None, limit: int, window: int = MAX_LOOKED_AT
) -> Page[Twins]:
    """In the order of their folded paths. Raises CursorInvalid for an `after` that cannot be a key."""
    query = select(files.c.path_folded, files.c.path, files.c.id).where(
        files.c.bucket == bucket, files.c.deleted_at.is_(None)
    )
    if after is not None:
        if not is_storable(after):
            raise CursorInvalid
        query = query.where(files.c.path_folded > after)
    rows = connection.execute(query.order_by(files.c.path_folded).limit(window)).all()
    is_end = len(rows) < window
    known = [(key, sorted((path, id) for _, path, id in group)) for key, group in groupby(rows, itemgetter(0))]
    if not is_end and len(known) > 1:
        known.pop()  # The window may have cut it: it begins the next page.
    groups: list[Twins] = []
    for key, group in known:
        if len(group) > 1:
            groups.append(Twins([Twin(id, path) for path, id in group]))
        if len(groups) == limit and (key != known[-1][0] or not is_end):
            return Page(groups, key)
    return Page(groups, None if is_end else known[-1][0])
