"""Which blocks of the versions under verification are read, which only looked at, and which were looked at a moment ago."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from foundation.blocks import BlockName
from metadata import BlockState, Job, JobChunk, RegisteredBlock
from sync.examination import Examination, Sight

# Many files of one block follow each other: its bytes were there a moment ago.
LATELY = timedelta(minutes=10)


def must_be_read(chunk: JobChunk, reads_since: datetime | None) -> bool:
    """Never read since it was registered, not whole when it was last looked at, or somebody asked for a new proof."""
    if chunk.verified_at is None or chunk.state is not BlockState.STORED:
        return True
    return reads_since is not None and chunk.verified_at < reads_since


def was_seen_lately(chunk: JobChunk, moment: datetime) -> bool:
    return any(seen and seen > moment - LATELY for seen in (chunk.checked_at, chunk.verified_at))


class Looking:
    def __init__(self, examination: Examination, clock: Callable[[], datetime]) -> None:
        """`clock`: the database's."""
        self._examination, self._clock = examination, clock

    def at(self, wanted: Iterable[tuple[Job, JobChunk]]) -> Mapping[BlockName, Sight]:
        """One sight for each block, however many chunks it is of. Raises what the catalogue raises."""
        moment = self._clock()
        sights: dict[BlockName, Sight] = {}
        to_read: dict[BlockName, RegisteredBlock] = {}
        to_look_at: dict[BlockName, RegisteredBlock] = {}
        for job, chunk in wanted:
            if must_be_read(chunk, job.reads_since):
                to_read[chunk.name] = _block(chunk)
            elif was_seen_lately(chunk, moment):
                sights[chunk.name] = Sight(BlockState.STORED, is_read=False)
            else:
                to_look_at[chunk.name] = _block(chunk)
        others = [block for name, block in to_look_at.items() if name not in to_read]
        return sights | self._examination.examine(list(to_read.values()), others)


def _block(chunk: JobChunk) -> RegisteredBlock:
    return RegisteredBlock(chunk.name, chunk.stored_size, chunk.xxh3, chunk.state)
