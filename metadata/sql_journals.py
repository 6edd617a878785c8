"""Reading the journals in SQL (ALGORITHMS.md 2)."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, union_all

from foundation.authorization import Action, require
from foundation.database import Database
from foundation.identity import Identity
from foundation.problems import Unauthenticated
from foundation.sql import any_of
from metadata.access import bucket_for
from metadata.errors import CursorExpired
from metadata.model import Change, ChangeKind, Changes
from metadata.schema import accounts, buckets, changes


class SqlJournals:
    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, caller: Identity, bucket: str, after: int, limit: int) -> Changes:
        def body(connection: Connection) -> Changes:
            row = bucket_for(connection, caller, bucket, Action.READ_BUCKET)
            newest = select(buckets.c.next_sequence - 1).where(buckets.c.id == row.id)
            return _read(connection, row.id, connection.execute(newest).scalar_one(), after, limit)

        return self._database.read(body)

    def read_root(self, caller: Identity, after: int, limit: int) -> Changes:
        require(caller, Action.LIST_BUCKETS)
        user = caller.user
        if user is None:
            raise Unauthenticated

        def body(connection: Connection) -> Changes:
            newest = select(accounts.c.next_sequence - 1).where(accounts.c.user == user)
            return _read(connection, user, connection.execute(newest).scalar() or 0, after, limit)

        return self._database.read(body)

    def sequences(self, journals: Collection[UUID]) -> Mapping[UUID, int]:
        def body(connection: Connection) -> Mapping[UUID, int]:
            both = union_all(
                select(buckets.c.id, buckets.c.next_sequence - 1).where(any_of(connection, buckets.c.id, journals)),
                select(accounts.c.user, accounts.c.next_sequence - 1).where(
                    any_of(connection, accounts.c.user, journals)
                ),
            )
            return {row[0]: row[1] for row in connection.execute(both)}

        return self._database.read(body)


def _read(connection: Connection, journal: UUID, newest: int, after: int, limit: int) -> Changes:
    """`newest` was read in an earlier statement, so what is told when there is nothing to tell hides no later change."""
    if after > newest:
        raise CursorExpired("This journal has not come that far. List anew, then follow from there.")
    query = (
        select(changes)
        .where(changes.c.journal == journal, changes.c.sequence > after)
        .order_by(changes.c.sequence)
        .limit(limit + 1)
    )
    items = [_change(row) for row in connection.execute(query)]
    if after and after < newest and (not items or items[0].sequence != after + 1):
        # A journal has no gaps but before its beginning: what it told before it was rebuilt is not to be had any more.
        raise CursorExpired("This journal begins later. List anew, then follow from there.")
    more = len(items) > limit
    items = items[:limit]
    return Changes(items, items[-1].sequence if items else newest, more)


def _change(row: Row[Any]) -> Change:
    return Change(
        sequence=row.sequence,
        event_id=row.event_id,
        kind=ChangeKind(row.kind),
        bucket_id=row.bucket,
        file_id=row.file,
        version_id=row.version,
        previous_version=row.previous_version,
        path=row.path,
        old_path=row.old_path,
        group=row.group,
        actor=row.actor,
        device=row.device,
        at=row.at,
    )
