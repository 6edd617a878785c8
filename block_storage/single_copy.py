"""Reading back from a medium that keeps one copy, as far as its user can see."""

import threading
import time
from collections.abc import Callable

from block_storage.checksums import is_right_sha256
from block_storage.errors import BlockNotFound
from block_storage.proof_notes import CODEC_UNKNOWN, Copy, Look, proof
from block_storage.seam import Health, Proof
from foundation.blocks import BlockName

_MOST_FAILURES = 3


def proof_by_reading(name: BlockName, read: Callable[[], bytes]) -> Proof:
    """What `read`, which gives the block's bytes, shows. Raises what it raises, but for BlockNotFound."""
    if name.codec is not None:
        return CODEC_UNKNOWN
    try:
        for _ in range(2):  # The second look tells damage on the way from damage at rest.
            if is_right_sha256(name, read()):
                return Proof(Health.WHOLE)
    except BlockNotFound:
        return proof([Copy(Look.ABSENT)])
    return proof([Copy(Look.WRONG)])


class Outage:
    """Whether the store is down, as far as one call about many names has met it. Thread-safe.

    Thousands of names must not wait for one timeout each; nor may a single one that the store cannot serve hide all behind it.
    """

    def __init__(self, does_answer: Callable[[], bool], seconds: float) -> None:
        """A call that takes longer than `seconds` is one, too."""
        self._is_down = False
        self._does_answer = does_answer
        self._ends = time.monotonic() + seconds
        self._failures = 0
        self._lock = threading.Lock()

    @property
    def is_known(self) -> bool:
        return self._is_down or time.monotonic() > self._ends

    def failed(self) -> None:
        """One name was not served."""
        with self._lock:
            self._failures += 1
            is_enough = self._failures >= _MOST_FAILURES
        if is_enough or not self._does_answer():
            self._is_down = True
