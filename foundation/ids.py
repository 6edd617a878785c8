"""UUIDv7 (RFC 9562, section 5.7): ids that sort by the time they were made."""

import os
import time
from uuid import UUID


def new_id() -> UUID:
    milliseconds = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(10)) >> 6
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (noise >> 62) << 64 | 0b10 << 62 | noise & (1 << 62) - 1)


def new_ids(number: int) -> list[UUID]:
    """Many of the same moment, for one call of the system's randomness."""
    milliseconds, noise = time.time_ns() // 1_000_000, os.urandom(10 * number)
    first = milliseconds << 80 | 0x7 << 76 | 0b10 << 62
    found = []
    for place in range(0, 10 * number, 10):
        bits = int.from_bytes(noise[place : place + 10]) >> 6
        found.append(UUID(int=first | (bits >> 62) << 64 | bits & (1 << 62) - 1))
    return found
