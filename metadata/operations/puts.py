"""Put: contents become the current versions of files. Written for many at once; one is many of length one."""

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from foundation.ids import new_id
from foundation.problems import Problem
from foundation.sql import insert_rows, update_rows
from metadata.batch import Put, Result
from metadata.chunk_lists import default_etag
from metadata.contents import Content
from metadata.descriptions import check_described
from metadata.errors import PathTaken
from metadata.model import Access, ChangeKind, FileVersion
from metadata.operations.conflicts import Neighbours, check_precondition, obstacles, standing_at
from metadata.operations.superseding import supersede
from metadata.operations.version_rows import file_row, version_row
from metadata.operations.work import Work
from metadata.paths import check_path
from metadata.schema import file_versions, files

FOLDER_TYPE = "application/x-directory"
DEFAULT_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Publication:
    """A content that is in the catalogue already, and how it is to be published. The put's own chunks are not looked at.

    `access` None: that of the version before, else private.
    """

    put: Put
    content: Content
    access: Access | None = None


def put_all(work: Work, publications: Sequence[Publication]) -> list[Result | Problem]:
    """Publish all on distinct paths; a refused one changes nothing and its problem stands in its place."""
    paths = [publication.put.path for publication in publications]
    standing = standing_at(work.connection, work.bucket.id, paths)
    new = [path for path in paths if path not in standing or standing[path].deleted_at is not None]
    taken = obstacles(work.connection, work.bucket, new) if new else {}
    within = Neighbours(work.bucket.naming)
    results: list[Result | Problem] = []
    published: list[tuple[FileVersion | None, FileVersion]] = []
    for publication in publications:
        path, before = publication.put.path, standing.get(publication.put.path)
        try:
            check_path(path, work.bucket.naming)
            check_described(publication.put.description, publication.put.tags)
            check_precondition(publication.put.precondition, before if before and not before.deleted_at else None)
            if obstacle := taken.get(path) or within.obstacle(path):
                raise PathTaken(f"`{obstacle}` is in the way.", path=obstacle)
        except Problem as problem:
            results.append(problem)
            continue
        within.add(path)
        version = _version(work, publication, before)
        published.append((before, version))
        results.append(_recorded(work, version, before))
    _write(work, published)
    return results


def _version(work: Work, publication: Publication, before: FileVersion | None) -> FileVersion:
    put, content = publication.put, publication.content
    return FileVersion(
        version_id=new_id(),
        file_id=before.file_id if before else new_id(),
        bucket_id=work.bucket.id,
        path=put.path,
        content=content.id,
        size=content.size,
        num_chunks=content.num_chunks,
        content_hash=content.hash,
        etag=put.etag or default_etag(content.hash, content.num_chunks),
        digests=orjson.loads(content.digests) if content.digests != "{}" else {},
        content_type=put.content_type or guessed_type(put.path),
        kind=put.kind,
        executable=put.executable,
        access=publication.access or (before.access if before else Access.PRIVATE),
        description=(before.description if before else "") if put.description is None else put.description,
        tags=(before.tags if before else {}) if put.tags is None else put.tags,
        modified_at=put.modified_at,
        created_at=work.moment,
        actor=work.actor,
        device=work.device,
        is_current=True,
        verified_at=None,
        purge_after=None,
        deleted_at=None,
        chunking=work.bucket.chunking,
    )


def _recorded(work: Work, version: FileVersion, before: FileVersion | None) -> Result:
    is_live = before is not None and before.deleted_at is None
    kind = ChangeKind.FILE_UPDATED if is_live else ChangeKind.FILE_CREATED
    sequence = work.record(kind, version, previous=before.version_id if before else None)
    gone = before.size if before is not None and is_live else 0
    work.count(files=not is_live, versions=1, logical=version.size - gone, stored=version.size)
    return Result(version, sequence, created=not is_live)


def _write(work: Work, published: Sequence[tuple[FileVersion | None, FileVersion]]) -> None:
    """Files before versions, which point to them."""
    made = [file_row(work, version) for before, version in published if before is None]
    insert_rows(work.connection, files, made)
    kept = [file_row(work, version) for before, version in published if before is not None]
    if kept:
        columns = ("id", "current_version", "search_text", "deleted_at")
        update_rows(work.connection, files, "id", [{name: row[name] for name in columns} for row in kept])
    # The sequences were given in this order, one to each.
    first = work.next_sequence - len(published)
    rows = [version_row(work, version, sequence) for sequence, (_, version) in enumerate(published, first)]
    insert_rows(work.connection, file_versions, rows)
    supersede(work, [before for before, _ in published if before is not None])


_TYPES = (
    mimetypes.MimeTypes()
)  # The module's own table, not that of the machine: the same file has one type everywhere.


def guessed_type(path: str) -> str:
    """What a path's ending says of its content."""
    if path.endswith("/"):
        return FOLDER_TYPE
    dot = path.rfind(".")
    return _TYPES.types_map[True].get(path[dot:].lower(), DEFAULT_TYPE) if dot >= 0 else DEFAULT_TYPE
