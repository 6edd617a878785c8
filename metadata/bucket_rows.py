"""Buckets as rows: made under a free name, read as values, listed by name."""

import secrets
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from foundation.authorization import Role
from foundation.blocks import Chunking
from foundation.ids import new_id
from foundation.problems import CursorInvalid
from foundation.sql import database_now
from metadata.errors import BucketExists, BucketNameInvalid
from metadata.model import Bucket, Naming, NewBucket, Page, Versioning
from metadata.naming import broken_rule, is_uuid, name_from
from metadata.schema import buckets, members

_COLUMNS = (buckets, func.coalesce(buckets.c.purge_after <= database_now(), False).label("is_purging"))
_NUMBERED_TRIES = 50
_TRIES = 60


def insert_bucket(connection: Connection, owner: UUID, title: str, new: NewBucket) -> UUID:
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


def read_bucket(connection: Connection, id: UUID, role: Role | None) -> Bucket:
    return bucket_from(connection.execute(select(*_COLUMNS).where(buckets.c.id == id)).one(), role or Role.VIEWER)


def visible_buckets(connection: Connection, user: UUID, after: str | None, limit: int) -> Page[Bucket]:
    """The live ones that `user` owns or is a member of, by name and id. Raises CursorInvalid."""
    own = select(*_COLUMNS, literal(Role.OWNER.value).label("role")).where(buckets.c.owner == user)
    shared = (
        select(*_COLUMNS, members.c.role).join(members, members.c.bucket == buckets.c.id).where(members.c.user == user)
    )
    # Two steps into two indexes: one condition over both would read everybody's buckets.
    found = [
        row
        for query in (own, shared)
        for row in connection.execute(_paged(query.where(buckets.c.deleted_at.is_(None)), after, limit))
    ]
    return _page(sorted(found, key=lambda row: (row.name, row.id)), limit)


def deleted_buckets(connection: Connection, user: UUID, after: str | None, limit: int) -> Page[Bucket]:
    """Those in the trash of `user`, and those on their way out of it, by name and id. Raises CursorInvalid."""
    query = select(*_COLUMNS, literal(Role.OWNER.value).label("role"))
    query = query.where(buckets.c.owner == user, buckets.c.deleted_at.is_not(None))
    return _page(connection.execute(_paged(query, after, limit)).all(), limit)


def _paged(query: Select[Any], after: str | None, limit: int) -> Select[Any]:
    if after is not None:
        query = query.where(_behind(after))
    return query.order_by(buckets.c.name, buckets.c.id).limit(limit + 1)


def _behind(key: str) -> ColumnElement[bool]:
    name, _, id = key.partition("/")
    if broken_rule(name) or not is_uuid(id):
        raise CursorInvalid
    return and_(buckets.c.name >= name, or_(buckets.c.name > name, buckets.c.id > UUID(id)))


def _page(rows: Any, limit: int) -> Page[Bucket]:
    items = [bucket_from(row, Role(row.role)) for row in rows[:limit]]
    return Page(items, f"{items[-1].name}/{items[-1].id}" if len(rows) > limit else None)


def bucket_from(row: Row[Any], role: Role) -> Bucket:
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
        restorable_until=row.purge_after,
        is_purging=bool(row.is_purging),
    )
