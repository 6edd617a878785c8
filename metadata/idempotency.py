"""Idempotency keys: what was done under a key is answered again, never done again (DESIGN.md 7)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter
from sqlalchemy import Connection, literal, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from foundation.authorization import Action, require
from foundation.identity import Identity
from foundation.sql import now
from metadata.batch import Once
from metadata.errors import IdempotencyKeyReused
from metadata.schema import idempotency_keys

KEPT = timedelta(hours=24)

T = TypeVar("T")


class Answer(Generic[T]):
    """The results of one method as text, whole: what they tell of may be gone when they are told again.

    `kind`: the type of a result; `status`: with which the HTTP door tells it.
    """

    def __init__(self, kind: Any, status: int) -> None:
        self.status = status
        # In a tuple: a dataclass would not take the configuration.
        self._adapter: TypeAdapter[tuple[T]] = TypeAdapter(
            tuple[kind], config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
        )

    def text(self, result: T) -> str:
        return self._adapter.dump_json((result,)).decode()

    def result(self, text: str) -> T:
        return self._adapter.validate_json(text)[0]


def done_once(
    connection: Connection, caller: Identity, once: Once | None, answer: Answer[T], act: Callable[[], T]
) -> T:
    """`act()`, or what it gave when the caller did the same under this key in the last 24 hours. The transaction's first step.

    A failure is not kept: it has changed nothing, and may be mended. Raises IdempotencyKeyReused for another body.
    """
    if once is None:
        return act()
    require(caller, Action.CREATE_BUCKET)  # A credential that may only read must not learn what a better one was told.
    if not _taken(connection, caller, once):
        return _told(connection, caller, once, answer)
    result = act()
    kept = update(idempotency_keys).where(idempotency_keys.c.user == caller.user, idempotency_keys.c.key == once.key)
    connection.execute(kept.values(answer=answer.text(result), status=answer.status))
    return result


def _taken(connection: Connection, caller: Identity, once: Once) -> bool:
    """Whether the key is ours to use. Whoever comes at the same time waits here until we have committed or failed."""
    build = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    moment = now(connection)
    fresh = {"body_hash": once.body_hash, "status": 0, "answer": "", "created_at": moment}
    row = build(idempotency_keys).values(user=caller.user, key=once.key, **fresh)
    outlived = row.on_conflict_do_update(
        index_elements=[idempotency_keys.c.user, idempotency_keys.c.key],
        set_=fresh,
        where=idempotency_keys.c.created_at < moment - KEPT,
    )
    return connection.execute(outlived.returning(literal(1))).one_or_none() is not None


def _told(connection: Connection, caller: Identity, once: Once, answer: Answer[T]) -> T:
    columns = idempotency_keys.c
    query = select(columns.body_hash, columns.answer).where(columns.user == caller.user, columns.key == once.key)
    row = connection.execute(query).one()
    if row.body_hash != once.body_hash:
        raise IdempotencyKeyReused("Send another request under a key of its own.")
    return answer.result(row.answer)
