"""Which manifests are to be written, and how far each bucket's are (ALGORITHMS.md 9)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from foundation.database import Database
from foundation.sql import any_of, database_now, insert_rows, now
from metadata import manifest_rows
from metadata.manifest_model import (
    ManifestChunks,
    ManifestDraft,
    ManifestLag,
    ManifestPage,
    ManifestPart,
    ManifestTask,
)
from metadata.manifest_schema import manifest_roots, manifests
from metadata.schema import accounts, buckets, changes, installation

_CHANGES = 1000
_JOINED = buckets.outerjoin(manifests, manifests.c.bucket == buckets.c.id)
# Without a row nothing is written: -1, so that a bucket without changes is behind, too.
_WRITTEN = func.coalesce(manifests.c.sequence, -1)


class SqlManifests:
    """See metadata.manifest_seam.Manifests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self, first: UUID | None = None, accounts: int = 2000) -> UUID | None:
        found, following = self._database.read(lambda connection: _grown_roots(connection, first, accounts))
        if found:
            self._database.write(lambda connection: _mark(connection, found), repeat_unknown=True)
        return following

    def claim(self, worker: str, limit: int, lease: timedelta, kept: timedelta) -> Sequence[ManifestTask]:
        # A look does not wait for the one writer.
        due = self._database.read(lambda connection: _due(connection, worker, limit, kept))
        return self._database.write(lambda connection: _claimed(connection, worker, due, lease, kept)) if due else []

    def keep(self, worker: str, bucket: UUID, draft: ManifestDraft, lease: timedelta) -> bool:
        def body(connection: Connection) -> bool:
            values = {"draft": orjson.dumps(asdict(draft)).decode(), "lease_until": now(connection) + lease}
            return connection.execute(update(manifests).where(_is_theirs(worker, bucket)).values(values)).rowcount == 1

        return self._database.write(body, repeat_unknown=True)

    def everything(self, bucket: UUID, key: str | None, limit: int = 500) -> ManifestPage | None:
        return self._database.read(lambda connection: manifest_rows.everything(connection, bucket, key, limit))

    def changed(self, bucket: UUID, after: int, limit: int = 200) -> ManifestPage | None:
        return self._database.read(lambda connection: manifest_rows.changed(connection, bucket, after, limit))

    def chunks(self, contents: Collection[UUID], first_index: int, limit: int = 5000) -> Sequence[ManifestChunks]:
        return self._database.read(lambda connection: manifest_rows.chunks(connection, contents, first_index, limit))

    def advance(
        self, worker: str, task: ManifestTask, parts: Sequence[ManifestPart], old: Sequence[ManifestPart]
    ) -> bool:
        known = {part.name for part in task.parts}
        new = [part for part in parts if part.name not in known]
        is_anew = bool(new) and new[0].after == 0
        has_gone = any(part.gone for part in (parts if is_anew else new))

        def body(connection: Connection) -> bool:
            moment = now(connection)
            values: dict[str, Any] = {
                "sequence": parts[-1].until,
                "parts": _document(parts),
                "old": _document(old),
                "draft": None,
                "marks_written": task.marks,
                "worker": None,
                "lease_until": None,
            }
            if list(old) != list(task.old):
                values["replaced_at"] = moment
            if is_anew or has_gone:
                since = literal(moment if has_gone else None, manifests.c.purged_at.type)
                values["purged_at"] = since if is_anew else func.coalesce(manifests.c.purged_at, since)
            statement = update(manifests).where(_is_theirs(worker, task.bucket))
            return connection.execute(statement.values(values)).rowcount == 1

        return self._database.write(body)

    def forget(self, worker: str, bucket: UUID) -> bool:
        statement = delete(manifests).where(_is_theirs(worker, bucket))
        return self._database.write(lambda connection: connection.execute(statement).rowcount == 1, repeat_unknown=True)

    def known(self, buckets: Collection[UUID]) -> Mapping[UUID, Sequence[str]]:
        def body(connection: Connection) -> Mapping[UUID, Sequence[str]]:
            rows = connection.execute(select(manifests).where(any_of(connection, manifests.c.bucket, buckets)))
            return {row.bucket: _names(row) for row in rows}

        return self._database.read(body)

    def restart(self) -> None:
        def body(connection: Connection) -> None:
            connection.execute(delete(manifests))
            connection.execute(delete(manifest_roots))

        self._database.write(body, repeat_unknown=True)

    def lag(self) -> ManifestLag:
        oldest = (
            select(changes.c.at)
            .where(changes.c.journal == buckets.c.id, changes.c.sequence > _WRITTEN)
            .order_by(changes.c.sequence)
            .limit(1)
            .correlate(buckets, manifests)
            .scalar_subquery()
        )
        waiting = (
            select(oldest.label("at")).select_from(_JOINED).where(buckets.c.next_sequence - 1 > _WRITTEN, ~_IS_OVER)
        )
        found = waiting.subquery()
        number, since = self._database.read(
            lambda connection: connection.execute(select(func.count(), func.min(found.c.at))).one()
        )
        return ManifestLag(number, since)


_IS_OVER = and_(buckets.c.purge_after.is_not(None), buckets.c.purge_after <= database_now())


def _is_free(worker: str) -> ColumnElement[bool]:
    lease = manifests.c.lease_until
    return or_(lease.is_(None), lease <= database_now(), manifests.c.worker == worker)


def _is_theirs(worker: str, bucket: UUID) -> ColumnElement[bool]:
    return and_(manifests.c.bucket == bucket, manifests.c.worker == worker)


def _grown_roots(connection: Connection, first: UUID | None, number: int) -> tuple[Sequence[Any], UUID | None]:
    """What the root journals of so many users say that was not read yet, and with whom to go on."""
    user, followed = accounts.c.user, func.coalesce(manifest_roots.c.sequence, 0)
    page = [user >= first] if first else []
    behind = connection.execute(select(user).where(*page).order_by(user).offset(number).limit(1)).scalar()
    page += [user < behind] if behind else []
    grown = (
        select(user, followed.label("followed"))
        .select_from(accounts.outerjoin(manifest_roots, manifest_roots.c.user == user))
        .where(*page, accounts.c.next_sequence - 1 > followed)
        .subquery()
    )
    news = and_(changes.c.journal == grown.c.user, changes.c.sequence > grown.c.followed)
    query = select(changes.c.journal, changes.c.sequence, changes.c.bucket).select_from(grown.join(changes, news))
    rows = connection.execute(query.order_by(changes.c.journal, changes.c.sequence).limit(_CHANGES)).all()
    # There may be more of the last one: it is gone on with, behind what was read.
    return rows, rows[-1].journal if len(rows) == _CHANGES else behind


def _mark(connection: Connection, found: Sequence[Any]) -> None:
    named, read = sorted({row.bucket for row in found}), {row.journal: row.sequence for row in found}
    marked = update(manifests).where(any_of(connection, manifests.c.bucket, named))
    connection.execute(marked.values(marks=manifests.c.marks + 1))
    insert_rows(
        connection, manifest_roots, [{"user": user, "sequence": 0} for user in sorted(read)], ignore_conflicts=True
    )
    roots = manifest_roots.c
    step = update(manifest_roots).where(roots.user == bindparam("of"), roots.sequence < bindparam("to"))
    connection.execute(
        step.values(sequence=bindparam("to")), [{"of": user, "to": sequence} for user, sequence in sorted(read.items())]
    )


def _overdue(moment: datetime, kept: timedelta) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Something purged is in them for too long; parts that were replaced are kept for too long."""
    before = moment - kept
    return manifests.c.purged_at <= before, and_(manifests.c.old != "[]", manifests.c.replaced_at <= before)


def _due(connection: Connection, worker: str, limit: int, kept: timedelta) -> list[UUID]:
    """One look at the rows of the buckets, none at those of files: as many as there are, however much they hold."""
    is_written = and_(buckets.c.next_sequence - 1 <= _WRITTEN, manifests.c.marks == manifests.c.marks_written)
    is_due = or_(manifests.c.bucket.is_(None), ~is_written, *_overdue(now(connection), kept))
    there = select(buckets.c.id).select_from(_JOINED).where(is_due, _is_free(worker), ~_IS_OVER).limit(limit)
    with_gone = manifests.outerjoin(buckets, buckets.c.id == manifests.c.bucket)
    gone = (
        select(manifests.c.bucket).select_from(with_gone).where(or_(buckets.c.id.is_(None), _IS_OVER), _is_free(worker))
    ).limit(limit)
    return [*connection.execute(there).scalars(), *connection.execute(gone).scalars()][:limit]


def _claimed(
    connection: Connection, worker: str, due: Sequence[UUID], lease: timedelta, kept: timedelta
) -> Sequence[ManifestTask]:
    insert_rows(connection, manifests, [{"bucket": bucket} for bucket in sorted(due)], ignore_conflicts=True)
    ordered = select(manifests.c.bucket).where(any_of(connection, manifests.c.bucket, due), _is_free(worker))
    free = ordered.order_by(manifests.c.bucket).with_for_update(skip_locked=True)
    mine = list(connection.execute(free).scalars())
    moment = now(connection)
    # Judged again in the statement that writes: PostgreSQL's row locks wait for whoever claimed it meanwhile.
    taken = (
        update(manifests)
        .where(any_of(connection, manifests.c.bucket, mine), _is_free(worker))
        .values(worker=worker, lease_until=moment + lease)
        .returning(manifests.c.bucket)
    )
    ids = list(connection.execute(taken).scalars())
    overdue, old_over = _overdue(moment, kept)
    with_buckets = manifests.outerjoin(buckets, buckets.c.id == manifests.c.bucket)
    query = select(
        manifests,
        (buckets.c.next_sequence - 1).label("newest"),
        or_(buckets.c.id.is_(None), _IS_OVER).label("is_gone"),
        func.coalesce(overdue, False).label("is_overdue"),
        func.coalesce(old_over, False).label("is_old_over"),
    ).select_from(with_buckets)
    life = connection.execute(select(installation.c.id, installation.c.generation)).one_or_none()
    rows = connection.execute(query.where(any_of(connection, manifests.c.bucket, ids)))
    return [_task(row, life) for row in rows]


def _draft(row: Row[Any]) -> ManifestDraft | None:
    if row.draft is None:
        return None
    told = orjson.loads(row.draft)
    return ManifestDraft(ManifestPart(**told["part"]), told["next_key"])


def _names(row: Row[Any]) -> list[str]:
    draft = _draft(row)
    return [part.name for part in (*_parts(row.parts), *_parts(row.old), *([draft.part] if draft else []))]


def _document(parts: Sequence[ManifestPart]) -> str:
    return orjson.dumps([asdict(part) for part in parts]).decode()


def _parts(document: str) -> list[ManifestPart]:
    return [ManifestPart(**part) for part in orjson.loads(document)]


def _task(row: Row[Any], life: Any) -> ManifestTask:
    return ManifestTask(
        bucket=row.bucket,
        installation=life.id if life else None,
        generation=life.generation if life else 0,
        newest=row.newest if row.newest is not None else 0,
        parts=_parts(row.parts),
        draft=_draft(row),
        old=_parts(row.old),
        is_old_over=bool(row.is_old_over),
        is_gone=bool(row.is_gone),
        is_overdue=bool(row.is_overdue),
        marks=row.marks,
    )
