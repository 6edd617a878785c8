"""Files to this machine: blocks in parallel into a hidden file, checked, made durable, then moved to their place."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from client.batches import is_final, refusal
from client.bulk import GROUP_BYTES, GROUP_FILES, is_small, whole_files
from client.content import chunk_list, only_block, run_of_blocks
from client.crew import Crew
from client.errors import PartDamaged, ServerUnreachable
from client.model import Chunk, Refused, RemoteFile
from client.partial_file import PartialFile, make_folders, partial_file, sync_folder
from client.progress import Progress, Step
from foundation.problems import Problem

SPAN_CHUNKS = 32  # that travel in one answer


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file (or folder marker) and its place: `root`, then `names` below it."""

    file: RemoteFile
    root: Path
    names: tuple[str, ...]

    @property
    def target(self) -> Path:
        return self.root.joinpath(*self.names)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """`received_bytes` of the file's size had to travel; a copy that was broken off had left the rest."""

    file: RemoteFile
    target: Path
    received_bytes: int


def download_file(crew: Crew, file: RemoteFile, target: Path, progress: Progress) -> Downloaded:
    """Put the bytes of `file` at `target`, replacing what is there. Its folder must exist.

    Killed at any point it leaves what was at `target`, and a hidden part that the next call goes on with.
    Raises PartDamaged, AnswerInvalid, LocalTargetRefused and the server's problems.
    """
    with partial_file(target, file) as part:
        received = _received_one(crew, file, part) if file.num_chunks == 1 else _received(crew, file, part, progress)
        part.publish(file)
    if file.num_chunks == 1:
        progress.step(Step(bytes=file.size, moved_bytes=received))
    progress.step(Step(files=1))
    return Downloaded(file, target, received)


def _received_one(crew: Crew, file: RemoteFile, part: PartialFile) -> int:
    part.write(0, only_block(crew.connection, file))
    return file.size


def _received(crew: Crew, file: RemoteFile, part: PartialFile, progress: Progress) -> int:
    received = 0
    coming: deque[Future[int]] = deque()

    def take(span: Sequence[Chunk]) -> int:
        lacking = [chunk for chunk in span if not part.has(chunk)]
        moved = sum(chunk.size for chunk in lacking)
        progress.step(Step(bytes=sum(chunk.size for chunk in span) - moved))
        for run in _runs(lacking):
            for chunk, data in run_of_blocks(crew.connection, file, run):
                part.write(chunk.offset, data)
                progress.step(Step(bytes=chunk.size, moved_bytes=chunk.size))
        part.begin_to_settle(span[0].offset, span[-1].offset + span[-1].size - span[0].offset)
        return moved

    chunks = chunk_list(crew.connection, file)
    try:
        for start in range(0, len(chunks), SPAN_CHUNKS):
            coming.append(crew.send(take, chunks[start : start + SPAN_CHUNKS]))
            if len(coming) > 2 * crew.settings.jobs:
                received += coming.popleft().result()
        while coming:
            received += coming.popleft().result()
    finally:
        _settle(coming)
    return received


def _runs(chunks: Sequence[Chunk]) -> Iterator[list[Chunk]]:
    """`chunks` as stretches without a gap."""
    run: list[Chunk] = []
    for chunk in chunks:
        if run and chunk.index != run[-1].index + 1:
            yield run
            run = []
        run.append(chunk)
    if run:
        yield run


def _settle(coming: Iterable[Future[Any]]) -> None:
    """Wait for what is running: it must not write into the part's descriptor after that is closed."""
    running = [future for future in coming if not future.cancel()]
    for future in running:
        future.exception()


def download_many(crew: Crew, files: Iterable[Wanted], progress: Progress) -> Iterator[Downloaded | Refused]:
    """Every one of `files` by itself, small ones in groups; what cannot be had is Refused, and the others go on.

    Raises what would stop all of them: the server cannot be reached, or no longer lets the caller in.
    """
    folders: set[Path] = set()
    running: deque[Future[list[Downloaded | Refused]]] = deque()
    try:
        for group in _groups(files, folders, progress):
            if isinstance(group, Refused):
                yield group
            elif group[0].file.num_chunks > 1:  # Parallel in itself, and it would wait for its own threads there.
                yield _one(crew, group[0], progress)
            else:
                running.append(crew.send(_several, crew, group, progress))
            while len(running) > 2 * crew.settings.jobs:
                yield from running.popleft().result()
        while running:
            yield from running.popleft().result()
    finally:
        _settle(running)
    for folder in folders:
        sync_folder(folder)


def _groups(files: Iterable[Wanted], folders: set[Path], progress: Progress) -> Iterator[list[Wanted] | Refused]:
    """What is to be had together, its folders made; a file that is not small by itself."""
    group: list[Wanted] = []
    size = 0
    for wanted in files:
        folder = _prepared(wanted, folders)
        if isinstance(folder, Refused):
            yield folder
        elif wanted.file.is_folder:
            progress.step(Step(files=1))
        elif not is_small(wanted.file):
            yield [wanted]
        else:
            if group and (len(group) == GROUP_FILES or size + wanted.file.size > GROUP_BYTES):
                yield group
                group, size = [], 0
            group.append(wanted)
            size += wanted.file.size
    if group:
        yield group


def _prepared(wanted: Wanted, made: set[Path]) -> Path | Refused:
    """The folder that the file goes to, made once."""
    names = wanted.names if wanted.file.is_folder else wanted.names[:-1]
    folder = wanted.root.joinpath(*names)
    if folder not in made:
        try:
            make_folders(wanted.root, names)
        except Problem as problem:
            return refusal(str(folder), problem)
        made.add(folder)
    return folder


def _several(crew: Crew, group: Sequence[Wanted], progress: Progress) -> list[Downloaded | Refused]:
    """A group in one answer; what is not in it, or not as it should be, one by one, where it is retried and has a name."""
    left = list(group)
    made: list[Downloaded | Refused] = []
    if len(group) > 1:
        contents = whole_files(crew.connection, [wanted.file for wanted in group])
        others = []
        with suppress(ServerUnreachable), closing(contents):
            for data in contents:
                wanted = left.pop(0)
                if data is None:
                    others.append(wanted)
                else:
                    made.append(_placed(wanted, data, progress))
        left = others + left
    return made + [_one(crew, wanted, progress) for wanted in left]


def _placed(wanted: Wanted, data: bytes, progress: Progress) -> Downloaded | Refused:
    try:
        with partial_file(wanted.target, wanted.file) as part:
            part.write(0, data)
            part.publish(wanted.file)
    except Problem as problem:
        return refusal(str(wanted.target), problem)
    progress.step(Step(files=1, bytes=len(data), moved_bytes=len(data)))
    return Downloaded(wanted.file, wanted.target, len(data))


def _one(crew: Crew, wanted: Wanted, progress: Progress) -> Downloaded | Refused:
    try:
        return download_file(crew, wanted.file, wanted.target, progress)
    except Problem as problem:
        # Damage and nonsense are this file's alone, whatever their status.
        if is_final(problem) and not isinstance(problem, PartDamaged) and problem.slug != "answer-invalid":
            raise
        return refusal(str(wanted.target), problem)
