"""Repairs: uploads of the catalogue's own, and where bytes of a block may still lie."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, insert, select, text

from foundation.blocks import BlockId, BlockName
from foundation.ids import new_id
from foundation.sql import listed, now
from metadata.model import BlockState, Precondition, UploadState
from metadata.register import NOBODY
from metadata.schema import blocks, dead_names, uploads
from metadata.seams import RegisteredBlock
from metadata.upload_rows import end_upload, lock_uploads, precondition_text

# Word by word as the partial index says it: else SQLite does not use it.
_IS_BROKEN = text("blocks.state <> 'stored'")


def open_repair(connection: Connection) -> tuple[UUID, int]:
    moment, id = now(connection), new_id()
    new = {
        "id": id,
        "owner": NOBODY,
        "precondition": precondition_text(Precondition()),
        "state": UploadState.OPEN.value,
        "opened_at": moment,
        "active_at": moment,
    }
    writer: int = connection.execute(insert(uploads).values(new).returning(uploads.c.writer)).scalar_one()
    return id, writer


def close_repair(connection: Connection, upload: UUID) -> None:
    lock_uploads(connection, [upload])
    query = select(uploads.c.writer).where(uploads.c.id == upload, uploads.c.owner == NOBODY)
    writer = connection.execute(query.where(uploads.c.state == UploadState.OPEN.value)).scalar_one_or_none()
    if writer is not None:
        end_upload(connection, writer, UploadState.ABORTED)


def dead_names_of(connection: Connection, ids: Collection[BlockId]) -> dict[BlockId, list[BlockName]]:
    """Those that died last first. A name begins with its block's id, and the names are ordered by their bytes."""
    of_id = listed(connection, dead_names.c.name.type, sorted(map(str, ids)))
    begins = (dead_names.c.name > of_id.c.value + ".") & (dead_names.c.name < of_id.c.value + "/")
    query = select(dead_names.c.name).join(of_id, begins).order_by(dead_names.c.erase_after.desc(), dead_names.c.name)
    found: dict[BlockId, list[BlockName]] = {id: [] for id in ids}
    for name in map(BlockName.parse, connection.execute(query).scalars()):
        found[name.id].append(name)
    return found


def broken(connection: Connection, after: BlockId | None, limit: int) -> list[RegisteredBlock]:
    columns = blocks.c
    query = select(columns.name, columns.stored_size, columns.xxh3, columns.state).where(_IS_BROKEN)
    if after is not None:
        query = query.where(columns.id > bytes(after))
    rows = connection.execute(query.order_by(columns.id).limit(limit)).all()
    return [RegisteredBlock(BlockName.parse(row[0]), row[1], row[2] % (1 << 64), BlockState(row[3])) for row in rows]
