"""Blocks whose bytes are durable become an upload's (ALGORITHMS.md 1, "Register", steps a to d), and dedup hits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select, update

from foundation.database import RowVanished
from foundation.problems import Invalid
from foundation.sql import any_of, insert_rows, now
from metadata.errors import UploadNotFound
from metadata.model import BlockState, ReceivedBlock, UploadState
from metadata.schema import block_holders, blocks, dead_names, upload_blocks, uploads
from metadata.sync_model import FindingKind
from metadata.verdicts import BY_AN_UPLOAD, BY_REPAIR, Finding, add_findings

STORED = BlockState.STORED.value
NOBODY = UUID(int=0)  # owns the uploads of repairs: what they write gives nobody the right to use it


class Fence(NamedTuple):
    """What register needs of its upload's row."""

    writer: int
    owner: UUID
    state: str


def fence(connection: Connection, upload: UUID) -> Fence | None:
    """Step a: the upload's row. Whoever ends it waits for this transaction."""
    query = select(uploads.c.writer, uploads.c.owner, uploads.c.state).where(uploads.c.id == upload)
    row = connection.execute(query.with_for_update(read=True)).one_or_none()
    return Fence(*row) if row else None


def register(connection: Connection, upload: UUID, received: Sequence[ReceivedBlock], retention: timedelta) -> bool:
    """Steps a to d in one transaction; False when the upload is not open: the names are dead then, so commit all the same.

    Raises UploadNotFound, Invalid for a name of another writer, RowVanished.
    """
    holder = fence(connection, upload)
    if holder is None:
        raise UploadNotFound
    check_writer(holder.writer, received)
    moment = now(connection)
    # One of each id, in the order of ids, which is the order of all locks.
    fresh = dict(sorted({block.name.id: block for block in received}.items()))
    names = {str(block.name): block.size for block in received}
    if holder.state != UploadState.OPEN.value:
        registered = select(blocks.c.name).where(any_of(connection, blocks.c.id, fresh))
        bury(connection, names.keys() - connection.execute(registered).scalars(), moment, names)
        return False
    insert_rows(connection, blocks, [_row(block, moment) for block in fresh.values()], ignore_conflicts=True)
    how = BY_REPAIR if holder.owner == NOBODY else BY_AN_UPLOAD
    taken, replaced = _settle(connection, fresh, moment, how)
    bury(connection, names.keys() - taken.values(), moment, names)
    bury(connection, replaced, moment + retention)
    hold(connection, holder.writer, holder.owner, fresh)
    return True


def check_writer(writer: int, received: Iterable[ReceivedBlock]) -> None:
    """Raises Invalid: only its own writer's end may tell that a name is nobody's any more."""
    if any(block.name.writer != writer for block in received):
        raise Invalid("A block's name carries the number of the upload that received it.")


def _settle(
    connection: Connection, fresh: dict[Any, ReceivedBlock], moment: datetime, how: str
) -> tuple[dict[bytes, str], list[str]]:
    """Step c: the name that each block is registered under now, and the damaged ones' names that ours took over, `how` for people."""
    query = select(blocks.c.id, blocks.c.name, blocks.c.state).where(any_of(connection, blocks.c.id, fresh))
    found = connection.execute(query.order_by(blocks.c.id).with_for_update(read=True, key_share=True)).all()
    if len(found) < len(fresh):
        raise RowVanished
    registered, replaced = {}, []
    for id, name, state in found:
        registered[id] = name
        if state != STORED and _take_over(
            connection, name, fresh[id], Finding(fresh[id].name.id, FindingKind.HEALED, how), moment
        ):
            registered[id] = str(fresh[id].name)
            replaced.append(name)
    return registered, replaced


def _take_over(connection: Connection, old: str, block: ReceivedBlock, healing: Finding, moment: datetime) -> bool:
    """Compare and set: the loser of two replacements must not overwrite the winner's name. Every file that uses it is told."""
    row = _row(block, moment)
    values = {name: row[name] for name in ("name", "stored_size", "codec", "xxh3", "state", "registered_at")}
    statement = update(blocks).where(blocks.c.id == row["id"], blocks.c.name == old)
    if connection.execute(statement.values(**values, checked_at=None, verified_at=None)).rowcount != 1:
        return False
    add_findings(connection, [healing], moment)
    return True


def bury(
    connection: Connection, names: Iterable[str], erase_after: datetime, sizes: Mapping[str, int] | None = None
) -> None:
    """These names are dead from now on; their bytes, `sizes` where that is known, go at `erase_after`."""
    known = sizes or {}
    rows = [{"name": name, "erase_after": erase_after, "stored_size": known.get(name)} for name in sorted(names)]
    insert_rows(connection, dead_names, rows, ignore_conflicts=True)


def hold(connection: Connection, writer: int, owner: UUID, ids: Collection[bytes]) -> None:
    """Step d: the upload holds on to these blocks, and its owner may use them again without sending them."""
    ordered = sorted(ids)
    insert_rows(connection, upload_blocks, [{"upload": writer, "block": id} for id in ordered], ignore_conflicts=True)
    if owner != NOBODY:
        rows = [{"user": owner, "block": id} for id in ordered]
        insert_rows(connection, block_holders, rows, ignore_conflicts=True)


def claim(connection: Connection, writer: int, owner: UUID, ids: Collection[bytes]) -> set[bytes]:
    """Dedup hits: those of `ids` that `owner` holds already and that are stored are the upload's now. Which.

    The caller holds the upload's fence.
    """
    query = (
        select(blocks.c.id)
        .join(block_holders, block_holders.c.block == blocks.c.id)
        .where(block_holders.c.user == owner, any_of(connection, block_holders.c.block, ids), blocks.c.state == STORED)
        .order_by(blocks.c.id)
        .with_for_update(read=True, key_share=True, of=blocks)
    )
    held = set(connection.execute(query).scalars())
    rows = [{"upload": writer, "block": id} for id in sorted(held)]
    insert_rows(connection, upload_blocks, rows, ignore_conflicts=True)
    return held


def _row(block: ReceivedBlock, moment: datetime) -> dict[str, Any]:
    return {
        "id": block.name.id,
        "name": str(block.name),
        "size": block.size,
        "stored_size": block.size,
        "codec": block.name.codec,
        "xxh3": block.xxh3 - (1 << 64) if block.xxh3 >= 1 << 63 else block.xxh3,
        "state": STORED,
        "registered_at": moment,
    }
