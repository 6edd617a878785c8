"""When a version was last proved: "verified on" of its file. Nothing where any event of it says that it is damaged."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, exists, select, update

from foundation.sql import any_of
from metadata.event_rows import IS_FAILED
from metadata.reasons import DAMAGE
from metadata.schema import file_versions
from metadata.sync_schema import sync_events

_VERSIONS = file_versions.c


def prove_versions(connection: Connection, proofs: Mapping[UUID, datetime]) -> None:
    """Never earlier than the version itself: nobody learns when bytes that another sent before were read."""
    _lock(connection, proofs)
    query = select(_VERSIONS.id, _VERSIONS.created_at).where(any_of(connection, _VERSIONS.id, proofs))
    # Most were looked at together, so that they are few statements.
    dated: dict[datetime, list[UUID]] = {}
    for id, created_at in connection.execute(query.where(*_may_be_proved())).all():
        dated.setdefault(max(proofs[id], created_at), []).append(id)
    for proof, ids in dated.items():
        connection.execute(update(file_versions).where(any_of(connection, _VERSIONS.id, ids)).values(verified_at=proof))


def doubt_versions(connection: Connection, ids: Collection[UUID]) -> None:
    if ids:
        _lock(connection, ids)
        doubted = update(file_versions).where(any_of(connection, _VERSIONS.id, ids))
        connection.execute(doubted.values(verified_at=None))


def _may_be_proved() -> tuple[ColumnElement[bool], ...]:
    is_damaged = exists().where(
        sync_events.c.file == _VERSIONS.file,
        sync_events.c.version == _VERSIONS.id,
        IS_FAILED,
        sync_events.c.error.in_(DAMAGE),
    )
    return _VERSIONS.content.is_not(None), ~is_damaged


def _lock(connection: Connection, ids: Collection[UUID]) -> None:
    """In the order of ids: two that date the same versions never wait for each other in a ring. SQLite has one writer."""
    if connection.dialect.name == "postgresql" and ids:
        query = select(_VERSIONS.id).where(any_of(connection, _VERSIONS.id, ids)).order_by(_VERSIONS.id)
        connection.execute(query.with_for_update(key_share=True)).all()
