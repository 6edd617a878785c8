"""What a round has still to read, by indexes alone: however much was read before, finding the next costs the same."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, text

from foundation.blocks import BlockName
from metadata.model import BlockState
from metadata.schema import blocks
from metadata.seams import RegisteredBlock
from metadata.sync_schema import scrub_rounds

_UNSIGNED = (1 << 64) - 1
_COLUMNS = (blocks.c.name, blocks.c.stored_size, blocks.c.xxh3, blocks.c.state)
# As the partial indexes say it.
_IS_STORED = text("blocks.state = 'stored'")
_IS_BAD = text("blocks.state <> 'stored'")


def unproved_blocks(connection: Connection, number: int, limit: int) -> Sequence[RegisteredBlock]:
    """At most `limit`: first the never read, then those with the oldest proof, then the damaged and missing not looked at since.

    What was registered after the round began is not of it: a flood of new blocks would hold it up for ever.
    """
    query = select(scrub_rounds.c.started_at).where(scrub_rounds.c.number == number)
    began = connection.execute(query).scalar_one_or_none()
    if began is None:
        return []
    steps: tuple[tuple[tuple[ColumnElement[Any], ...], tuple[Any, ...]], ...] = (
        (
            (blocks.c.verified_at, blocks.c.registered_at),
            (_IS_STORED, blocks.c.verified_at.is_(None), blocks.c.registered_at < began),
        ),
        ((blocks.c.verified_at,), (_IS_STORED, blocks.c.verified_at < began)),
        ((blocks.c.id,), (_IS_BAD, blocks.c.checked_at.is_(None))),
        ((blocks.c.checked_at,), (_IS_BAD, blocks.c.checked_at < began)),
    )
    found: list[Any] = []
    for order, conditions in steps:
        if len(found) < limit:
            page = select(*_COLUMNS).where(*conditions).order_by(*order).limit(limit - len(found))
            found += connection.execute(page)
    return [
        RegisteredBlock(BlockName.parse(name), size, xxh3 & _UNSIGNED, BlockState(state))
        for name, size, xxh3, state in found
    ]
