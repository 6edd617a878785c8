"""Findings reach the events of the files that use the blocks: damage fails them, healing has them verified anew."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, select, update

from foundation.ids import new_id
from foundation.sql import any_of, insert_rows, now, update_rows
from metadata.event_rows import COMPLETED, FAILED, PENDING, PROCESSING, locked_events
from metadata.findings import Concerned, Look
from metadata.model import BlockState, ChangeKind
from metadata.notices import Cause, notify
from metadata.outcome_counts import Ended, count_ended
from metadata.proof_dates import doubt_versions
from metadata.reasons import DAMAGE, is_damaged, was_healed, was_mended
from metadata.schema import blocks
from metadata.sync_model import FindingKind, NoticeKind
from metadata.sync_schema import findings, sync_events

_HARMS = (FindingKind.DAMAGED, FindingKind.MISSING)
_EVENTS = sync_events.c
_CHANGED = (
    *(_EVENTS.id, _EVENTS.status, _EVENTS.action, _EVENTS.attempts, _EVENTS.next_attempt_at, _EVENTS.pending_since),
    *(_EVENTS.lease_until, _EVENTS.worker, _EVENTS.error, _EVENTS.reason, _EVENTS.missing_chunks),
    *(_EVENTS.healed_chunks, _EVENTS.healed_at),
)
_NAMES = [column.name for column in _CHANGED]


def tell(connection: Connection, look: Look) -> int:
    """Write what the look showed, where nobody else did and it still holds; on how many versions it worked, at least 1."""
    if not _is_ours(connection, look):
        return 0
    these = any_of(connection, findings.c.sequence, look.sequences)
    if void := _void(connection, look):
        # What is left of them is looked at anew.
        connection.execute(delete(findings).where(these, any_of(connection, findings.c.block, void)))
        return len(void)
    _tell_all(connection, look)
    if look.is_last:
        connection.execute(delete(findings).where(these))
    else:
        connection.execute(update(findings).where(these).values(after=look.concerned[-1].version.id))
    return len(look.concerned) or 1


def _is_ours(connection: Connection, look: Look) -> bool:
    query = select(findings.c.after).where(any_of(connection, findings.c.sequence, look.sequences))
    rows = connection.execute(query.order_by(findings.c.sequence).with_for_update(skip_locked=True)).scalars().all()
    return len(rows) == len(look.sequences) and set(rows) == {look.after}


def _void(connection: Connection, look: Look) -> set[bytes]:
    """Blocks that are not any more as was found. The others stay so until the transaction's end: who heals or marks one waits."""
    query = select(blocks.c.id, blocks.c.state).where(any_of(connection, blocks.c.id, look.blocks))
    rows = connection.execute(query.order_by(blocks.c.id).with_for_update(read=True)).all()
    is_harm = look.kind in _HARMS
    return set(look.blocks) - {row.id for row in rows if (row.state != BlockState.STORED.value) == is_harm}


def _tell_all(connection: Connection, look: Look) -> None:
    moment = now(connection)
    ids = [one.event for one in look.concerned if one.event is not None]
    rows = locked_events(connection, ids, *_CHANGED, _EVENTS.owner)
    before = {one.version.id: rows[one.event] for one in look.concerned if one.event in rows}
    after: dict[UUID, dict[str, Any]] = {}
    fresh: list[dict[str, Any]] = []
    for one in look.concerned:
        row = before.get(one.version.id)
        if row is None:
            fresh += [_new_event(look, one, moment)] if look.kind in _HARMS else []
            continue
        said = (_damaged if look.kind in _HARMS else _whole)(look, one, row, moment)
        if said is not None:
            after[one.version.id] = dict(zip(_NAMES, row[:-1], strict=True)) | said | {"updated_at": moment}
    doubted = {version for version, event in after.items() if _is_damaged(event)}
    doubt_versions(connection, doubted.union(event["version"] for event in fresh))
    update_rows(connection, sync_events, "id", list(after.values()))
    insert_rows(connection, sync_events, fresh)
    _announce(connection, before, after, fresh)
    count_ended(connection, _ended(before, after, fresh), moment)


def _is_damaged(event: Mapping[str, Any]) -> bool:
    return event["status"] == FAILED and event["error"] in DAMAGE


def _says(look: Look, one: Concerned) -> dict[str, Any]:
    missing, damaged = one.missing, one.damaged
    if not missing and not damaged:  # Marked after the counting: what is known for sure.
        missing, damaged = (one.uses, 0) if look.kind is FindingKind.MISSING else (0, one.uses)
    return _harm(missing, damaged, look.note if damaged == one.uses else "")


def _harm(missing: int, damaged: int, note: str = "") -> dict[str, Any]:
    error, reason = is_damaged(missing, damaged, note)
    return {"error": error, "reason": reason, "missing_chunks": missing or None}


def _damaged(look: Look, one: Concerned, row: Any, moment: datetime) -> dict[str, Any] | None:
    """A worker that still has it changes nothing any more. One that was failed for damage before may say another number now."""
    says = _says(look, one)
    if row.status == FAILED and row.error in DAMAGE:
        return says if row.reason != says["reason"] else None
    failed = {"status": FAILED, "action": None, "worker": None, "lease_until": None, "next_attempt_at": moment}
    return failed | says | {"healed_chunks": 0, "healed_at": None}


def _new_event(look: Look, one: Concerned, moment: datetime) -> dict[str, Any]:
    """As old as the version: beside the events of newer versions it is not the file's newest."""
    version = one.version
    return {
        "id": new_id(),
        "bucket": version.bucket,
        "file": version.file,
        "version": version.id,
        "owner": version.owner,
        "type": ChangeKind.FILE_UPDATED.value,
        "status": FAILED,
        "next_attempt_at": moment,
        "total_chunks": version.num_chunks,
        "created_at": version.created_at,
        "updated_at": moment,
    } | _says(look, one)


def _whole(look: Look, one: Concerned, row: Any, moment: datetime) -> dict[str, Any] | None:
    """Healing, or a copy written again. None: whoever has the event tells, or its check ended later and knew of it."""
    if row.status == PROCESSING:
        return None
    is_known = row.healed_at is not None and row.healed_at > look.at
    number = row.healed_chunks + (0 if is_known else one.uses)
    healed = {"healed_chunks": number, "healed_at": row.healed_at if is_known else look.at}
    if row.status == FAILED and row.error in DAMAGE:
        return healed | _relieved(look, one, row, number, moment)
    if is_known:
        return None
    if row.status == FAILED or row.error is not None:  # For another reason, which stands.
        return healed
    if look.kind is FindingKind.MENDED:
        return healed | {"reason": was_mended(number, look.note)}
    return healed | _again(moment) | {"reason": was_healed(number, None, look.note)}


def _relieved(look: Look, one: Concerned, row: Any, number: int, moment: datetime) -> dict[str, Any]:
    """Of an event that failed for damage: verified anew once nothing is bad any more."""
    if one.missing or one.damaged:
        return _harm(one.missing, one.damaged)
    return _again(moment) | {"reason": was_healed(number, row.error, look.note)}


def _again(moment: datetime) -> dict[str, Any]:
    return {
        "status": PENDING,
        "action": None,
        "attempts": 0,
        "next_attempt_at": moment,
        "pending_since": moment,
        "lease_until": None,
        "worker": None,
        "error": None,
        "missing_chunks": None,
    }


def _announce(
    connection: Connection,
    before: Mapping[UUID, Any],
    after: Mapping[UUID, Mapping[str, Any]],
    fresh: Sequence[Mapping[str, Any]],
) -> None:
    """One notice for each version whose state changed, however many of its blocks were found."""
    damaged = {event["version"]: Cause(event["id"], event["reason"]) for event in fresh}
    healed: dict[UUID, Cause] = {}
    for version, event in after.items():
        was_damaged = before[version].status == FAILED and before[version].error in DAMAGE
        if was_damaged != _is_damaged(event):
            (healed if was_damaged else damaged)[version] = Cause(event["id"], event["reason"])
    notify(connection, NoticeKind.FILE_DAMAGED, damaged)
    notify(connection, NoticeKind.FILE_HEALED, healed)


def _ended(
    before: Mapping[UUID, Any], after: Mapping[UUID, Mapping[str, Any]], fresh: Sequence[Mapping[str, Any]]
) -> list[Ended]:
    ended = [Ended(event["owner"], "failed") for event in fresh]
    for version, event in after.items():
        row = before[version]
        if _is_damaged(event) and row.status != FAILED:
            ended.append(Ended(row.owner, "failed"))
        elif event["status"] in (PENDING, COMPLETED) and event["healed_chunks"] > row.healed_chunks:
            ended.append(Ended(row.owner, "healed"))
    return ended
