"""Several blocks read at once, out of a store's way to read one."""

from collections.abc import Callable, Collection, Iterable

from block_storage.errors import BlockDamaged, BlockNotFound, CodecUnknown
from block_storage.seam import Block, Wanted
from foundation.blocks import BlockName

_Get = Callable[[BlockName, int], bytes]
_Each = Callable[[Callable[[Wanted], bytes | None], Collection[Wanted]], Iterable[bytes | None]]


def right_ones(blocks: Collection[Wanted], get: _Get, each: _Each = map) -> dict[BlockName, Block]:
    """What `get` gives of `blocks`, without those that it has something to say of. `each`: how they are gone through.

    Raises StorageFailed.
    """

    def tried(block: Wanted) -> bytes | None:
        try:
            data = get(block.name, block.xxh3)
        except (BlockNotFound, BlockDamaged, CodecUnknown):
            return None
        return data if len(data) == block.size else None

    once = dict.fromkeys(blocks)
    found = zip(once, each(tried, once.keys()), strict=True)
    return {block.name: data for block, data in found if data is not None}
