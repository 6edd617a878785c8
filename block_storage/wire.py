"""What block storage's routes read."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, field_validator

from foundation.blocks import MAX_BLOCK_BYTES, MIB, BlockName
from foundation.problems import Invalid
from foundation.wire import Wire

MAX_NAMES = 5000
# Read back in one request.
MAX_PROVED_NAMES = 256
MAX_PROVED_BYTES = 32 * MIB
# Read in one request.
MAX_READ_NAMES = 1024
MAX_READ_BYTES = 8 * MIB

_Size = Annotated[int, Field(ge=0, le=MAX_BLOCK_BYTES)]
_Xxh3 = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class Looks(Wire):
    """Names and sizes in bytes."""

    blocks: Annotated[tuple[tuple[str, Annotated[int, Field(ge=0)]], ...], Field(max_length=MAX_NAMES)]


class Proved(Wire):
    """Names and sizes in bytes, together at most MAX_PROVED_BYTES."""

    blocks: Annotated[tuple[tuple[str, _Size], ...], Field(max_length=MAX_PROVED_NAMES)]

    @field_validator("blocks")
    @classmethod
    def _is_bounded(cls, blocks: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
        if sum(size for _, size in blocks) > MAX_PROVED_BYTES:
            raise ValueError(f"at most {MAX_PROVED_BYTES:,} bytes are read back at once")
        return blocks


class Reads(Wire):
    """Names, xxh3_64 in hexadecimal digits, and sizes in bytes, together at most MAX_READ_BYTES."""

    blocks: Annotated[tuple[tuple[str, _Xxh3, _Size], ...], Field(max_length=MAX_READ_NAMES)]

    @property
    def size(self) -> int:
        return sum(size for _, _, size in self.blocks)

    @field_validator("blocks")
    @classmethod
    def _is_bounded(cls, blocks: tuple[tuple[str, str, int], ...]) -> tuple[tuple[str, str, int], ...]:
        if sum(size for _, _, size in blocks) > MAX_READ_BYTES:
            raise ValueError(f"at most {MAX_READ_BYTES:,} bytes are read at once")
        return blocks


class Names(Wire):
    names: Annotated[tuple[str, ...], Field(max_length=MAX_NAMES)]


def names_from(field: str, texts: Sequence[str]) -> list[BlockName]:
    """Raises Invalid, which names `field`, unless each is a block's name."""
    try:
        return [BlockName.parse(text) for text in texts]
    except ValueError as error:
        raise Invalid(f"{field}: {error}", errors=[{"field": field, "message": str(error)}]) from error
