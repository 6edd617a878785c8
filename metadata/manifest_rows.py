"""What manifests say, read from the tables: pages of everything and of what changed, each of one moment; chunks of contents."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select

from foundation.authorization import Role
from foundation.blocks import BlockName, Chunking
from foundation.sql import any_of
from metadata.manifest_model import (
    ManifestBucket,
    ManifestChunks,
    ManifestContent,
    ManifestFile,
    ManifestGone,
    ManifestPage,
    ManifestVersion,
)
from metadata.model import Access, Kind, Member, Naming, Versioning
from metadata.schema import accounts, blocks, buckets, changes, contents, file_chunks, file_versions, files, members

_NOTHING = ManifestGone([], [])


def everything(connection: Connection, bucket: UUID, key: str | None, limit: int) -> ManifestPage | None:
    _of_one_moment(connection)
    head = _head(connection, bucket)
    if head is None:
        return None
    place = and_(files.c.bucket == bucket, _behind(key))
    joined = files.join(file_versions, file_versions.c.file == files.c.id)
    ordered = (files.c.path, files.c.id, file_versions.c.sequence)
    query = select(file_versions, *_FILE).select_from(joined).where(place).order_by(*ordered).limit(limit)
    rows = connection.execute(query).all()
    told = {row.file: _file(row) for row in rows}
    versions = [_version(row) for row in rows]
    last = None
    if len(rows) == limit:
        last = orjson.dumps([rows[-1].file_path, rows[-1].file_id.hex, rows[-1].sequence]).decode()
    found = _contents(connection, {version.content for version in versions if version.content})
    return ManifestPage(*head, list(told.values()), versions, found, _NOTHING, last)


def changed(connection: Connection, bucket: UUID, after: int, limit: int) -> ManifestPage | None:
    _of_one_moment(connection)
    head = _head(connection, bucket)
    if head is None:
        return None
    columns = (changes.c.sequence, changes.c.file, changes.c.version, changes.c.previous_version, changes.c.old_path)
    query = select(*columns).where(changes.c.journal == bucket, changes.c.sequence > after)
    rows = connection.execute(query.order_by(changes.c.sequence).limit(limit)).all()
    named = {row.file for row in rows if row.file}
    moved = {row.file for row in rows if row.old_path is not None}
    ids = {id for row in rows for id in (row.version, row.previous_version) if id}
    found = {row.file_id: row for row in connection.execute(_files(connection, bucket, named))}
    ids |= {row.file_current_version for row in found.values()}
    wanted = or_(any_of(connection, file_versions.c.id, ids), any_of(connection, file_versions.c.file, moved))
    of_bucket = and_(file_versions.c.bucket == bucket, wanted)
    versions = [_version(row) for row in connection.execute(select(file_versions).where(of_bucket))]
    # What is older is in a manifest, unless its file was on the move while all of them were walked through.
    new = {one.content for one in versions if one.content and (one.sequence > after or one.file in moved)}
    there = {version.id for version in versions}
    gone = ManifestGone(sorted(named - found.keys()), sorted(ids - there))
    told = [_file(row) for row in found.values()]
    last = str(rows[-1].sequence) if len(rows) == limit else None
    return ManifestPage(*head, told, versions, _contents(connection, new), gone, last)


def chunks(connection: Connection, named: Collection[UUID], first_index: int, limit: int) -> Sequence[ManifestChunks]:
    if not named:
        return []
    place = file_chunks.c.index.label("place")  # A row's `index` is a method.
    columns = (file_chunks.c.content, place, file_chunks.c.offset, file_chunks.c.size, blocks.c.name, blocks.c.xxh3)
    page = and_(
        any_of(connection, file_chunks.c.content, named),
        or_(file_chunks.c.content != min(named), file_chunks.c.index >= first_index),
    )
    query = select(*columns).join(blocks, blocks.c.id == file_chunks.c.block).where(page)
    runs: list[ManifestChunks] = []
    told: list[tuple[int, BlockName, int]] = []
    for row in connection.execute(query.order_by(file_chunks.c.content, file_chunks.c.index).limit(limit)):
        if not runs or runs[-1].content != row.content:
            told = []
            runs.append(ManifestChunks(row.content, row.place, row.offset, told))
        told.append((row.size, BlockName.parse(row.name), row.xxh3 % (1 << 64)))
    return runs


def _of_one_moment(connection: Connection) -> None:
    """SQLite's reads are anyway; here each statement would see a later one."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _head(connection: Connection, bucket: UUID) -> tuple[int, ManifestBucket] | None:
    query = select(buckets, accounts.c.quota_bytes).join(accounts, accounts.c.user == buckets.c.owner)
    row = connection.execute(query.where(buckets.c.id == bucket)).one_or_none()
    if row is None:
        return None
    shared = select(members.c.user, members.c.role).where(members.c.bucket == bucket).order_by(members.c.user)
    told = ManifestBucket(
        id=row.id,
        owner=row.owner,
        name=row.name,
        title=row.title,
        versioning=Versioning(row.versioning),
        naming=Naming(row.naming),
        chunking=Chunking(row.chunking),
        keep_days=row.keep_days,
        trash_days=row.trash_days,
        quota_bytes=row.quota_bytes,
        members=[Member(one.user, Role(one.role)) for one in connection.execute(shared)],
        created_at=row.created_at,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
        purge_after=row.purge_after,
    )
    return row.next_sequence - 1, told


_FILE = tuple(
    files.c[name].label(f"file_{name}") for name in ("id", "path", "current_version", "created_at", "deleted_at")
)


def _files(connection: Connection, bucket: UUID, ids: Iterable[UUID]) -> Select[Any]:
    return select(*_FILE).where(files.c.bucket == bucket, any_of(connection, files.c.id, ids))


def _file(row: Row[Any]) -> ManifestFile:
    return ManifestFile(row.file_id, row.file_path, row.file_current_version, row.file_created_at, row.file_deleted_at)


def _behind(key: str | None) -> ColumnElement[bool]:
    """The index of paths takes the first condition; the others finish what it begins."""
    if key is None:
        return files.c.path >= ""
    path, file, sequence = orjson.loads(key)
    id, behind = UUID(file), file_versions.c.sequence > sequence
    of_path = or_(files.c.id > id, and_(files.c.id == id, behind))
    return and_(files.c.path >= path, or_(files.c.path > path, of_path))


def _version(row: Row[Any]) -> ManifestVersion:
    return ManifestVersion(
        id=row.id,
        file=row.file,
        sequence=row.sequence,
        content=row.content,
        kind=Kind(row.kind),
        content_type=row.content_type,
        etag=row.etag,
        access=Access(row.access),
        executable=row.executable,
        description=row.description,
        tags=orjson.loads(row.tags),
        modified_at=row.modified_at,
        created_at=row.created_at,
        actor=row.actor,
        device=row.device,
        is_null=row.is_null,
        purge_after=row.purge_after,
    )


def _contents(connection: Connection, ids: Collection[UUID]) -> list[ManifestContent]:
    query = select(contents).where(any_of(connection, contents.c.id, ids)).order_by(contents.c.id)
    return [
        ManifestContent(row.id, row.size, row.num_chunks, row.content_hash, orjson.loads(row.digests), row.created_at)
        for row in connection.execute(query)
    ]
