"""One large file, native: cut, hashed, asked for and sent in windows that overlap, then committed at once."""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice

from chunker.cutting import cut_file
from client.answers import checked, ids_from, upload_id_from
from client.connection import Connection
from client.crew import Crew
from client.errors import AnswerInvalid, LocalFileChanged
from client.frames import CutBlock, frame_pieces, frame_size, frames
from client.local_files import LocalFile, Stamp, opened, read_block, stamp_of
from client.model import Bucket, Committed
from client.progress import Progress, Step
from foundation.blocks import BlockId
from foundation.problems import Problem

WINDOW_BLOCKS = 32
_COMMIT_TRIES = 5


@dataclass(slots=True)
class _Plan:
    """What has been read so far of a file that is being sent."""

    upload_id: str = ""
    sizes: list[int] = field(default_factory=list)
    ids: list[BlockId] = field(default_factory=list)
    asked: set[BlockId] = field(default_factory=set)
    size: int = 0
    sent_bytes: int = 0


def upload_file(crew: Crew, bucket: Bucket, file: LocalFile, progress: Progress) -> Committed:
    """Publish `file` as the new version at its path. Only blocks that the server asks for travel.

    Killed at any point it has published nothing, and what arrived is not asked for again for as long as the server
    keeps the open upload. Raises LocalFileChanged, LocalFileUnreadable and the server's problems.
    """
    for _ in range(2):
        with opened(file.place) as source:
            stamp = stamp_of(source)
            plan = _sent(crew, bucket, file, stamp, cut_file(source, bucket.chunking), progress)
            is_whole = stamp_of(source) == stamp and plan.size == stamp.size
        if is_whole:
            return _committed(crew, bucket, file, plan)
        if plan.upload_id:
            crew.connection.ask("DELETE", f"/uploads/{plan.upload_id}")
    raise LocalFileChanged(f"{file.place!r} changes while it is read")


def _sent(
    crew: Crew, bucket: Bucket, file: LocalFile, stamp: Stamp, blocks: Iterable[bytes | bytearray], progress: Progress
) -> _Plan:
    plan = _Plan()
    sending: deque[Future[int]] = deque()
    try:
        for window in _windows(crew, blocks):
            plan.size += sum(len(block.data) for block in window)
            if plan.size > stamp.size:
                break  # It grows under our eyes: never whole.
            missing = _plan_window(crew.connection, bucket, file, stamp, plan, window) - plan.asked
            plan.asked |= missing
            wanted = {block.id: block for block in window if block.id in missing}
            progress.step(Step(bytes=sum(len(block.data) for block in window if wanted.get(block.id) is not block)))
            for frame in frames(wanted.values(), crew.settings.frame_bytes):
                sending.append(crew.send(send_frame, crew.connection, plan.upload_id, frame, progress))
            while len(sending) > crew.settings.jobs + 1:  # Else a fast disk would fill the memory.
                plan.sent_bytes += sending.popleft().result()
        while sending:
            plan.sent_bytes += sending.popleft().result()
    finally:
        for future in sending:
            future.cancel()
    return plan


def _windows(crew: Crew, blocks: Iterable[bytes | bytearray]) -> Iterator[Sequence[CutBlock]]:
    """Blocks read here and hashed by the crew; at least one window, maybe an empty one."""
    rest = iter(blocks)
    is_first = True
    while window := [(data, crew.hash(BlockId.of, data)) for data in islice(rest, WINDOW_BLOCKS)]:
        yield [CutBlock(future.result(), data) for data, future in window]
        is_first = False
    if is_first:
        yield []


def _plan_window(
    connection: Connection, bucket: Bucket, file: LocalFile, stamp: Stamp, plan: _Plan, window: Sequence[CutBlock]
) -> set[BlockId]:
    """Tell the upload of these blocks, opening it with the first; which of them must be sent."""
    chunks = [{"id": block.id.hex(), "size": len(block.data)} for block in window]
    first_index = len(plan.sizes)
    plan.sizes += [len(block.data) for block in window]
    plan.ids += [block.id for block in window]
    if plan.upload_id:
        answer = connection.ask("PATCH", f"/uploads/{plan.upload_id}", {"first_index": first_index, "chunks": chunks})
        return checked(ids_from, answer)
    modified_at = {"modified_at": stamp.modified_at} if stamp.modified_at else {}
    target = {"bucket": bucket.id, "path": file.path, "size": stamp.size, "executable": stamp.is_executable}
    answer = connection.ask("POST", "/uploads", target | modified_at | {"chunks": chunks})
    plan.upload_id = checked(upload_id_from, answer)
    return checked(ids_from, answer)


def put_frame(connection: Connection, upload_id: str, frame: Sequence[CutBlock]) -> None:
    connection.put_blocks(f"/uploads/{upload_id}/chunks", lambda: frame_pieces(frame), frame_size(frame))


def send_frame(connection: Connection, upload_id: str, frame: Sequence[CutBlock], progress: Progress) -> int:
    """Send the blocks of one body; how many bytes they are."""
    put_frame(connection, upload_id, frame)
    size = sum(len(block.data) for block in frame)
    progress.step(Step(bytes=size, moved_bytes=size))
    return size


def _committed(crew: Crew, bucket: Bucket, file: LocalFile, plan: _Plan) -> Committed:
    """Publish. Blocks that were collected meanwhile (a dedup hit that lost the race) are read again and sent."""
    for _ in range(_COMMIT_TRIES):
        try:
            answer = crew.connection.ask("POST", f"/uploads/{plan.upload_id}/commit")
            break
        except Problem as problem:
            if problem.slug != "blocks-missing":
                raise
            _send_again(crew, file, plan, checked(ids_from, problem.members))
    else:
        raise AnswerInvalid("the server asks for the same blocks again and again")
    content_hash = hashlib.sha256(b"".join(plan.ids)).hexdigest()
    if checked(lambda made: made["content_hash"], answer) != content_hash:
        raise AnswerInvalid(f"the server committed other bytes than {file.place!r} has")
    return checked(
        lambda made: Committed(
            bucket_id=bucket.id,
            path=file.path,
            file_id=made["file_id"],
            version_id=made["version_id"],
            size=plan.size,
            content_hash=content_hash,
            sent_bytes=plan.sent_bytes,
        ),
        answer,
    )


def _send_again(crew: Crew, file: LocalFile, plan: _Plan, missing: set[BlockId]) -> None:
    offset = 0
    wanted: dict[BlockId, tuple[int, int]] = {}
    for id, size in zip(plan.ids, plan.sizes, strict=True):
        if id in missing:
            wanted[id] = (offset, size)
        offset += size
    if wanted.keys() != missing:
        raise AnswerInvalid("the server asks for blocks that the file does not have")
    for id, (start, size) in wanted.items():
        block = CutBlock(id, read_block(file.place, start, size))
        if BlockId.of(block.data) != id:
            raise LocalFileChanged(f"{file.place!r} changed before it was sent")
        put_frame(crew.connection, plan.upload_id, [block])
        plan.sent_bytes += size
