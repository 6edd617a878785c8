"""Buckets in SQL."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError

from foundation.authorization import Action, Role, require
from foundation.blocks import Chunking
from foundation.database import Database
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.problems import CursorInvalid, Unauthenticated
from foundation.sql import database_now, now
from metadata.access import bucket_for
from metadata.deleted_buckets import find_deleted, give_up, take_back
from metadata.errors import BucketExists, BucketNameInvalid, BucketNotEmpty, BucketNotFound
from metadata.model import Bucket, ChangeKind, Naming, NewBucket, Page, Versioning
from metadata.naming import check_name, check_title, name_from
from metadata.paths import is_storable
from metadata.root_journal import ensure_account, record_bucket_change
from metadata.schema import buckets, files

TRASH = timedelta(days=30)  # how long a deleted bucket can be taken back
_NUMBERED_TRIES = 50
_TRIES = 60

T = TypeVar("T")
Notify = Callable[[Iterable[UUID]], None]


def nobody_waits(_journals: Iterable[UUID]) -> None:
    """The hook of a process in which nobody waits for journals."""


class SqlBuckets:
    """`notify` is told, after commit, which journals grew."""

    def __init__(self, database: Database, notify: Notify = nobody_waits) -> None:
        self._database, self._notify = database, notify

    def create(self, caller: Identity, new: NewBucket) -> Bucket:
        require(caller, Action.CREATE_BUCKET)
        title = check_title(new.title if new.title is not None else new.name or "")
        if new.name is not None:
            check_name(new.name)

        def body(connection: Connection) -> tuple[Bucket, Iterable[UUID]]:
            owner = _user(caller)
            ensure_account(connection, owner)
            id = _insert(connection, owner, title, new)
            grown = record_bucket_change(connection, caller, ChangeKind.BUCKET_CREATED, id, owner)
            return _read(connection, id, Role.OWNER), grown

        return self._written(body)

    def get(self, caller: Identity, bucket: str) -> Bucket:
        def body(connection: Connection) -> Bucket:
            row = bucket_for(connection, caller, bucket, Action.READ_BUCKET)
            return _read(connection, row.id, row.role)

        return self._database.read(body)

    def list(self, caller: Identity, after: str | None, limit: int) -> Page[Bucket]:
        require(caller, Action.LIST_BUCKETS)
        if not is_storable(after or ""):
            raise CursorInvalid
        query = select(buckets).where(buckets.c.owner == _user(caller), buckets.c.deleted_at.is_(None))
        if after is not None:
            query = query.where(buckets.c.name > after)
        query = query.order_by(buckets.c.name).limit(limit + 1)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        items = [_bucket(row, Role.OWNER) for row in rows[:limit]]
        return Page(items, items[-1].name if len(rows) > limit else None)

    def update(
        self,
        caller: Identity,
        bucket: str,
        *,
        title: str | None = None,
        versioning: Versioning | None = None,
        keep_days: int | None = None,
        trash_days: int | None = None,
    ) -> Bucket:
        values: dict[str, Any] = {}
        if title is not None:
            values["title"] = check_title(title)
        if keep_days is not None:
            values["keep_days"] = keep_days or None
        if trash_days is not None:
            values["trash_days"] = trash_days

        def body(connection: Connection) -> tuple[Bucket, Iterable[UUID]]:
            row = bucket_for(connection, caller, bucket, Action.CHANGE_BUCKET, lock=True)
            wanted = dict(values)
            if versioning is not None:
                wanted["versioning"] = _versioning(row.versioning, versioning).value
            changed = {key: value for key, value in wanted.items() if getattr(row, key) != value}
            if not changed:
                return _read(connection, row.id, row.role), ()
            connection.execute(
                update(buckets).where(buckets.c.id == row.id).values(**changed, updated_at=database_now())
            )
            grown = record_bucket_change(connection, caller, ChangeKind.BUCKET_UPDATED, row.id, row.owner)
            return _read(connection, row.id, row.role), grown

        return self._written(body)

    def delete(self, caller: Identity, bucket: str, *, recursive: bool, purge: bool = False) -> datetime:
        def body(connection: Connection) -> tuple[datetime, Iterable[UUID]]:
            if purge and (deleted := find_deleted(connection, caller, bucket)):
                return give_up(connection, deleted), ()
            row = bucket_for(connection, caller, bucket, Action.DELETE_BUCKET, lock=True)
            live = exists().where(files.c.bucket == row.id, files.c.deleted_at.is_(None))
            if not recursive and connection.execute(select(live)).scalar_one():
                raise BucketNotEmpty("Delete what it holds first, or ask for `recursive=true`.")
            deleted_at = now(connection)
            until = deleted_at if purge else deleted_at + TRASH
            connection.execute(
                update(buckets)
                .where(buckets.c.id == row.id)
                .values(deleted_at=deleted_at, updated_at=deleted_at, purge_after=until)
            )
            grown = record_bucket_change(connection, caller, ChangeKind.BUCKET_DELETED, row.id, row.owner)
            return until, (*grown, row.id)

        return self._written(body)

    def restore(self, caller: Identity, bucket: str, name: str | None = None) -> Bucket:
        def body(connection: Connection) -> tuple[Bucket, Iterable[UUID]]:
            id = find_deleted(connection, caller, bucket)
            if id is None:
                raise BucketNotFound  # In the same words as for somebody else's.
            owner = take_back(connection, id, name)
            grown = record_bucket_change(connection, caller, ChangeKind.BUCKET_RESTORED, id, owner)
            return _read(connection, id, Role.OWNER), grown

        try:
            return self._written(body)
        except IntegrityError as error:  # Somebody made a bucket of that name in the same moment.
            raise BucketExists from error

    def _written(self, body: Callable[[Connection], tuple[T, Iterable[UUID]]]) -> T:
        result, grown = self._database.write(body)
        self._notify(grown)
        return result


def _insert(connection: Connection, owner: UUID, title: str, new: NewBucket) -> UUID:
    """The new row's id. Raises BucketExists if the name was asked for and is taken; a derived one gives way."""
    insert = (postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert)(buckets)
    insert = insert.on_conflict_do_nothing(
        index_elements=[buckets.c.owner, buckets.c.name], index_where=text("deleted_at IS NULL")
    )
    id = new_id()
    values = {
        "id": id,
        "owner": owner,
        "title": title,
        "versioning": new.versioning.value,
        "naming": new.naming.value,
        "chunking": new.chunking.value,
        "keep_days": new.keep_days or None,
        "trash_days": new.trash_days,
        "created_at": database_now(),
        "updated_at": database_now(),
    }
    names = iter([new.name]) if new.name is not None else _names(title)
    for name in names:
        made = insert.values(**values, name=name).returning(buckets.c.name)
        if connection.execute(made).one_or_none() is not None:
            return id
    if new.name is not None:
        raise BucketExists
    raise BucketNameInvalid("Every name like this title is taken: give a name.")


def _names(title: str) -> Iterator[str]:
    for attempt in range(1, _TRIES + 1):
        yield name_from(title, attempt if attempt <= _NUMBERED_TRIES else _NUMBERED_TRIES + secrets.randbelow(10**9))


def _versioning(present: Versioning, wanted: Versioning) -> Versioning:
    """What was on can never be off again: its old versions are there, and stay."""
    if wanted is Versioning.OFF and present is not Versioning.OFF:
        return Versioning.SUSPENDED
    return wanted


def _user(caller: Identity) -> UUID:
    if caller.user is None:
        raise Unauthenticated
    return caller.user


def _read(connection: Connection, id: UUID, role: Role | None) -> Bucket:
    return _bucket(connection.execute(select(buckets).where(buckets.c.id == id)).one(), role or Role.VIEWER)


def _bucket(row: Row[Any], role: Role) -> Bucket:
    return Bucket(
        id=row.id,
        owner=row.owner,
        name=row.name,
        title=row.title,
        versioning=Versioning(row.versioning),
        naming=Naming(row.naming),
        chunking=Chunking(row.chunking),
        keep_days=row.keep_days,
        trash_days=row.trash_days,
        sequence=row.next_sequence - 1,
        files=row.files,
        versions=row.versions,
        logical_bytes=row.logical_bytes,
        version_bytes=row.version_bytes,
        created_at=row.created_at,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
        role=role,
    )
