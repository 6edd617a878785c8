"""Many small files: read whole, sent in shared bodies, published up to 1,000 at once, several groups at a time."""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from client.addresses import path_fault
from client.answers import checked, ids_from
from client.commits import open_upload, results
from client.crew import Crew
from client.errors import AnswerInvalid, LocalFileChanged, LocalFileUnreadable
from client.frames import CutBlock, frames
from client.local_files import LocalFile, Stamp, read_blocks
from client.model import Bucket, Committed, Refused
from client.progress import Progress, Step
from client.upload import send_frame, upload_file
from foundation.blocks import BlockId
from foundation.problems import Problem

GROUP_FILES = 1000
_PLAN_CHUNKS = 10_000
_COMMIT_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Ready:
    """A file in memory; a folder without `stamp`."""

    file: LocalFile
    stamp: Stamp | None
    blocks: Sequence[CutBlock]

    @property
    def size(self) -> int:
        return sum(len(block.data) for block in self.blocks)

    def operation(self) -> dict[str, Any]:
        if self.stamp is None:
            return {"op": "folder", "path": self.file.path.removesuffix("/")}
        put: dict[str, Any] = {
            "op": "put",
            "path": self.file.path,
            "chunks": [{"id": block.id.hex(), "size": len(block.data)} for block in self.blocks],
            "executable": self.stamp.is_executable,
        }
        if self.stamp.modified_at:
            put["modified_at"] = self.stamp.modified_at
        return put


def upload_many(
    crew: Crew, bucket: Bucket, files: Iterable[LocalFile], progress: Progress
) -> Iterator[Committed | Refused]:
    """Publish every one of `files` by itself, in no particular order; what cannot be is Refused, and the others go on.

    Raises what would stop all of them: the server cannot be reached, or no longer lets the caller in.
    """
    running: deque[Future[list[Committed | Refused]]] = deque()
    large: list[LocalFile] = []
    try:
        for group in _groups(_small(files, large, crew.settings.small_file_bytes), crew.settings.group_bytes):
            running.append(crew.send(_upload_group, crew, bucket, group, progress))
            if len(running) > crew.settings.jobs:
                yield from running.popleft().result()
        while running:
            yield from running.popleft().result()
        for file in large:
            yield _upload_large(crew, bucket, file, progress)
    finally:
        for future in running:
            future.cancel()


def is_final(problem: Problem) -> bool:
    """Whether `problem` would meet every other file as well."""
    return problem.status in {401, 403} or problem.status >= 500 or problem.slug == "bucket-not-found"


def refusal(place: str, problem: Problem) -> Refused:
    return Refused(place, problem.slug, str(problem))


def _small(files: Iterable[LocalFile], large: list[LocalFile], most: int) -> Iterator[LocalFile]:
    for file in files:
        if file.stamp and file.stamp.size > most:
            large.append(file)
        else:
            yield file


def _groups(files: Iterable[LocalFile], group_bytes: int) -> Iterator[list[LocalFile]]:
    group: list[LocalFile] = []
    size = 0
    for file in files:
        file_size = file.stamp.size if file.stamp else 0
        if group and (len(group) == GROUP_FILES or size + file_size > group_bytes):
            yield group
            group, size = [], 0
        group.append(file)
        size += file_size
    if group:
        yield group


def _upload_large(crew: Crew, bucket: Bucket, file: LocalFile, progress: Progress) -> Committed | Refused:
    fault = path_fault(file.path)
    if fault:
        return Refused(file.place, "address-invalid", fault)
    try:
        made = upload_file(crew, bucket, file, progress)
    except Problem as problem:
        if is_final(problem):
            raise
        return refusal(file.place, problem)
    progress.step(Step(files=1))
    return made


def _upload_group(
    crew: Crew, bucket: Bucket, group: Sequence[LocalFile], progress: Progress
) -> list[Committed | Refused]:
    ready: list[_Ready] = []
    refused: list[Committed | Refused] = []
    for file in group:
        read = _read(file, bucket)
        if isinstance(read, Refused):
            refused.append(read)
        else:
            ready.append(read)
    if not ready:
        return refused
    return refused + _Group(crew, bucket, progress).publish(ready)


def _read(file: LocalFile, bucket: Bucket) -> _Ready | Refused:
    fault = path_fault(file.path)
    if fault:
        return Refused(file.place, "address-invalid", fault)
    if file.stamp is None:
        return _Ready(file, None, ())
    try:
        stamp, blocks = read_blocks(file.place, bucket.chunking)
    except (LocalFileChanged, LocalFileUnreadable) as problem:
        return refusal(file.place, problem)
    return _Ready(file, stamp, blocks)


class _Group:
    """One upload without a path, and the one commit that publishes from it."""

    def __init__(self, crew: Crew, bucket: Bucket, progress: Progress) -> None:
        self._crew = crew
        self._bucket = bucket
        self._progress = progress
        self._blocks: dict[BlockId, CutBlock] = {}
        self._sent: set[BlockId] = set()

    def publish(self, ready: Sequence[_Ready]) -> list[Committed | Refused]:
        self._blocks = {block.id: block for one in ready for block in one.blocks}
        upload_id, missing = self._open()
        self._send(upload_id, missing)
        held = sum(one.size for one in ready) - sum(len(self._blocks[id].data) for id in missing)
        self._progress.step(Step(bytes=held))
        refused: list[Committed | Refused] = []
        for _ in range(_COMMIT_TRIES):
            if not ready:
                return refused
            try:
                answer = self._commit(upload_id, ready)
            except Problem as problem:
                ready, conflicting = self._after(problem, upload_id, ready)
                refused += conflicting
                continue
            self._progress.step(Step(files=len(ready)))
            return refused + self._made(answer, ready)
        raise AnswerInvalid("the server finds something new to refuse again and again")

    def _open(self) -> tuple[str, set[BlockId]]:
        chunks = [{"id": block.id.hex(), "size": len(block.data)} for block in self._blocks.values()]
        upload_id = open_upload(self._crew.connection)
        missing: set[BlockId] = set()
        for first in range(0, len(chunks), _PLAN_CHUNKS):
            missing |= self._plan(upload_id, first, chunks[first : first + _PLAN_CHUNKS])
        if not missing <= self._blocks.keys():
            raise AnswerInvalid("the server asks for blocks that it was not told of")
        return upload_id, missing

    def _plan(self, upload_id: str, first_index: int, chunks: Sequence[Mapping[str, Any]]) -> set[BlockId]:
        """Which of `chunks` must be sent."""
        page = {"first_index": first_index, "chunks": chunks}
        return checked(ids_from, self._crew.connection.ask("PATCH", f"/uploads/{upload_id}", page))

    def _send(self, upload_id: str, ids: Iterable[BlockId]) -> None:
        wanted = [self._blocks[id] for id in ids]
        for frame in frames(wanted, self._crew.settings.frame_bytes):
            send_frame(self._crew.connection, upload_id, frame, self._progress)
        self._sent |= {block.id for block in wanted}

    def _commit(self, upload_id: str, ready: Sequence[_Ready]) -> Any:
        operations = [one.operation() for one in ready]
        body = {"upload_id": upload_id, "operations": operations}
        return self._crew.connection.ask("POST", f"/buckets/{self._bucket.id}/commits", body)

    def _after(
        self, problem: Problem, upload_id: str, ready: Sequence[_Ready]
    ) -> tuple[Sequence[_Ready], list[Refused]]:
        """What to commit instead, and what is left out of it. Raises `problem` if it names nothing that can be done."""
        if problem.slug == "blocks-missing":
            missing = checked(ids_from, problem.members)
            if not missing or not missing <= self._blocks.keys():
                raise problem
            self._send(upload_id, missing)
            return ready, []
        conflicts = problem.members.get("conflicts")
        if not conflicts:
            raise problem
        reasons = checked(lambda found: {one["operation"]: one for one in found}, conflicts)
        left = [one for index, one in enumerate(ready) if index not in reasons]
        if len(left) == len(ready):
            raise problem
        return left, [_conflict(one, reasons[index]) for index, one in enumerate(ready) if index in reasons]

    def _made(self, answer: Any, ready: Sequence[_Ready]) -> list[Committed | Refused]:
        made = checked(lambda document: results(document, len(ready)), answer)
        return [
            checked(lambda result, one=one: self._one(result, one), result)  # type: ignore[misc]
            for result, one in zip(made, ready, strict=True)
            if one.stamp
        ]

    def _one(self, result: Mapping[str, Any], one: _Ready) -> Committed:
        content_hash = hashlib.sha256(b"".join(block.id for block in one.blocks)).hexdigest()
        if result["content_hash"] != content_hash:
            raise ValueError(f"other bytes were committed than {one.file.place!r} has")
        sent = sum(len(block.data) for block in one.blocks if block.id in self._sent)
        return Committed(
            self._bucket.id, one.file.path, result["file_id"], result["version_id"], one.size, content_hash, sent
        )


def _conflict(one: _Ready, conflict: Mapping[str, Any]) -> Refused:
    problem = conflict.get("problem")
    if isinstance(problem, dict):
        slug = str(problem.get("type", "")).rpartition(":")[2]
        return Refused(one.file.place, slug or "refused", str(problem.get("detail") or problem.get("title") or slug))
    return Refused(one.file.place, str(problem or "refused"), str(conflict.get("detail") or problem or "refused"))
