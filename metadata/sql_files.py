"""Files and their versions in SQL, as readers see them."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Several
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, tuple_

from foundation.authorization import Action, require
from foundation.blocks import BlockId
from foundation.database import Database
from foundation.identity import Identity
from foundation.problems import CursorInvalid, Invalid
from foundation.sql import any_of
from metadata.access import bucket_for, bucket_of_file, decide, find_bucket
from metadata.batch import Purged
from metadata.cut_off import TookTooLong
from metadata.errors import BucketNotFound, FileNotFound, VersionNotFound
from metadata.folder_facts import folder_facts
from metadata.list_statuses import open_checks
from metadata.model import (
    NO_PRECONDITION,
    Access,
    FileVersion,
    FolderFacts,
    Listing,
    ListQuery,
    Page,
    Precondition,
    Twins,
)
from metadata.parts import Found
from metadata.paths import is_storable
from metadata.rows import select_entries, select_trashed, select_versions, version_from
from metadata.schema import file_versions, files
from metadata.sql_chunks import SqlChunks
from metadata.sql_listing import PLACE, list_files
from metadata.sql_sharing import sharing
from metadata.sql_twins import find_twins

# Removes a version, or the whole file if there is none: metadata.purge in a transaction of the same database.
Purge = Callable[[Identity, UUID, UUID | None, Precondition], Purged]


class SqlFiles(SqlChunks):
    """`public_files`: the installation lets everybody read the content of files whose access is public."""

    def __init__(self, database: Database, purge: Purge, *, public_files: bool = False) -> None:
        super().__init__(database)
        self._purge, self._public_files = purge, public_files

    def get(self, caller: Identity, file_id: UUID, version_id: UUID | None = None) -> FileVersion:
        def body(connection: Connection) -> FileVersion:
            bucket_of_file(connection, caller, file_id, Action.READ_FILE)
            version = _version(connection, files.c.id == file_id, version_id)
            if version is None:
                raise VersionNotFound
            return version

        return self._database.read(body)

    def find(self, caller: Identity, bucket: str, path: str, version_id: UUID | None = None) -> FileVersion:
        def body(connection: Connection) -> FileVersion:
            row = find_bucket(connection, caller, bucket)
            version = None
            if row is not None and is_storable(path):
                live = and_(files.c.bucket == row.id, files.c.path == path, files.c.deleted_at.is_(None))
                version = _version(connection, live, version_id)
            is_public = self._is_public(connection, version)
            decide(caller, Action.READ_CONTENT, row, is_public=is_public, hidden=BucketNotFound)
            if version is None:
                raise FileNotFound if version_id is None else VersionNotFound
            return version

        return self._database.read(body)

    def content(self, caller: Identity, file_id: UUID, version_id: UUID) -> FileVersion:
        def body(connection: Connection) -> FileVersion:
            version = _version(connection, files.c.id == file_id, version_id)
            is_public = self._is_public(connection, version)
            bucket_of_file(connection, caller, file_id, Action.READ_CONTENT, is_public=is_public)
            if version is None:
                raise VersionNotFound
            return version

        return self._database.read(body)

    def contents(self, caller: Identity, bucket: str, versions: Several[UUID]) -> Mapping[UUID, FileVersion]:
        def body(connection: Connection) -> Mapping[UUID, FileVersion]:
            row = bucket_for(connection, caller, bucket, Action.READ_CONTENT)
            of_bucket = select_versions().where(files.c.bucket == row.id, file_versions.c.content.is_not(None))
            found = connection.execute(of_bucket.where(any_of(connection, file_versions.c.id, versions)))
            return {version.version_id: version for version in map(version_from, found)}

        return self._database.read(body)

    def list(self, caller: Identity, bucket: str, query: ListQuery) -> Listing:
        versions = select_versions(current=True)
        found = self._found(caller, bucket, query, versions.with_only_columns(*PLACE, *versions.selected_columns))
        return Listing([version_from(row[2:]) for row in found.rows], found.prefixes, found.next_key)

    def entries(self, caller: Identity, bucket: str, query: ListQuery) -> Found:
        """As `list`, but light: rows for metadata.rows.entry_from. 10,000 files cost a third of what `list` does."""

        def body(connection: Connection) -> Found:
            row = bucket_for(connection, caller, bucket, Action.READ_BUCKET)
            found = list_files(connection, row.id, query, select_entries())
            listed = {entry[2]: entry[1] for entry in found.rows}
            return replace(found, checks=open_checks(connection, [row.id], listed))

        return self._database.read(body)

    def folders(self, caller: Identity, bucket: str, prefixes: Sequence[str]) -> Sequence[FolderFacts]:
        def body(connection: Connection) -> Sequence[FolderFacts]:
            row = bucket_for(connection, caller, bucket, Action.READ_BUCKET)
            return folder_facts(connection, row.id, prefixes)

        return self._database.read(body)

    def twins(self, caller: Identity, bucket: str, after: str | None, limit: int) -> Page[Twins]:
        def body(connection: Connection) -> Page[Twins]:
            row = bucket_for(connection, caller, bucket, Action.READ_BUCKET)
            return find_twins(connection, row.id, after, limit)

        return self._database.read(body)

    def trash(self, caller: Identity, bucket: str, after: str | None, limit: int) -> Page[FileVersion]:
        def body(connection: Connection) -> Page[FileVersion]:
            row = bucket_for(connection, caller, bucket, Action.READ_BUCKET)
            query = select_trashed().where(files.c.bucket == row.id, files.c.deleted_at.is_not(None))
            if after is not None:
                path, file_id = _trash_position(after)
                query = query.where(tuple_(files.c.path, files.c.id) > tuple_(path, file_id))
            return _page(
                connection, query.order_by(files.c.path, files.c.id), limit, lambda last: f"{last.file_id}{last.path}"
            )

        return self._database.read(body)

    def versions(self, caller: Identity, file_id: UUID, after: str | None, limit: int) -> Page[FileVersion]:
        def body(connection: Connection) -> Page[FileVersion]:
            bucket_of_file(connection, caller, file_id, Action.READ_FILE)
            query = select_versions().where(file_versions.c.file == file_id)
            if after is not None:
                query = query.where(_older_than(_uuid(after)))
            query = query.order_by(file_versions.c.sequence.desc(), file_versions.c.id.desc())
            return _page(connection, query, limit, lambda last: str(last.version_id))

        return self._database.read(body)

    def purge(
        self,
        caller: Identity,
        file_id: UUID,
        version_id: UUID | None,
        precondition: Precondition = NO_PRECONDITION,
    ) -> Purged:
        return self._purge(caller, file_id, version_id, precondition)

    def sharing(self, caller: Identity, file_id: UUID, blocks: Sequence[BlockId]) -> Sequence[int]:
        require(caller, Action.LIST_BUCKETS)
        try:
            return self._database.read(lambda connection: sharing(connection, caller.user, file_id, blocks))
        except TookTooLong as error:
            raise Invalid("Counting takes too long here. Ask for fewer chunks.", field="include") from error

    def _found(self, caller: Identity, bucket: str, query: ListQuery, rows: Select[Any]) -> Found:
        def body(connection: Connection) -> Found:
            row = bucket_for(connection, caller, bucket, Action.READ_BUCKET)
            return list_files(connection, row.id, query, rows)

        return self._database.read(body)

    def _is_public(self, connection: Connection, version: FileVersion | None) -> bool:
        """A version that is public itself, of a file that is: what somebody shows or hides is the file, all of it."""
        if not self._public_files or version is None or version.deleted_at is not None:
            return False
        current = version if version.is_current else _version(connection, files.c.id == version.file_id, None)
        return current is not None and {version.access, current.access} == {Access.PUBLIC}


def _version(connection: Connection, of_file: ColumnElement[bool], version_id: UUID | None) -> FileVersion | None:
    query = select_versions(current=version_id is None).where(of_file)
    if version_id is not None:
        query = query.where(file_versions.c.id == version_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else version_from(row)


def _page(
    connection: Connection, query: Select[Any], limit: int, key: Callable[[FileVersion], str]
) -> Page[FileVersion]:
    items = [version_from(row) for row in connection.execute(query.limit(limit + 1))]
    more = len(items) > limit
    items = items[:limit]
    return Page(items, key(items[-1]) if more else None)


def _older_than(version_id: UUID) -> ColumnElement[bool]:
    """Made before that version of the same file; nothing is, if it was purged meanwhile: the caller begins anew."""
    last = file_versions.alias()
    place = select(last.c.sequence).where(last.c.id == version_id, last.c.file == file_versions.c.file)
    sequence = place.correlate(file_versions).scalar_subquery()
    return or_(
        file_versions.c.sequence < sequence,
        and_(file_versions.c.sequence == sequence, file_versions.c.id < version_id),
    )


def _trash_position(after: str) -> tuple[str, UUID]:
    path = after[36:]
    if not is_storable(path):
        raise CursorInvalid
    return path, _uuid(after[:36])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise CursorInvalid from error
