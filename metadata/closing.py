"""Accounts that close: what their users leave behind goes step by step, each a short transaction that can be repeated."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, exists, func, select, update

from foundation.database import Database
from foundation.sql import now
from metadata.closing_steps import STEPS, Step
from metadata.model import Closing, UploadState
from metadata.schema import accounts, buckets, uploads
from metadata.settings import CatalogueSettings


def close(connection: Connection, user: UUID) -> None:
    """From now on. Twice is fine."""
    is_open = (accounts.c.user == user) & accounts.c.closing_at.is_(None)
    connection.execute(update(accounts).where(is_open).values(closing_at=now(connection)))


def close_slice(database: Database, settings: CatalogueSettings, limit: int) -> int:
    """The next step of the first account that has one; on how many rows it worked."""
    for user in database.read(_closing_users):
        if done := _stepped(database, user, limit) or _forgotten(database, user, settings.closed_account_retention):
            return done
    return 0


def what_is_left(connection: Connection, user: UUID) -> Closing | None:
    """None: there is no such account, or it does not close."""
    query = select(accounts.c.closing_at).where(accounts.c.user == user)
    since = connection.execute(query).scalar_one_or_none()
    if since is None:
        return None
    columns = (buckets.c.files, buckets.c.versions, buckets.c.version_bytes)
    sums = (func.coalesce(func.sum(column), 0) for column in columns)
    row = connection.execute(select(func.count(), *sums).where(buckets.c.owner == user)).one()
    number, files, versions, size = map(int, row)
    is_open = (uploads.c.owner == user) & (uploads.c.state == UploadState.OPEN.value)
    pending = connection.execute(select(func.count()).select_from(uploads).where(is_open)).scalar_one()
    return Closing(user, since, number, files, versions, size, pending, not _is_left(connection, user))


def _closing_users(connection: Connection) -> list[UUID]:
    query = select(accounts.c.user).where(accounts.c.closing_at.is_not(None))
    return list(connection.execute(query.order_by(accounts.c.closing_at, accounts.c.user)).scalars())


def _stepped(database: Database, user: UUID, limit: int) -> int:
    for step in STEPS:
        # A look does not wait for the one writer.
        found = database.read(partial(_found, step, user, limit))
        if found and (done := database.write(partial(_taken, step, user, found, limit), repeat_unknown=True)):
            return done
    return 0


def _found(step: Step, user: UUID, limit: int, connection: Connection) -> Sequence[Any]:
    return connection.execute(step.found(user, limit)).all()


def _taken(step: Step, user: UUID, found: Sequence[Any], limit: int, connection: Connection) -> int:
    return step.take(connection, user, found, limit)


def _forgotten(database: Database, user: UUID, retention: timedelta) -> int:
    """The account itself, once nothing is left and nobody can come in under its name any more."""

    def is_due(connection: Connection) -> bool:
        due = (accounts.c.user == user) & (accounts.c.closing_at <= now(connection) - retention)
        row = connection.execute(select(accounts.c.user).where(due)).first()
        return row is not None and not _is_left(connection, user)

    def forget(connection: Connection) -> int:
        connection.execute(select(accounts.c.user).where(accounts.c.user == user).with_for_update()).all()
        return connection.execute(delete(accounts).where(accounts.c.user == user)).rowcount if is_due(connection) else 0

    return database.write(forget, repeat_unknown=True) if database.read(is_due) else 0


def _is_left(connection: Connection, user: UUID) -> bool:
    owns = select(exists().where(buckets.c.owner == user))
    return bool(connection.execute(owns).scalar_one()) or any(
        connection.execute(step.found(user, 1)).first() is not None for step in STEPS
    )
