"""The collector's steps: claim, lock, judge in a later statement, remove (ALGORITHMS.md 1, "Collect")."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, exists, func, insert, literal, or_, select

from foundation.blocks import BlockId, BlockName
from foundation.sql import any_of, insert_missing, listed_rows, now
from metadata.collection_seam import Collected
from metadata.model import UploadState
from metadata.purge import nominate_contents
from metadata.register import bury
from metadata.schema import (
    blocks,
    candidates,
    contents,
    dead_names,
    file_chunks,
    file_versions,
    upload_blocks,
    upload_contents,
    uploads,
)

BLOCK_IS_FREE = ~or_(
    exists().where(file_chunks.c.block == blocks.c.id), exists().where(upload_blocks.c.block == blocks.c.id)
)
CONTENT_IS_FREE = ~or_(
    exists().where(file_versions.c.content == contents.c.id), exists().where(upload_contents.c.content == contents.c.id)
)

COUNTED = {"preserve_rowcount": True}


def collect_blocks(connection: Connection, after: int, limit: int, retention: timedelta) -> Collected:
    """One page of candidate blocks; the names of those that nobody references are dead."""
    claimed = _claimed(connection, candidates.c.block, after, limit)
    ids = sorted({id for _, id in claimed})
    locked = _locked(connection, blocks, ids)
    gone = delete_free_blocks(connection, locked)
    bury(connection, gone, now(connection) + retention, gone)
    return _settled(connection, claimed, _skipped(connection, blocks, ids, locked), len(gone))


def delete_free_blocks(connection: Connection, locked: Sequence[bytes]) -> dict[str, int]:
    """Step 3, a statement of its own: its snapshot is newer than the locks, so it sees whoever they had to wait for.

    Names and sizes of those that are gone.
    """
    free = delete(blocks).where(any_of(connection, blocks.c.id, locked), BLOCK_IS_FREE)
    return {
        row.name: row.stored_size for row in connection.execute(free.returning(blocks.c.name, blocks.c.stored_size))
    }


def collect_contents(connection: Connection, after: int, limit: int, max_chunks: int) -> Collected:
    """One page of candidate contents, at most about `max_chunks` rows; a longer content goes in several pages."""
    claimed = _claimed(connection, candidates.c.content, after, limit)
    ids = sorted({id for _, id in claimed})
    locked = _locked(connection, contents, ids)
    free = select(contents.c.id, contents.c.num_chunks).where(
        any_of(connection, contents.c.id, locked), CONTENT_IS_FREE
    )
    sizes = {row.id: row.num_chunks for row in connection.execute(free.order_by(contents.c.id))}
    whole, rest = _within(sizes, max_chunks)
    if whole:
        _remove(connection, any_of(connection, file_chunks.c.content, whole))
        connection.execute(delete(contents).where(any_of(connection, contents.c.id, whole)))
    elif rest:
        _shorten(connection, rest[0], max_chunks)
    postponed = set(rest) | _skipped(connection, contents, ids, locked)
    found = _settled(connection, claimed, postponed, len(whole))
    again = [sequence for sequence, id in claimed if id in set(rest)]
    return Collected(again[0] - 1, found.removed, found.skipped) if again else found


def _claimed(connection: Connection, kind: ColumnElement[Any], after: int, limit: int) -> list[tuple[int, Any]]:
    """Step 1: candidates that no other collector has."""
    query = select(candidates.c.sequence, kind).where(candidates.c.sequence > after, kind.is_not(None))
    query = query.order_by(candidates.c.sequence).limit(limit).with_for_update(skip_locked=True)
    return [(sequence, id) for sequence, id in connection.execute(query)]


def _locked(connection: Connection, table: Table, ids: Sequence[Any]) -> list[Any]:
    """Step 2: those that nobody is about to use."""
    query = select(table.c.id).where(any_of(connection, table.c.id, ids)).order_by(table.c.id)
    return list(connection.execute(query.with_for_update(skip_locked=True)).scalars())


def _skipped(connection: Connection, table: Table, ids: Sequence[Any], locked: Sequence[Any]) -> set[Any]:
    """Those that exist and were not locked by us: their candidates must stay."""
    found = connection.execute(select(table.c.id).where(any_of(connection, table.c.id, ids))).scalars()
    return set(found).difference(locked)


def _settled(
    connection: Connection, claimed: Sequence[tuple[int, Any]], kept: Collection[Any], removed: int
) -> Collected:
    """Step 4: the candidates that were judged go."""
    done = [sequence for sequence, id in claimed if id not in kept]
    connection.execute(delete(candidates).where(any_of(connection, candidates.c.sequence, done)))
    return Collected(claimed[-1][0] if claimed else None, removed, len(claimed) - len(done))


def _within(sizes: dict[UUID, int], max_chunks: int) -> tuple[list[UUID], list[UUID]]:
    """As many as fit into the slice, and the others."""
    whole: list[UUID] = []
    rest: list[UUID] = []
    total = 0
    for id, number in sizes.items():
        total += number
        (whole if total <= max_chunks else rest).append(id)
    return whole, rest


def _remove(connection: Connection, condition: ColumnElement[bool]) -> None:
    """These chunks go; their blocks become candidates."""
    named = select(file_chunks.c.block).where(condition).distinct()
    connection.execute(insert(candidates).from_select(["block"], named))
    connection.execute(delete(file_chunks).where(condition))


def _shorten(connection: Connection, content: UUID, number: int) -> None:
    """Take the last `number` chunks of a content that nobody can name any more, for no version and no upload does."""
    of_content = file_chunks.c.content == content
    last = select(file_chunks.c.index).where(of_content).order_by(file_chunks.c.index.desc()).limit(number).subquery()
    first = connection.execute(select(func.min(last.c.index))).scalar_one()
    if first is not None:
        _remove(connection, of_content & (file_chunks.c.index >= first))
    left = contents.update().where(contents.c.id == content)
    connection.execute(left.values(num_chunks=first or 0))


def bury_orphans(connection: Connection, names: Collection[BlockName], retention: timedelta) -> int:
    """Judged in one statement, so that nothing can be registered, or end, between two of its questions."""
    if not names:
        return 0
    due = literal(now(connection) + retention, type_=dead_names.c.erase_after.type)
    found = orphans(connection, names).add_columns(due)
    buried = insert_missing(connection, dead_names, ["name", "erase_after"], found)
    return connection.execute(buried, execution_options=COUNTED).rowcount


def orphans(connection: Connection, names: Collection[BlockName]) -> Select[Any]:
    """Those of `names` that are not registered, not dead, and whose writer is not open."""
    kinds = {"name": dead_names.c.name.type, "writer": uploads.c.writer.type, "block": blocks.c.id.type}
    listed = listed_rows(connection, kinds, [(str(name), name.writer, bytes(name.id)) for name in sorted(names)])
    is_known = or_(
        exists().where(blocks.c.id == listed.c.block, blocks.c.name == listed.c.name),
        exists().where(dead_names.c.name == listed.c.name),
        exists().where(uploads.c.writer == listed.c.writer, uploads.c.state == UploadState.OPEN.value),
    )
    return select(listed.c.name).where(~is_known).order_by(listed.c.name)


def nominate_unreferenced(connection: Connection, after: BlockId | None, limit: int) -> tuple[BlockId | None, int]:
    """Blocks behind `after`, and the contents that begin with them, without any reference: what slipped."""
    page = select(blocks.c.id).where(blocks.c.id > bytes(after)) if after is not None else select(blocks.c.id)
    ids = list(connection.execute(page.order_by(blocks.c.id).limit(limit)).scalars())
    if not ids:
        return None, 0
    free = select(blocks.c.id).where(any_of(connection, blocks.c.id, ids), BLOCK_IS_FREE)
    number = connection.execute(insert(candidates).from_select(["block"], free), execution_options=COUNTED).rowcount
    begun = select(file_chunks.c.content).where(any_of(connection, file_chunks.c.block, ids), file_chunks.c.index == 0)
    lost = list(connection.execute(select(contents.c.id).where(contents.c.id.in_(begun), CONTENT_IS_FREE)).scalars())
    nominate_contents(connection, lost)
    return BlockId(ids[-1]), number + len(lost)
