"""An upload as its row says, the locks on it, and what happens to what it held when it ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Select, delete, exists, insert, select, update

from foundation.authorization import Action, Facts, require
from foundation.blocks import Chunking
from foundation.identity import Identity
from foundation.sql import any_of, insert_rows, now
from metadata.errors import UploadEnded, UploadNotFound
from metadata.model import Kind, Precondition, Target, UploadState
from metadata.schema import buckets, candidates, file_chunks, upload_blocks, upload_chunks, upload_contents, uploads


@dataclass(frozen=True, slots=True)
class UploadRow:
    """`writer` is the number in the names of its blocks, and its key in the tables that point to it."""

    writer: int
    id: UUID
    owner: UUID
    device: UUID | None
    bucket: UUID | None
    target: Target | None
    precondition: Precondition
    state: UploadState
    size: int | None
    planned_chunks: int
    result: str | None
    active_at: datetime
    chunking: Chunking | None

    def must_be_open(self) -> None:
        if self.state is not UploadState.OPEN:
            raise UploadEnded(f"This upload is {self.state.value}. Open another.", state=self.state.value)


def select_uploads() -> Select[Any]:
    """Uploads with the chunking of the bucket that they name, in the order of `upload_from`."""
    columns = [uploads.c[name] for name in UploadRow.__slots__ if name != "chunking"]
    return select(*columns, buckets.c.chunking).outerjoin(buckets, buckets.c.id == uploads.c.bucket)


def upload_from(row: Any) -> UploadRow:
    return UploadRow(
        row.writer,
        row.id,
        row.owner,
        row.device,
        row.bucket,
        target_from(row.target),
        precondition_from(row.precondition),
        UploadState(row.state),
        row.size,
        row.planned_chunks,
        row.result,
        row.active_at,
        Chunking(row.chunking) if row.chunking else None,
    )


def find_upload(connection: Connection, caller: Identity, upload: UUID) -> UploadRow:
    """The caller's upload, as it was when this statement began. Raises UploadNotFound."""
    row = connection.execute(select_uploads().where(uploads.c.id == upload)).one_or_none()
    return of_caller(caller, None if row is None else upload_from(row))


def find_uploads(connection: Connection, ids: list[UUID]) -> dict[UUID, UploadRow]:
    """Those that are there, whoever's they are: `of_caller` decides."""
    query = select_uploads().where(any_of(connection, uploads.c.id, ids))
    return {row.id: upload_from(row) for row in connection.execute(query)}


def of_caller(caller: Identity, row: UploadRow | None) -> UploadRow:
    """Raises UploadNotFound, the same for what is not there and for another's."""
    require(caller, Action.USE_UPLOAD, Facts(owner=row.owner if row else None), hidden=UploadNotFound)
    if row is None:
        raise UploadNotFound
    return row


def fenced_upload(connection: Connection, caller: Identity, upload: UUID) -> UploadRow:
    """The caller's open upload. Whoever ends it waits for this transaction (ALGORITHMS.md 1, step a).

    Raises UploadNotFound, UploadEnded.
    """
    connection.execute(select(uploads.c.writer).where(uploads.c.id == upload).with_for_update(read=True))
    found = find_upload(connection, caller, upload)
    found.must_be_open()
    return found


def lock_uploads(connection: Connection, ids: list[UUID]) -> None:
    """Nobody else adds to them, commits or ends them until the transaction's end. Judge in a later statement."""
    query = select(uploads.c.writer).where(any_of(connection, uploads.c.id, ids)).order_by(uploads.c.writer)
    connection.execute(query.with_for_update()).all()


def let_go(
    connection: Connection,
    writer: int,
    *,
    content: UUID | None = None,
    blocks: list[bytes] | None = None,
    keep_plan: bool = False,
) -> None:
    """Drop all that the upload holds. What was not taken, into `content` or as `blocks`, becomes a candidate.

    `keep_plan`: its planned chunks, which refer to nothing, go later.

    The caller holds the upload's row lock FOR UPDATE, so that nothing comes between these statements.
    """
    of_upload = upload_blocks.c.upload == writer
    left = select(upload_blocks.c.block).where(of_upload)
    if content is not None:
        # Not "nobody has a chunk of it": another's chunk may be on its way out, and its candidate judged before us.
        left = left.where(
            ~exists().where(file_chunks.c.content == content, file_chunks.c.block == upload_blocks.c.block)
        )
    elif blocks:
        left = left.where(~any_of(connection, upload_blocks.c.block, blocks))
    connection.execute(insert(candidates).from_select(["block"], left))
    staged = select(upload_contents.c.content).where(upload_contents.c.upload == writer)
    if content is not None:
        staged = staged.where(upload_contents.c.content != content)
    connection.execute(insert(candidates).from_select(["content"], staged))
    connection.execute(delete(upload_blocks).where(of_upload))
    connection.execute(delete(upload_contents).where(upload_contents.c.upload == writer))
    if not keep_plan:
        connection.execute(delete(upload_chunks).where(upload_chunks.c.upload == writer))


def end_upload(connection: Connection, writer: int, state: UploadState, *, keep_plan: bool = False) -> None:
    """Under the upload's lock: what it held becomes collectable."""
    let_go(connection, writer, keep_plan=keep_plan)
    ended = {"state": state.value, "active_at": now(connection)}
    connection.execute(update(uploads).where(uploads.c.writer == writer).values(ended))


def let_go_all(connection: Connection, taken: Mapping[int, Sequence[tuple[bytes, int]]]) -> None:
    """As `let_go`, of uploads by their writers, with the (block, size) that each one's content took; none has staged contents taken."""
    if not taken:
        return
    ids = list(taken)
    held = select(upload_blocks.c.upload, upload_blocks.c.block).where(any_of(connection, upload_blocks.c.upload, ids))
    kept = {writer: {block for block, _ in chunks} for writer, chunks in taken.items()}
    left = {row.block for row in connection.execute(held) if row.block not in kept[row.upload]}
    insert_rows(connection, candidates, [{"block": block} for block in left])
    staged = select(upload_contents.c.content).where(any_of(connection, upload_contents.c.upload, ids))
    connection.execute(insert(candidates).from_select(["content"], staged))
    for table in (upload_blocks, upload_contents, upload_chunks):
        connection.execute(delete(table).where(any_of(connection, table.c.upload, ids)))


def target_text(target: Target | None) -> str | None:
    if target is None:
        return None
    document = {name: getattr(target, name) for name in Target.__slots__}
    return orjson.dumps(document | {"tags": None if target.tags is None else dict(target.tags)}).decode()


def target_from(text: str | None) -> Target | None:
    if text is None:
        return None
    document = orjson.loads(text)
    moment = document["modified_at"]
    return Target(
        **document | {"modified_at": moment and datetime.fromisoformat(moment), "kind": Kind(document["kind"])}
    )


def precondition_text(precondition: Precondition) -> str:
    return orjson.dumps({name: getattr(precondition, name) for name in Precondition.__slots__}).decode()


def precondition_from(text: str) -> Precondition:
    document = orjson.loads(text)
    base = document.get("base_version")
    return Precondition(
        document.get("has_base", False),
        UUID(base) if base else None,
        tuple(document.get("if_match", ())),
        tuple(document.get("if_none_match", ())),
    )
