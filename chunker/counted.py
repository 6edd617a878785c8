"""How much of what people mean to upload is stored already: deduplication's hits."""

from collections.abc import Sequence

from prometheus_client import Counter

from foundation.blocks import BlockId
from foundation.measures import PROCESS
from metadata import Chunk

_CHUNKS = Counter(
    "cairn_planned_chunks", "Different chunks of plans, by whether they must be sent", ["result"], registry=PROCESS
)
_BYTES = Counter(
    "cairn_planned_bytes", "Bytes of these chunks, by whether they must be sent", ["result"], registry=PROCESS
)


def count_planned(chunks: Sequence[Chunk], missing: Sequence[BlockId]) -> None:
    """Each different chunk of a plan once. What a repeated request plans is counted again."""
    sizes = {chunk.id: chunk.size for chunk in chunks}
    sent = sum(sizes.get(id, 0) for id in missing)
    _CHUNKS.labels("missing").inc(len(missing))
    _CHUNKS.labels("held").inc(max(0, len(sizes) - len(missing)))
    _BYTES.labels("missing").inc(sent)
    _BYTES.labels("held").inc(sum(sizes.values()) - sent)
