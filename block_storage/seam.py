"""The seam: what every block store promises, whatever the medium."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from block_storage.errors import BlockCorrupt
from foundation.blocks import BlockName


class Presence(StrEnum):
    """What a look at every copy of a name shows."""

    PRESENT = "present"
    DEGRADED = "degraded"  # at least one copy is right in size, at least one is not
    WRONG_SIZE = "wrong-size"
    MISSING = "missing"
    UNKNOWN = "unknown"  # the store is down: nothing follows from it


class Health(StrEnum):
    """What reading every copy of a name showed."""

    WHOLE = "whole"  # every copy hashes right, those that did not were written again
    PARTIAL = "partial"  # a copy hashes right, another does not and could not be written again
    DAMAGED = "damaged"  # something lies there, and no copy hashes right
    MISSING = "missing"  # no copy has anything
    UNKNOWN = "unknown"  # the store, or a copy that may be the right one, cannot be read now: nothing follows from it


@dataclass(frozen=True, slots=True)
class Proof:
    """`note`: what was wrong and what was done, for people: "copy 2 was damaged, written again from copy 1"; "" for nothing."""

    health: Health
    note: str = ""
    mended_copies: int = 0


Block = bytes | memoryview


class Wanted(NamedTuple):
    """A block to be read: `size` in bytes; its bytes are those whose xxh3_64 is `xxh3`."""

    name: BlockName
    xxh3: int
    size: int


class BlockStore(Protocol):
    """Bytes under names that are never used twice. Synchronous, thread-safe, bounded memory.

    Every method may raise StorageFailed (the medium or network fails; safe to repeat). All but none are idempotent:
    putting a name again is harmless, deleting what is not there is fine. Any of them may run at the same time as any other.
    """

    def put(self, name: BlockName, data: bytes | bytearray | memoryview) -> None:
        """Store `data`, 1 to MAX_BLOCK_BYTES bytes, durable on every copy on return.

        Raises BlockCorrupt, and stores nothing, if its SHA-256 is not `name.id`; StorageFull; CodecUnknown.
        """

    def put_many(self, blocks: Sequence[tuple[BlockName, bytes | bytearray | memoryview]]) -> list[BlockCorrupt | None]:
        """Store several, durable on every copy on return, at the cost of few syncs. What is not its id's bytes is not stored, and its
        BlockCorrupt stands in its place. Any other failure is raised, and then each of them is stored or not stored, never half."""

    def get(self, name: BlockName, xxh3: int) -> bytes:
        """The bytes whose xxh3_64 is `xxh3`; a copy that differs or cannot be read is passed over.

        Where one copy was bad and another is right by SHA-256, the bad one is rewritten. Raises BlockNotFound if no copy has
        the name, BlockDamaged if some have it and none is right, CodecUnknown.
        """

    def get_many(self, blocks: Collection[Wanted]) -> dict[BlockName, Block]:
        """The bytes of those of `blocks` that are right, at the cost of few round trips.

        What is not among them, `get` is to be asked for: it says why, and heals.
        """

    def check(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Presence]:
        """Look at every copy of each (name, size in bytes) by stat or HEAD, never from an index. Does not raise: UNKNOWN while the
        store is down."""

    def prove(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Proof]:
        """Read every copy of each (name, size in bytes) from the medium itself and hash it, a few blocks at a time.

        A copy that is not right is written again from one that hashes right at that moment; what is erased meanwhile does not come
        back. Where none is right, wrong bytes that were read twice may be set aside; nothing is erased. Does not raise: UNKNOWN,
        which changes nothing, while the store is down, and for codecs that are not known.
        """

    def delete(self, names: Collection[BlockName]) -> None:
        """Erase every copy of each name, durably. Missing ones are fine."""

    def list(self, after: BlockName | None = None, limit: int = 1000) -> list[BlockName]:
        """At most `limit` names in the order of their text, beginning behind `after`. Files of any other form are not told of."""

    def read_meta(self, key: str) -> bytes:
        """The last bytes that `replace_meta` was given. Raises BlockNotFound."""

    def replace_meta(self, key: str, data: bytes) -> None:
        """Durable and atomic: a reader sees the old or the new bytes. `key`: segments of [a-z0-9._-] joined by `/`, 1 to 200 characters,
        no segment `.` or `..`; ValueError for others, here and in the other meta methods. Raises StorageFull."""

    def list_meta(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin with `prefix`, in order."""

    def delete_meta(self, key: str) -> None:
        """Missing ones are fine."""

    def ready(self) -> None:
        """Return if a put would find its medium there and writable; else raise StorageFailed, which says what is wrong. One cheap look."""

    def close(self) -> None:
        """Give up locks and connections; the store is not used afterwards. Closing twice is fine."""
