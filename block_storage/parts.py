"""What block storage's routes are made of."""

from dataclasses import dataclass, field

from block_storage.seam import BlockStore
from foundation.blocks import MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Of all requests of a process together. Who finds the memory spent waits, and is answered 503 after `wait_seconds`."""

    receive_bytes: int = 64 * MIB  # received and not yet stored
    read_bytes: int = 48 * MIB  # read and not yet sent
    wait_seconds: float = 10.0
    body_seconds: float = 60.0  # for a body to arrive, and for an answer to be taken
    store_threads: int = 16
    prove_threads: int = 2
    prove_seconds: float = 15.0  # for what one request reads back; the rest is left for another


@dataclass(frozen=True, slots=True)
class Parts:
    store: BlockStore
    limits: Limits = field(default_factory=Limits)
