"""Limits on signing in: a sliding window of failures per account and address, and one per address."""

import ipaddress
import math
import threading
from collections import OrderedDict, deque
from collections.abc import Callable

from identity.errors import TooManyAttempts

WINDOW_SECONDS = 900.0
PER_ACCOUNT = 10  # for one address: nobody can lock a person out from elsewhere
PER_ADDRESS = 100
MAX_ENTRIES = 20_000


class Attempts:
    """Counts attempts in this process's memory, bounded: where it is full, the longest untouched is forgotten. Thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: seconds that never go back."""
        self._clock = clock
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def __len__(self) -> int:
        """How many accounts and addresses are kept in mind."""
        return len(self._made)

    def begin(self, account: str, address: str) -> None:
        """Count an attempt before it is looked at, so that a thousand at once are not all looked at.

        Raises TooManyAttempts, and counts nothing, if there were too many.
        """
        network = _network(address)
        limits = {(account, network): PER_ACCOUNT, ("", network): PER_ADDRESS}
        with self._lock:
            now = self._clock()
            wait = max(self._wait(key, allowed, now) for key, allowed in limits.items())
            if wait > 0:
                seconds = math.ceil(wait)
                raise TooManyAttempts(f"Try again in {seconds} seconds.", retry_after_seconds=seconds)
            for key in limits:
                self._made.setdefault(key, deque()).append(now)
                self._made.move_to_end(key)
            while len(self._made) > MAX_ENTRIES:
                self._made.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """The person proved who they are: their mistakes from this address, and this attempt, no longer count."""
        network = _network(address)
        with self._lock:
            self._made.pop((account, network), None)
            if made := self._made.get(("", network)):
                made.pop()

    def _wait(self, key: tuple[str, str], allowed: int, now: float) -> float:
        """Seconds until one more is allowed; 0 now."""
        made = self._made.get(key, deque())
        while made and now - made[0] >= WINDOW_SECONDS:
            made.popleft()
        return made[0] + WINDOW_SECONDS - now if len(made) >= allowed else 0


def _network(address: str) -> str:
    """An IPv6 customer has 2^64 addresses and more: they count as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
