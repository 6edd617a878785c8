"""Folders as sets of light rows: what lies below a prefix, and who stands in the way of where it shall be."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, NoReturn, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, type_coerce
from sqlalchemy.types import NullType

from foundation.sql import any_of
from metadata.errors import PathInvalid, PathTaken, TooMany
from metadata.model import Naming
from metadata.operations.conflicts import Neighbours, obstacles
from metadata.operations.work import Work
from metadata.paths import MAX_PATH_BYTES, check_folder, check_path, prefix_end
from metadata.schema import contents, file_versions, files

MAX_FILES = 100_000
MAX_CONFLICTS = 100
# Rows of one statement: many enough to be quick, few enough for memory and for a statement's time.
PAGE = 10_000

T = TypeVar("T")


class Member(NamedTuple):
    """A live file of a folder. Its ids are as the driver gives them."""

    file: Any
    path: str
    version: Any
    size: int
    num_chunks: int


def raw(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """As the driver gives it: making UUIDs of 100,000 rows costs more than reading them."""
    return type_coerce(column, NullType())


def uuids(ids: Iterable[Any]) -> list[UUID]:
    """Of ids as the driver gives them."""
    return [id if isinstance(id, UUID) else UUID(id) for id in ids]


def pages(rows: Sequence[T], size: int = PAGE) -> Iterator[Sequence[T]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def folder_prefix(name: str, value: str, naming: Naming) -> str:
    """The text that all paths of the folder `value` begin with; in an `s3` bucket `value` itself. Raises PathInvalid for `name`."""
    check = check_folder if naming is Naming.PORTABLE else check_path
    try:
        return check(value, naming)
    except PathInvalid as problem:
        raise PathInvalid(f"{name}: {problem.detail}", **problem.members, field=name) from problem


def below(work: Work, prefix: str) -> ColumnElement[bool]:
    """Of files of the bucket."""
    inside = and_(files.c.bucket == work.bucket.id, files.c.path >= prefix)
    end = prefix_end(prefix)
    return inside if end is None else inside & (files.c.path < end)


def live_below(work: Work, prefix: str) -> list[Member]:
    """By path. Raises TooMany."""
    columns = (
        raw(files.c.id),
        files.c.path,
        raw(files.c.current_version),
        func.coalesce(contents.c.size, 0),
        func.coalesce(contents.c.num_chunks, 0),
    )
    joined = files.join(file_versions, file_versions.c.id == files.c.current_version).outerjoin(
        contents, contents.c.id == file_versions.c.content
    )
    query = select(*columns).select_from(joined).where(below(work, prefix), files.c.deleted_at.is_(None))
    return [Member(*row) for row in at_most(work, query.order_by(files.c.path))]


def at_most(work: Work, query: Select[Any], most: int = MAX_FILES) -> Sequence[Any]:
    """All rows, unless they are too many with those of the batch's operations before: its bucket is locked all the while.

    Raises TooMany.
    """
    rows = work.connection.execute(query.limit(most - work.in_folders + 1)).all()
    work.in_folders += len(rows)
    if work.in_folders > most:
        raise TooMany(f"The folders of one request hold at most {most:,} files; these are more. Go by subfolders.")
    return rows


def check_lengths(paths: Sequence[str]) -> None:
    """Raises PathInvalid."""
    for path in paths:
        if len(path) * 4 > MAX_PATH_BYTES and len(path.encode()) > MAX_PATH_BYTES:
            detail = f"A path has at most {MAX_PATH_BYTES} bytes of UTF-8, and one would have more: `{path[:200]}…`"
            raise PathInvalid(detail, rule="length")


def is_inhabited(work: Work, prefix: str) -> bool:
    live = select(files.c.id).where(below(work, prefix), files.c.deleted_at.is_(None))
    return work.connection.execute(live.limit(1)).first() is not None


def check_free(work: Work, paths: Sequence[str]) -> None:
    """Whether files may appear at all of `paths` together. Raises PathTaken with `conflicts`."""
    if _is_empty_place(work, paths):
        return
    taken: dict[str, str] = {}
    among = Neighbours(work.bucket.naming)
    seen: set[str] = set()
    for page in pages(paths):
        live = and_(files.c.bucket == work.bucket.id, files.c.deleted_at.is_(None))
        query = select(files.c.path).where(live, any_of(work.connection, files.c.path, page))
        taken |= {path: path for path in work.connection.execute(query).scalars()}
        taken |= obstacles(work.connection, work.bucket, page)
        for path in page:
            obstacle = path if path in seen else among.obstacle(path)
            if obstacle is not None and path not in taken:
                taken[path] = obstacle
            among.add(path)
            seen.add(path)
    if taken:
        conflicts = ({"path": path, "obstacle": obstacle} for path, obstacle in sorted(taken.items()))
        refuse(PathTaken, conflicts, len(taken))


def _is_empty_place(work: Work, paths: Sequence[str]) -> bool:
    """Whether a look at the folder that all `paths` share already tells that each is free: nothing is in it or in its way."""
    wanted = set(paths)
    shared = os.path.commonprefix([min(wanted), max(wanted)]) if wanted else ""  # noqa: RUF071 — text, no disk's path.
    if work.bucket.naming is Naming.PORTABLE:
        shared = shared[: shared.rfind("/") + 1]
    if not shared or len(wanted) < len(paths) or is_inhabited(work, shared):
        return False
    is_portable = work.bucket.naming is Naming.PORTABLE
    return not is_portable or (
        wanted.isdisjoint(folders_above(wanted)) and not obstacles(work.connection, work.bucket, [shared])
    )


def folders_above(paths: Iterable[str]) -> set[str]:
    """All folders that `paths` lie in, markers in their own too, without trailing `/`."""
    found: set[str] = set()
    left = {path.rpartition("/")[0] for path in paths}
    while left := left - found - {""}:
        found |= left
        left = {folder.rpartition("/")[0] for folder in left}
    return found


def refuse(
    problem: Callable[..., Exception], conflicts: Iterator[Mapping[str, str]], total: int, detail: str = ""
) -> NoReturn:
    """Raise it with the first of `conflicts`, and how many they are in all."""
    first = [dict(conflict) for conflict in islice(conflicts, MAX_CONFLICTS)]
    raise problem(detail or f"{total:,} paths of it are taken.", path=first[0]["path"], conflicts=first, total=total)
