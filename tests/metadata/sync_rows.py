"""What workers leave behind, written into the database beneath a catalogue: how events end, how old proofs are."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from foundation.database import Database, opened
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.sql import database_now
from metadata.sync_schema import sync_events

ADMIN = frozenset({"admin"})


def administrator() -> Identity:
    return Identity(user=new_id(), device=new_id(), scopes=ADMIN)


@dataclass(frozen=True)
class SyncRows:
    database: Database

    def set(self, table: Table, condition: Any, **values: Any) -> None:
        statement = update(table).where(condition).values(values)
        self.database.write(lambda connection: connection.execute(statement).close())

    def add(self, table: Table, **values: Any) -> None:
        statement = insert(table).values(values)
        self.database.write(lambda connection: connection.execute(statement).close())

    def event(self, id: UUID, status: str, **values: Any) -> None:
        """As a worker leaves it."""
        self.set(sync_events, sync_events.c.id == id, status=status, updated_at=database_now(), **values)

    def all_events(self, status: str, **values: Any) -> None:
        self.set(sync_events, sync_events.c.id.is_not(None), status=status, updated_at=database_now(), **values)

    def forget_sharing(self) -> None:
        statement = delete(sync_events).where(sync_events.c.type.in_(("bucket.shared", "bucket.unshared")))
        self.database.write(lambda connection: connection.execute(statement).close())

    def count(self, table: Table) -> int:
        query = select(func.count()).select_from(table)
        return self.database.read(lambda connection: connection.execute(query).scalar_one())

    def row(self, table: Table, condition: Any) -> Any:
        return self.database.read(lambda connection: connection.execute(select(table).where(condition)).one())

    def now(self) -> datetime:
        def body(connection: Connection) -> datetime:
            return connection.execute(select(database_now())).scalar_one()

        return self.database.read(body)


@contextmanager
def sync_rows(location: str) -> Iterator[SyncRows]:
    with opened(location) as database:
        yield SyncRows(database)
