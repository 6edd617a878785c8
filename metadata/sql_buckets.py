"""Buckets in SQL."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, exists, select, update
from sqlalchemy.exc import IntegrityError

from foundation.authorization import Action, Role, require
from foundation.database import Database
from foundation.identity import Identity
from foundation.problems import Unauthenticated
from foundation.sql import database_now
from metadata.access import BucketRow, bucket_for
from metadata.batch import Emptied, Once
from metadata.bucket_rows import deleted_buckets, insert_bucket, read_bucket, visible_buckets
from metadata.deleted_buckets import find_deleted, give_up, look_at_deleted, put_away, take_back
from metadata.errors import BucketExists, BucketNotEmpty, BucketNotFound
from metadata.idempotency import Answer, done_once
from metadata.model import Bucket, BucketChanges, ChangeKind, NewBucket, Page, Versioning
from metadata.naming import check_name, check_title
from metadata.root_journal import BucketEvent, ensure_account, record_for_all, refuse_closing
from metadata.schema import buckets, files
from metadata.settings import DEFAULTS, CatalogueSettings
from metadata.trash import Emptying

TRASH = timedelta(days=30)  # how long a deleted bucket can be taken back

_MADE: Answer[Bucket] = Answer(Bucket, 201)
_RESTORED: Answer[Bucket] = Answer(Bucket, 200)

T = TypeVar("T")
Notify = Callable[[Iterable[UUID]], None]


def nobody_waits(_journals: Iterable[UUID]) -> None:
    """The hook of a process in which nobody waits for journals."""


def nobody_purges() -> None:
    """The hook of a process that leaves purging to those who look by themselves."""


class SqlBuckets:
    """`notify` is told, after commit, which journals grew; `purge`, that there is a bucket to purge."""

    def __init__(
        self,
        database: Database,
        notify: Notify = nobody_waits,
        settings: CatalogueSettings = DEFAULTS,
        purge: Callable[[], None] = nobody_purges,
    ) -> None:
        self._database, self._notify, self._settings, self._purge = database, notify, settings, purge

    def create(self, caller: Identity, new: NewBucket, once: Once | None = None) -> Bucket:
        require(caller, Action.CREATE_BUCKET)
        title = check_title(new.title if new.title is not None else new.name or "")
        if new.name is not None:
            check_name(new.name)

        def made(connection: Connection, grown: set[UUID]) -> Bucket:
            owner = user_of(caller)
            ensure_account(connection, owner, self._settings.quota_bytes)
            refuse_closing(connection, owner)
            id = insert_bucket(connection, owner, title, new)
            grown.update(record_for_all(connection, BucketEvent(caller, ChangeKind.BUCKET_CREATED, id), owner))
            return read_bucket(connection, id, Role.OWNER)

        def body(connection: Connection) -> tuple[Bucket, Iterable[UUID]]:
            grown: set[UUID] = set()
            return done_once(connection, caller, once, _MADE, lambda: made(connection, grown)), grown

        return self._written(body, repeat_unknown=once is not None)

    def get(self, caller: Identity, bucket: str, *, deleted: bool = False) -> Bucket:
        def body(connection: Connection) -> Bucket:
            if deleted and (id := look_at_deleted(connection, caller, bucket)):
                return read_bucket(connection, id, Role.OWNER)
            row = bucket_for(connection, caller, bucket, Action.READ_BUCKET)
            return read_bucket(connection, row.id, row.role)

        return self._database.read(body)

    def list(self, caller: Identity, after: str | None, limit: int, *, deleted: bool = False) -> Page[Bucket]:
        require(caller, Action.LIST_BUCKETS)
        page = deleted_buckets if deleted else visible_buckets
        return self._database.read(lambda connection: page(connection, user_of(caller), after, limit))

    def update(self, caller: Identity, bucket: str, changes: BucketChanges) -> Bucket:
        if changes.title is not None:
            check_title(changes.title)
        if changes.name is not None:
            check_name(changes.name)

        def body(connection: Connection) -> tuple[Bucket, Iterable[UUID]]:
            row = bucket_for(connection, caller, bucket, Action.CHANGE_BUCKET, lock=True)
            changed = _changed(row, changes)
            if not changed:
                return read_bucket(connection, row.id, row.role), ()
            connection.execute(
                update(buckets).where(buckets.c.id == row.id).values(**changed, updated_at=database_now())
            )
            grown = record_for_all(connection, BucketEvent(caller, ChangeKind.BUCKET_UPDATED, row.id), row.owner)
            return read_bucket(connection, row.id, row.role), grown

        return self._named(body)

    def delete(self, caller: Identity, bucket: str, *, recursive: bool, purge: bool = False) -> datetime:
        def body(connection: Connection) -> tuple[datetime, Iterable[UUID]]:
            if purge and (deleted := find_deleted(connection, caller, bucket)):
                return give_up(connection, deleted), ()
            row = bucket_for(connection, caller, bucket, Action.DELETE_BUCKET, lock=True)
            live = exists().where(files.c.bucket == row.id, files.c.deleted_at.is_(None))
            if not recursive and connection.execute(select(live)).scalar_one():
                raise BucketNotEmpty("Delete what it holds first, or ask for `recursive=true`.")
            until = put_away(connection, row.id, timedelta(0) if purge else TRASH)
            grown = record_for_all(connection, BucketEvent(caller, ChangeKind.BUCKET_DELETED, row.id), row.owner)
            return until, (*grown, row.id)

        until = self._written(body)
        if purge:
            self._purge()
        return until

    def restore(self, caller: Identity, bucket: str, name: str | None = None, once: Once | None = None) -> Bucket:
        def restored(connection: Connection, grown: set[UUID]) -> Bucket:
            id = find_deleted(connection, caller, bucket)
            if id is None:
                raise BucketNotFound  # In the same words as for somebody else's.
            owner = take_back(connection, id, name)
            grown.update(record_for_all(connection, BucketEvent(caller, ChangeKind.BUCKET_RESTORED, id), owner))
            return read_bucket(connection, id, Role.OWNER)

        def body(connection: Connection) -> tuple[Bucket, Iterable[UUID]]:
            grown: set[UUID] = set()
            return done_once(connection, caller, once, _RESTORED, lambda: restored(connection, grown)), grown

        return self._named(body, repeat_unknown=once is not None)

    def empty_trash(
        self, caller: Identity, bucket: str, until: datetime | None = None, only: Sequence[UUID] | None = None
    ) -> Emptied:
        emptied, id = Emptying(self._database, caller, bucket, until, self._settings.collect_chunks, only).run()
        if emptied.files:
            self._notify([id])
        return emptied

    def _written(self, body: Callable[[Connection], tuple[T, Iterable[UUID]]], *, repeat_unknown: bool = False) -> T:
        result, grown = self._database.write(body, repeat_unknown=repeat_unknown)
        self._notify(grown)
        return result

    def _named(self, body: Callable[[Connection], tuple[T, Iterable[UUID]]], *, repeat_unknown: bool = False) -> T:
        """As `_written`, where a name may be taken: the index on live names has the last word."""
        try:
            return self._written(body, repeat_unknown=repeat_unknown)
        except IntegrityError as error:
            raise BucketExists from error


def user_of(caller: Identity) -> UUID:
    """Raises Unauthenticated for who is nobody in particular."""
    if caller.user is None:
        raise Unauthenticated
    return caller.user


def _changed(row: BucketRow, changes: BucketChanges) -> dict[str, Any]:
    """The columns that really change."""
    if changes.versioning is not None:
        changes = replace(changes, versioning=_versioning(row.versioning, changes.versioning))
    wanted = {name: value for name in BucketChanges.__slots__ if (value := getattr(changes, name)) is not None}
    if "keep_days" in wanted:
        wanted["keep_days"] = wanted["keep_days"] or None
    return {name: value for name, value in wanted.items() if getattr(row, name) != value}


def _versioning(present: Versioning, wanted: Versioning) -> Versioning:
    """What was on can never be off again: its old versions are there, and stay."""
    if wanted is Versioning.OFF and present is not Versioning.OFF:
        return Versioning.SUSPENDED
    return wanted
