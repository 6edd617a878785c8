"""The content address of a block, and the physical names its bytes lie under (docs/format.md)."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

MIB = 1024 * 1024
MAX_BLOCK_BYTES = 4 * MIB

_NAME = re.compile(r"([0-9a-f]{64})\.(0|[1-9][0-9]{0,18})-([0-9a-f]{16})(?:\.([a-z0-9]{1,16}))?")
_ID = re.compile(r"[0-9a-f]{64}")


class Chunking(StrEnum):
    """How a bucket's files are cut into blocks (chunker.cutting)."""

    FIXED = "fixed"
    FASTCDC = "fastcdc"


class BlockId(bytes):
    """SHA-256 of a block's plain bytes: 32 bytes, 64 lower-case hex digits as text."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError unless `text` is 64 lower-case hex digits."""
        if not _ID.fullmatch(text):
            raise ValueError("a block id is 64 lower-case hex digits")
        return cls(bytes.fromhex(text))

    @classmethod
    def of(cls, data: bytes | bytearray | memoryview) -> Self:
        return cls(hashlib.sha256(data).digest())

    def __str__(self) -> str:
        return self.hex()

    def __repr__(self) -> str:
        return f"BlockId({self.hex()})"


@dataclass(frozen=True, slots=True, order=True)
class BlockName:
    """`<sha256>.<writer>-<nonce>[.<codec>]`: where the bytes of one received block lie. Never used twice (docs/format.md)."""

    id: BlockId
    writer: int
    nonce: str
    codec: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for anything that is not a name, other spellings of one included."""
        found = _NAME.fullmatch(text)
        if not found:
            raise ValueError("a block name is <sha256>.<writer>-<nonce>[.<codec>]")
        id, writer, nonce, codec = found.groups()
        return cls(BlockId(bytes.fromhex(id)), int(writer), nonce, codec)

    @classmethod
    def new(cls, id: BlockId, writer: int) -> Self:
        """A name nobody has used: 64 random bits keep a late register or a repeated put from hitting another's bytes."""
        return cls(id, writer, secrets.token_hex(8))

    def __str__(self) -> str:
        text = f"{self.id.hex()}.{self.writer}-{self.nonce}"
        return f"{text}.{self.codec}" if self.codec else text
