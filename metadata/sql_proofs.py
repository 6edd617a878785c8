"""Rounds of reading everything stored, who works on what, and what is still to be told, in SQL (ALGORITHMS.md 5)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Update, exists, or_, select, update

from foundation.authorization import Action, require
from foundation.database import Database
from foundation.identity import Identity
from foundation.sql import any_of, database_now, now
from metadata import round_rows
from metadata.seams import RegisteredBlock
from metadata.sync_model import Notice, NoticeKind, ScrubRound, ScrubStep, WorkerState
from metadata.sync_schema import notices, scrub_rounds
from metadata.unproved import unproved_blocks
from metadata.version_proofs import VersionProofs
from metadata.worker_rows import show, worker_states

_COUNTED = ("blocks", "bytes", "healed", "damaged")
_rounds = scrub_rounds.c

# Whether another round is due now, after this one.
IsDue = Callable[[ScrubRound, datetime], bool]


class SqlProofs:
    """See metadata.sync_seams.Proofs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._versions = VersionProofs(database)

    def current(self) -> ScrubRound | None:
        return self._database.read(round_rows.open_round)

    def request(self, caller: Identity, *, is_urgent: bool) -> ScrubRound:
        require(caller, Action.ADMINISTER)
        found = self._round(lambda _newest, _moment: True, is_urgent=is_urgent)
        assert found is not None  # noqa: S101 — it is always due.
        return found

    def begin(self, every: timedelta) -> ScrubRound | None:
        return self._round(lambda newest, moment: newest.started_at <= moment - every, is_urgent=False)

    def _round(self, is_due: IsDue, *, is_urgent: bool) -> ScrubRound | None:
        def look(connection: Connection) -> tuple[ScrubRound | None, tuple[int, int] | None]:
            """The round that goes on; where there is none and one is due, what there is to read."""
            newest, ended = round_rows.newest_rounds(connection)
            if newest is not None and newest.ended_at is None:
                return newest, None
            is_wanted = ended is None or is_due(ended, now(connection))
            return None, round_rows.everything(connection) if is_wanted else None

        def body(connection: Connection) -> ScrubRound | None:
            round_rows.one_at_a_time(connection)
            newest, ended = round_rows.newest_rounds(connection)
            if newest is not None and newest.ended_at is None:
                return round_rows.hastened(connection, newest) if is_urgent else newest
            if total is None or (ended is not None and not is_due(ended, now(connection))):
                return None  # Somebody else's round began and ended meanwhile.
            return round_rows.insert_round(connection, total, is_urgent=is_urgent)

        # Counted by a read: it may take longer than SQLite's one writer may be kept.
        found, total = self._database.read(look)
        if found is not None and (found.is_urgent or not is_urgent):
            return found
        return None if found is None and total is None else self._database.write(body, repeat_unknown=True)

    def lease(self, number: int, worker: str, lease: timedelta) -> bool:
        def body(connection: Connection) -> bool:
            moment = now(connection)
            is_free = or_(_rounds.worker == worker, _rounds.lease_until.is_(None), _rounds.lease_until < moment)
            mine = _going_on(number).where(is_free)
            mine = mine.values(worker=worker, lease_until=moment + lease, updated_at=moment)
            return connection.execute(mine).rowcount == 1

        return self._database.write(body, repeat_unknown=True)

    def unproved(self, number: int, limit: int = 200) -> Sequence[RegisteredBlock]:
        return self._database.read(lambda connection: unproved_blocks(connection, number, limit))

    def advance(self, number: int, worker: str, step: ScrubStep) -> None:
        added: dict[str, Any] = {name: _rounds[name] + getattr(step, name) for name in _COUNTED}
        added |= {"bytes_per_second": step.bytes_per_second, "updated_at": database_now()}
        statement = _going_on(number).where(_rounds.worker == worker).values(added)
        self._database.write(lambda connection: connection.execute(statement).close())

    def end(self, number: int) -> None:
        ended = {"ended_at": database_now(), "updated_at": database_now(), "worker": None, "lease_until": None}
        statement = _going_on(number).values(ended)
        self._database.write(lambda connection: connection.execute(statement).close(), repeat_unknown=True)

    def date_versions(self, after: UUID | None, limit: int = 500) -> UUID | None:
        return self._versions.date(after, limit)

    def seen(self, worker: str, doing: str) -> None:
        self._database.write(lambda connection: show(connection, worker, doing), repeat_unknown=True)

    def workers(self) -> Sequence[WorkerState]:
        return self._database.read(worker_states)

    def due_notices(self, limit: int, lease: timedelta) -> Sequence[Notice]:
        def body(connection: Connection) -> Sequence[Notice]:
            moment = now(connection)
            due = select(notices.c.id).where(notices.c.next_attempt_at <= moment)
            due = due.order_by(notices.c.next_attempt_at).limit(limit).with_for_update(skip_locked=True)
            ids = list(connection.execute(due).scalars())
            claimed = update(notices).where(any_of(connection, notices.c.id, ids))
            claimed = claimed.values(attempts=notices.c.attempts + 1, next_attempt_at=moment + lease)
            connection.execute(claimed)
            found = connection.execute(select(notices).where(any_of(connection, notices.c.id, ids)))
            return [_notice(row) for row in sorted(found, key=lambda row: (row.created_at, row.id))]

        return self._database.write(body) if self._database.read(_has_due) else []

    def noticed(self, id: UUID, again_in: timedelta | None, error: str | None) -> None:
        def body(connection: Connection) -> None:
            again = None if again_in is None else now(connection) + again_in
            told = update(notices).where(notices.c.id == id).values(next_attempt_at=again, error=error)
            connection.execute(told)

        self._database.write(body, repeat_unknown=True)


def _going_on(number: int) -> Update:
    return update(scrub_rounds).where(_rounds.number == number, _rounds.ended_at.is_(None))


def _has_due(connection: Connection) -> bool:
    """A look does not wait for SQLite's one writer."""
    return bool(connection.execute(select(exists().where(notices.c.next_attempt_at <= database_now()))).scalar_one())


def _notice(row: Any) -> Notice:
    return Notice(row.id, row.owner, NoticeKind(row.kind), row.body, row.attempts, row.created_at)
