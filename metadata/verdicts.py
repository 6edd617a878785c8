"""Verdicts on blocks, and the findings that follow from them, in one transaction (ALGORITHMS.md 1, 4)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from foundation.blocks import BlockName
from foundation.sql import any_of, insert_rows, now
from metadata.model import BlockState
from metadata.schema import blocks
from metadata.sync_model import FindingKind, Verdict
from metadata.sync_schema import findings

FOUND_WHOLE = "found whole again"
BY_AN_UPLOAD = "healed by an upload"
BY_REPAIR = "healed from an older copy of the same bytes"

_STORED, _DAMAGED, _MISSING = BlockState.STORED, BlockState.DAMAGED, BlockState.MISSING
_CHANGED = {_DAMAGED: FindingKind.DAMAGED, _MISSING: FindingKind.MISSING}


class Finding(NamedTuple):
    block: bytes
    kind: FindingKind
    note: str = ""


def judge(connection: Connection, verdicts: Sequence[Verdict]) -> set[BlockName]:
    """Each where it holds; of several on one name the last counts. Those that do not hold, see Jobs.judge."""
    judged = {str(verdict.name): verdict for verdict in verdicts}
    ids = {verdict.name.id for verdict in verdicts}
    columns = (blocks.c.id, blocks.c.name, blocks.c.state, blocks.c.checked_at)
    query = select(*columns).where(any_of(connection, blocks.c.id, ids))
    # Lock first, in the order of ids as everybody, then judge: a take-over may have come before. Commits do not wait for this lock.
    rows = connection.execute(query.order_by(blocks.c.id).with_for_update(key_share=True)).all()
    groups: dict[tuple[BlockState | None, datetime | None], list[bytes]] = {}
    found = []
    moment = now(connection)
    for id, name, state, checked_at in rows:
        before = BlockState(state)
        verdict = judged.get(name)
        if verdict is None or _is_older(verdict, before, checked_at):
            continue
        del judged[name]
        proved_at = (verdict.since or moment) if _is_proof(verdict) else None
        groups.setdefault((_state_after(before, verdict), proved_at), []).append(id)
        if (finding := _finding(id, before, verdict)) is not None:
            found.append(finding)
    for (after, proved_at), members in groups.items():
        values: dict[str, Any] = {"checked_at": moment}
        values |= {"verified_at": proved_at} if proved_at else {}
        values |= {"state": after.value} if after else {}
        connection.execute(update(blocks).where(any_of(connection, blocks.c.id, members)).values(values))
    add_findings(connection, found, moment)
    return {verdict.name for verdict in judged.values()}


def _is_older(verdict: Verdict, before: BlockState, checked_at: datetime | None) -> bool:
    """A worker that was stopped after it read may come back when the bytes are bad, and known to be."""
    if before is _STORED or verdict.state is not _STORED or verdict.since is None:
        return False
    return checked_at is not None and checked_at > verdict.since


def add_findings(connection: Connection, found: Sequence[Finding], moment: datetime) -> None:
    """To be told to every file that uses these blocks."""
    rows = [{"block": one.block, "kind": one.kind.value, "note": one.note, "at": moment} for one in found]
    insert_rows(connection, findings, rows)


def _is_proof(verdict: Verdict) -> bool:
    return verdict.state is _STORED and verdict.is_read


def _state_after(before: BlockState, verdict: Verdict) -> BlockState | None:
    """None: as before. Only bytes that were read and hashed heal; a name that was set aside for its damage looks missing."""
    if verdict.state is before or (verdict.state is _STORED and not verdict.is_read):
        return None
    return None if (before, verdict.state) == (_DAMAGED, _MISSING) else verdict.state


def _finding(id: bytes, before: BlockState, verdict: Verdict) -> Finding | None:
    after = _state_after(before, verdict)
    if after is None:
        is_mended = before is _STORED and _is_proof(verdict) and verdict.note
        return Finding(id, FindingKind.MENDED, verdict.note) if is_mended else None
    if after is _STORED:
        return Finding(id, FindingKind.HEALED, verdict.note or FOUND_WHOLE)
    return Finding(id, _CHANGED[after], verdict.note)
