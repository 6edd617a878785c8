"""UUIDv7 (RFC 9562, section 5.7): ids that sort by the time they were made."""

import os
import time
from uuid import UUID

_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


def new_id() -> UUID:
    milliseconds = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(10)) >> 6
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (noise >> 62) << 64 | 0b10 << 62 | noise & (1 << 62) - 1)


def new_hexes(number: int) -> list[str]:
    """Many of the same moment, as 32 digits, in ascending order: an index takes them at its end."""
    noise, first = os.urandom(10 * number).hex(), f"{time.time_ns() // 1_000_000:012x}7"
    # 3 digits of noise, the variant's two bits with two of noise, 15 digits of noise.
    return sorted(
        f"{first}{noise[at : at + 3]}{_VARIANT[noise[at + 3]]}{noise[at + 4 : at + 19]}"
        for at in range(0, 20 * number, 20)
    )
