"""Rounds of reading everything stored, as rows."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from foundation.sql import database_now
from metadata.schema import blocks
from metadata.sync_model import ScrubRound
from metadata.sync_schema import scrub_rounds

_COLUMNS = [scrub_rounds.c[name] for name in ScrubRound.__slots__]
_PARTS = 1_000


def newest_rounds(connection: Connection) -> tuple[ScrubRound | None, ScrubRound | None]:
    """The newest, whether it goes on or not, and the newest that ended."""
    # Only one goes on at a time, so the last that ended is one of the last two.
    last = [
        _round(row) for row in connection.execute(select(*_COLUMNS).order_by(scrub_rounds.c.number.desc()).limit(2))
    ]
    return (last[0] if last else None), next((one for one in last if one.ended_at is not None), None)


def open_round(connection: Connection) -> ScrubRound | None:
    newest, _ = newest_rounds(connection)
    return newest if newest is not None and newest.ended_at is None else None


def everything(connection: Connection) -> tuple[int, int]:
    """How many blocks are registered, and their stored bytes. Reads them all."""
    number, size = connection.execute(
        select(func.count(), func.coalesce(func.sum(blocks.c.stored_size), 0)).select_from(blocks)
    ).one()
    return int(number), int(size)


def insert_round(connection: Connection, total: tuple[int, int], *, is_urgent: bool) -> ScrubRound:
    number, size = total
    new = insert(scrub_rounds).values(
        started_at=database_now(),
        is_urgent=is_urgent,
        total_blocks=number,
        total_bytes=size,
        updated_at=database_now(),
    )
    return _round(connection.execute(new.returning(*_COLUMNS)).one())


def hastened(connection: Connection, found: ScrubRound) -> ScrubRound:
    urgent = update(scrub_rounds).where(scrub_rounds.c.number == found.number).values(is_urgent=True)
    return _round(connection.execute(urgent.returning(*_COLUMNS)).one())


def one_at_a_time(connection: Connection) -> None:
    """Until the transaction's end nobody else begins a round."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE scrub_rounds IN SHARE ROW EXCLUSIVE MODE")


def veiled(found: ScrubRound | None) -> ScrubRound | None:
    """How far it is in thousandths, and nothing of how much others store or what became of it."""
    if found is None:
        return None
    done = _PARTS if found.ended_at is not None else min(_share(found.bytes, found.total_bytes), _PARTS)
    return replace(
        found,
        total_blocks=_PARTS,
        total_bytes=_PARTS,
        blocks=done,
        bytes=done,
        healed=0,
        damaged=0,
        bytes_per_second=0,
        worker=None,
    )


def _share(done: int, total: int) -> int:
    return done * _PARTS // total if total else 0


def _round(row: Any) -> ScrubRound:
    return ScrubRound(*row)
