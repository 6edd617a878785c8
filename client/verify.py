"""Everything in a place, read and hashed: what the server holds is what was put there, or its name is told."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass

from client.content import block, chunk_list, only_block
from client.crew import Crew
from client.errors import AnswerInvalid, PartDamaged
from client.model import Chunk, Damage, RemoteFile, Verified
from client.progress import Progress, Step


def verify(crew: Crew, bucket: str, files: Iterable[RemoteFile], progress: Progress) -> Verified:
    """Fetch each distinct block of `files` once and hash it; a damaged one is told of every file that has it.

    Raises the server's problems if something could not be asked: only bytes that were read are called good or bad.
    """
    return _Verification(crew, bucket, progress).of(files)


@dataclass(frozen=True, slots=True)
class _Use:
    """A block's place in a file; `looking` where nobody looked at the block before."""

    file: RemoteFile
    index: int
    block: bytes | str
    looking: "Future[tuple[int, str | None]] | None"


class _Verification:
    def __init__(self, crew: Crew, bucket: str, progress: Progress) -> None:
        self._crew = crew
        self._bucket = bucket
        self._progress = progress
        self._seen: set[bytes | str] = (
            set()
        )  # ids of blocks; of a file of one chunk its content hash, which says as much
        self._bad: dict[bytes | str, str] = {}
        self._uses: deque[_Use] = deque()
        self._damaged: list[Damage] = []
        self._bytes = 0

    def of(self, files: Iterable[RemoteFile]) -> Verified:
        count = 0
        try:
            for file in files:
                count += 1
                self._file(file)
                self._progress.step(Step(files=1))
            self._judge(0)
        finally:
            for use in self._uses:
                if use.looking:
                    use.looking.cancel()
        return Verified(count, len(self._seen), self._bytes, tuple(self._damaged))

    def _file(self, file: RemoteFile) -> None:
        if file.num_chunks == 1:
            self._use(file, 0, file.content_hash, None)
            return
        try:
            chunks = chunk_list(self._crew.connection, file)
        except AnswerInvalid as problem:
            self._damaged.append(Damage(self._bucket, file.path, None, str(problem)))
            return
        for chunk in chunks:
            self._use(file, chunk.index, chunk.id, chunk)

    def _use(self, file: RemoteFile, index: int, key: bytes | str, chunk: Chunk | None) -> None:
        is_new = key not in self._seen
        self._seen.add(key)
        self._uses.append(_Use(file, index, key, self._crew.send(self._look, file, chunk) if is_new else None))
        self._judge(4 * self._crew.settings.jobs)

    def _look(self, file: RemoteFile, chunk: Chunk | None) -> tuple[int, str | None]:
        """Bytes that were good, or why they are not."""
        try:
            data = block(self._crew.connection, file, chunk) if chunk else only_block(self._crew.connection, file)
        except (PartDamaged, AnswerInvalid) as problem:
            return 0, str(problem.members.get("reason", problem))
        self._progress.step(Step(bytes=len(data), moved_bytes=len(data)))
        return len(data), None

    def _judge(self, most: int) -> None:
        """Judge the oldest uses until `most` are left. A block's first use is judged before its others."""
        while len(self._uses) > most:
            use = self._uses.popleft()
            if use.looking:
                size, reason = use.looking.result()
                self._bytes += size
                if reason:
                    self._bad[use.block] = reason
            if use.block in self._bad:
                self._damaged.append(Damage(self._bucket, use.file.path, use.index, self._bad[use.block]))
