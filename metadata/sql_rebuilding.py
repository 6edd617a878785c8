"""Beginning anew from manifests (ALGORITHMS.md 9): an empty catalogue is filled in one transaction."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import Connection, case, func, insert, select, update

from foundation.blocks import BlockName
from foundation.database import opened
from foundation.ids import new_id
from foundation.sql import insert_rows, now
from metadata import collect
from metadata.errors import CatalogueNotEmpty
from metadata.manifest_model import (
    ManifestBucket,
    ManifestChunks,
    ManifestContent,
    ManifestFile,
    ManifestVersion,
    RebuiltBlock,
)
from metadata.manifest_seam import Rebuilding
from metadata.migrated import check_migrated
from metadata.model import ChangeKind
from metadata.paths import folded
from metadata.recount import find_drift
from metadata.register import bury
from metadata.root_journal import ensure_account
from metadata.schema import (
    accounts,
    block_holders,
    blocks,
    buckets,
    changes,
    contents,
    dead_names,
    file_chunks,
    file_versions,
    files,
    installation,
    members,
    uploads,
)
from metadata.search_text import search_text
from metadata.sql_installation import raise_writer
from metadata.sync_schema import sync_events

T = TypeVar("T")

# What manifests say of when something is to be purged may be older than the bucket's settings: nothing goes in a hurry.
_GRACE = timedelta(days=30)
_PAGE = 1000
_FILLED = (buckets, files, contents, blocks, uploads, dead_names, installation)


def rebuilt(location: str, body: Callable[[Rebuilding], T]) -> T:
    """What `body` gives, which fills the catalogue at `location`: as a whole, or not at all. It may be called again after a lost
    connection, and must then begin anew. Raises CatalogueNotEmpty, NotMigrated, DatabaseUnavailable."""
    with opened(location) as database:
        check_migrated(database)

        def filled(connection: Connection) -> T:
            if connection.dialect.name == "postgresql":
                # A store that is read meanwhile may be slow; nobody else waits for this.
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            _require_empty(connection)
            return body(SqlRebuilding(connection))

        return database.write(filled)


def _require_empty(connection: Connection) -> None:
    for table in _FILLED:
        if connection.execute(select(1).select_from(table).limit(1)).first() is not None:
            raise CatalogueNotEmpty(
                f"There is something in `{table.name}` already. Rebuild into a new database: set CAIRN_DATABASE to it, or move"
                " the old one aside."
            )


class SqlRebuilding:
    """See metadata.manifest_seam.Rebuilding."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._moment = now(connection)
        # Beyond whatever the lost journals came to: cursors of before are told to list anew.
        self._first_sequence = int(self._moment.timestamp() * 1000)

    def add_bucket(self, bucket: ManifestBucket, sequence: int) -> None:
        for user in (bucket.owner, *(member.user for member in bucket.members)):
            ensure_account(self._connection, user, None)
        owner = update(accounts).where(accounts.c.user == bucket.owner)
        self._connection.execute(owner.values(quota_bytes=bucket.quota_bytes))
        row = {
            "id": bucket.id,
            "owner": bucket.owner,
            "name": bucket.name,
            "title": bucket.title,
            "versioning": bucket.versioning.value,
            "naming": bucket.naming.value,
            "chunking": bucket.chunking.value,
            "keep_days": bucket.keep_days,
            "trash_days": bucket.trash_days,
            "next_sequence": max(self._first_sequence, sequence + 1),
            "created_at": bucket.created_at,
            "updated_at": bucket.updated_at,
            "deleted_at": bucket.deleted_at,
            "purge_after": self._later(bucket.purge_after),
        }
        self._connection.execute(insert(buckets).values(row))
        shared = [{"bucket": bucket.id, "user": one.user, "role": one.role.value} for one in bucket.members]
        insert_rows(self._connection, members, shared, ignore_conflicts=True)
        if bucket.deleted_at is None:
            self._tell(bucket.owner, bucket.id, bucket.owner, ChangeKind.BUCKET_CREATED)
            for member in bucket.members:
                self._tell(member.user, bucket.id, bucket.owner, ChangeKind.BUCKET_SHARED)

    def add_blocks(self, owner: UUID, found: Sequence[RebuiltBlock]) -> None:
        fresh = {block.name.id: block for block in sorted(found, key=lambda block: block.name)}
        rows = [
            {
                "id": id,
                "name": str(block.name),
                "size": block.size,
                "stored_size": block.size,
                "codec": block.name.codec,
                "xxh3": block.xxh3 - (1 << 64) if block.xxh3 >= 1 << 63 else block.xxh3,
                "state": block.state.value,
                "registered_at": self._moment,
            }
            for id, block in fresh.items()
        ]
        insert_rows(self._connection, blocks, rows, ignore_conflicts=True)
        held = [{"user": owner, "block": id} for id in fresh]
        insert_rows(self._connection, block_holders, held, ignore_conflicts=True)

    def add_contents(self, found: Sequence[ManifestContent]) -> None:
        rows = [
            {
                "id": content.id,
                "size": content.size,
                "num_chunks": content.num_chunks,
                "content_hash": content.content_hash,
                "digests": orjson.dumps(dict(content.digests)).decode(),
                "created_at": content.created_at,
            }
            for content in found
        ]
        insert_rows(self._connection, contents, rows, ignore_conflicts=True)

    def add_chunks(self, found: Sequence[ManifestChunks]) -> None:
        rows = []
        for run in found:
            offset = run.offset
            for index, (size, name, _) in enumerate(run.chunks, run.index):
                rows.append({"content": run.content, "index": index, "offset": offset, "size": size, "block": name.id})
                offset += size
        insert_rows(self._connection, file_chunks, rows, ignore_conflicts=True)

    def add_files(self, bucket: ManifestBucket, found: Sequence[tuple[ManifestFile, ManifestVersion]]) -> None:
        rows = [
            {
                "id": file.id,
                "bucket": bucket.id,
                "path": file.path,
                "path_folded": folded(file.path),
                "current_version": version.id,
                "search_text": search_text(file.path, version.description, version.tags),
                "created_at": file.created_at,
                "deleted_at": file.deleted_at,
            }
            for file, version in found
        ]
        insert_rows(self._connection, files, rows)

    def add_versions(self, bucket: ManifestBucket, found: Sequence[ManifestVersion]) -> None:
        rows = [
            {
                "id": version.id,
                "file": version.file,
                "bucket": bucket.id,
                "sequence": version.sequence,
                "content": version.content,
                "kind": version.kind.value,
                "content_type": version.content_type,
                "etag": version.etag,
                "access": version.access.value,
                "executable": version.executable,
                "description": version.description,
                "tags": orjson.dumps(dict(version.tags)).decode(),
                "modified_at": version.modified_at,
                "created_at": version.created_at,
                "actor": version.actor,
                "device": version.device,
                "is_null": version.is_null,
                "purge_after": self._later(version.purge_after),
            }
            for version in found
        ]
        insert_rows(self._connection, file_versions, rows)

    def unregistered(self, names: Collection[BlockName]) -> set[BlockName]:
        found = self._connection.execute(collect.orphans(self._connection, names)).scalars() if names else ()
        return {BlockName.parse(name) for name in found}

    def keep(self, names: Collection[BlockName], until: datetime) -> None:
        bury(self._connection, map(str, names), until)

    def end_bucket(self, bucket: ManifestBucket) -> None:
        # The next one by id behind the one before it is this one.
        drift = find_drift(self._connection, UUID(int=bucket.id.int - 1))
        counted = drift.by if drift and drift.bucket == bucket.id else {}
        if counted:
            self._connection.execute(update(buckets).where(buckets.c.id == bucket.id).values(counted))
        self._tell_files(bucket)

    def finish(self, id: UUID, generation: int, writer: int) -> None:
        row = {"one": 1, "id": id, "generation": generation, "raised_at": self._moment}
        self._connection.execute(insert(installation).values(row))
        raise_writer(self._connection, writer)

    def _later(self, moment: datetime | None) -> datetime | None:
        return None if moment is None else max(moment, self._moment + _GRACE)

    def _tell(self, user: UUID, bucket: UUID, owner: UUID, kind: ChangeKind) -> None:
        step = update(accounts).where(accounts.c.user == user).returning(accounts.c.next_sequence)
        is_new = accounts.c.next_sequence < self._first_sequence
        following = case((is_new, self._first_sequence), else_=accounts.c.next_sequence)
        sequence = self._connection.execute(step.values(next_sequence=following + 1)).scalar_one() - 1
        insert_rows(self._connection, changes, [self._change(user, sequence, kind, bucket, owner)])

    def _tell_files(self, bucket: ManifestBucket) -> None:
        """The journal begins with what is there, each file once, and each is to be verified."""
        after: tuple[str, UUID] | None = None
        while page := self._page(bucket.id, after):
            after = page[-1].path, page[-1].id
            following = update(buckets).where(buckets.c.id == bucket.id).returning(buckets.c.next_sequence)
            end = self._connection.execute(
                following.values(next_sequence=buckets.c.next_sequence + len(page))
            ).scalar_one()
            told, events = [], []
            for sequence, row in enumerate(page, end - len(page)):
                kind = ChangeKind.FILE_CREATED if row.deleted_at is None else ChangeKind.FILE_DELETED
                change = self._change(bucket.id, sequence, kind, bucket.id, bucket.owner)
                told.append(change | {"file": row.id, "version": row.current_version, "path": row.path})
                events.append(self._event(change, bucket, row))
            insert_rows(self._connection, changes, told)
            insert_rows(self._connection, sync_events, events)

    def _page(self, bucket: UUID, after: tuple[str, UUID] | None) -> Sequence[Any]:
        columns = (files.c.id, files.c.path, files.c.current_version, files.c.deleted_at)
        chunks = func.coalesce(contents.c.num_chunks, 0).label("num_chunks")
        joined = files.join(file_versions, file_versions.c.id == files.c.current_version).outerjoin(
            contents, contents.c.id == file_versions.c.content
        )
        query = select(*columns, chunks).select_from(joined).where(files.c.bucket == bucket)
        if after is not None:
            path, id = after
            query = query.where((files.c.path > path) | ((files.c.path == path) & (files.c.id > id)))
        return self._connection.execute(query.order_by(files.c.path, files.c.id).limit(_PAGE)).all()

    def _change(self, journal: UUID, sequence: int, kind: ChangeKind, bucket: UUID, actor: UUID) -> dict[str, Any]:
        return {
            "journal": journal,
            "sequence": sequence,
            "event_id": new_id(),
            "kind": kind.value,
            "bucket": bucket,
            "actor": actor,
            "at": self._moment,
        }

    def _event(self, change: dict[str, Any], bucket: ManifestBucket, row: Any) -> dict[str, Any]:
        return {
            "id": change["event_id"],
            "bucket": bucket.id,
            "file": row.id,
            "version": row.current_version,
            "owner": bucket.owner,
            "type": change["kind"],
            "status": "pending",
            "total_chunks": row.num_chunks,
            "next_attempt_at": self._moment,
            "created_at": self._moment,
            "updated_at": self._moment,
        }
