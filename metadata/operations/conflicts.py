"""What may stand against an operation: another file or folder on the path, a base version or an etag that is not current."""

from collections.abc import Iterable
from itertools import chain
from uuid import UUID

from sqlalchemy import Connection, and_, select

from foundation.problems import PreconditionFailed
from foundation.sql import any_of, listed
from metadata.access import BucketRow
from metadata.errors import PathTaken, VersionConflict
from metadata.model import FileVersion, Naming, Precondition
from metadata.paths import parents
from metadata.rows import select_versions, version_from
from metadata.schema import files


def standing_at(connection: Connection, bucket: UUID, paths: Iterable[str]) -> dict[str, FileVersion]:
    """The current state of the file at each path: the live one, else the one that went to the trash last."""
    query = select_versions(current=True).where(files.c.bucket == bucket, any_of(connection, files.c.path, paths))
    found: dict[str, FileVersion] = {}
    for version in map(version_from, connection.execute(query)):
        other = found.get(version.path)
        if other is None or _stands_before(version, other):
            found[version.path] = version
    return found


def _stands_before(version: FileVersion, other: FileVersion) -> bool:
    if version.deleted_at is None or other.deleted_at is None:
        return version.deleted_at is None
    return (version.deleted_at, version.file_id) > (other.deleted_at, other.file_id)


def folders_of(path: str) -> tuple[str, ...]:
    """Every path that must be no file for `path` to be one: the folders above it, and a marker's own without its `/`."""
    above = parents(path)
    return (*above, path[:-1]) if path.endswith("/") else above


def obstacles(
    connection: Connection, bucket: BucketRow, paths: Iterable[str], moved: UUID | None = None
) -> dict[str, str]:
    """For each of the new `paths` that may not be: the live path in its way. `moved`: the file that leaves its place."""
    if bucket.naming is not Naming.PORTABLE:
        return {}
    folders = {path: folders_of(path) for path in paths}
    above = set(chain.from_iterable(folders.values()))
    live = and_(files.c.bucket == bucket.id, files.c.deleted_at.is_(None))
    if moved is not None:
        live = and_(live, files.c.id != moved)
    in_the_way = set(
        connection.execute(select(files.c.path).where(live, any_of(connection, files.c.path, above))).scalars()
        if above
        else ()
    )
    new = listed(connection, files.c.path.type, [path for path in folders if not path.endswith("/")])
    # One step into the index for each path: as a join PostgreSQL compares all with all (1.6 s for 1,000 of 10,000).
    behind = and_(live, files.c.path >= new.c.value.concat("/"))
    next_path = select(files.c.path).where(behind).order_by(files.c.path).limit(1).correlate(new).scalar_subquery()
    # `0` follows `/` in bytes: what lies between is below the folder.
    inhabited = connection.execute(select(new.c.value).where(next_path < new.c.value.concat("0"))).scalars()
    found = {path: path + "/" for path in inhabited}
    if in_the_way:
        for path, above_it in folders.items():
            found.update((path, folder) for folder in above_it if folder in in_the_way)
    return found


class Neighbours:
    """Paths that are new in the same run, whose rows no statement can see yet."""

    def __init__(self, naming: Naming) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._is_free = naming is not Naming.PORTABLE

    def add(self, path: str) -> None:
        self._files.add(path)
        self._folders.update(folders_of(path))

    def obstacle(self, path: str) -> str | None:
        if self._is_free:
            return None
        if path in self._folders:
            return path + "/"
        return next((folder for folder in folders_of(path) if folder in self._files), None)


def check_place(connection: Connection, bucket: BucketRow, path: str, moved: UUID | None = None) -> None:
    """Whether a file may appear at `path`, where no live one is. Raises PathTaken."""
    for obstacle in obstacles(connection, bucket, [path], moved).values():
        raise PathTaken(f"`{obstacle}` is in the way.", path=obstacle)


def check_precondition(precondition: Precondition, live: FileVersion | None) -> None:
    """Raises VersionConflict, PreconditionFailed."""
    current = live.version_id if live else None
    if precondition.has_base and precondition.base_version != current:
        raise VersionConflict(current=described(live))
    etag = live.etag if live else None
    wanted, unwanted = precondition.if_match, precondition.if_none_match
    if wanted and (etag is None or ("*" not in wanted and etag not in wanted)):
        raise PreconditionFailed("If-Match names no state that the file has now.", current=described(live))
    if unwanted and etag is not None and ("*" in unwanted or etag in unwanted):
        raise PreconditionFailed("If-None-Match names the state that the file has now.", current=described(live))


def described(live: FileVersion | None) -> dict[str, str] | None:
    """The `current` member of a conflict."""
    if live is None:
        return None
    return {"version_id": str(live.version_id), "file_id": str(live.file_id), "etag": live.etag}


def check_early(connection: Connection, bucket: BucketRow, path: str, precondition: Precondition) -> None:
    """What is certain before any byte is sent; judged again at the commit. Raises VersionConflict, PathTaken."""
    standing = standing_at(connection, bucket.id, [path]).get(path)
    live = standing if standing and standing.deleted_at is None else None
    if precondition.has_base:
        check_precondition(Precondition(True, precondition.base_version), live)
    if live is None:
        check_place(connection, bucket, path)
