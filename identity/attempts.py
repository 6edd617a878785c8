"""Limits on guessing passwords: delays that grow with what was tried, and that nobody can bring upon somebody else.

A browser that signed in before has a count of its own, whatever goes on elsewhere. Everybody else is counted by account and network;
all of them together, for one account, are held to a try a minute once a hundred have failed (NIST SP 800-63B, 5.2.2): whoever guesses from
a thousand networks gains nothing, and can only make the person's *new* devices wait.
"""

import ipaddress
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from identity.errors import TooManyAttempts

QUIET_SECONDS = 3600.0  # A count is forgotten when it was not added to for so long.
MAX_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries at once, then one after `first_seconds`, the next after twice as long, up to `longest_seconds`."""

    free: int
    first_seconds: float
    longest_seconds: float

    def wait_after(self, tries: int) -> float:
        """Seconds from the last of `tries` to the next."""
        if tries < self.free:
            return 0
        return min(self.first_seconds * 2.0 ** min(tries - self.free, 30), self.longest_seconds)


PER_NETWORK_AND_ACCOUNT = Limit(free=10, first_seconds=60, longest_seconds=900)
PER_KNOWN_BROWSER = PER_NETWORK_AND_ACCOUNT
PER_ACCOUNT = Limit(free=100, first_seconds=1, longest_seconds=60)
PER_NETWORK = Limit(
    free=100, first_seconds=1, longest_seconds=60
)  # whatever the accounts: a whole office may sit behind it
REGISTRATIONS = Limit(free=100, first_seconds=1, longest_seconds=60)  # by network
DEVICE_CODES = REGISTRATIONS

_Key = tuple[str, str, str]  # what is counted, and of whom


@dataclass(frozen=True, slots=True)
class Guess:
    """An attempt that is being looked at, and what it counts for: first what is the person's own if they succeed."""

    keys: tuple[_Key, ...]


@dataclass(frozen=True, slots=True)
class _Count:
    tries: int
    last: float


class Attempts:
    """Counts attempts in this process's memory, bounded: where it is full, the longest untouched is forgotten. Thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: seconds that never go back."""
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: OrderedDict[_Key, _Count] = OrderedDict()

    def __len__(self) -> int:
        """How many accounts, networks and browsers are kept in mind."""
        return len(self._counts)

    def begin(self, account: str, address: str, known: str | None = None) -> Guess:
        """Count an attempt before it is looked at, so that a thousand at once are not all looked at.

        `known`: what names a browser in which `account` signed in before. Raises TooManyAttempts, and counts nothing, if there were
        too many.
        """
        if known is not None:
            return self._begin({("browser", known, ""): PER_KNOWN_BROWSER})
        network = network_of(address)
        return self._begin(
            {
                ("account", account, network): PER_NETWORK_AND_ACCOUNT,
                ("account", account, ""): PER_ACCOUNT,
                ("network", network, ""): PER_NETWORK,
            }
        )

    def begin_registration(self, address: str) -> None:
        """As `begin`, of somebody who wants an account."""
        self._begin({("registration", network_of(address), ""): REGISTRATIONS})

    def begin_device_code(self, address: str) -> None:
        """As `begin`, of a program that wants a code: there is room for so many, and nobody may take it all."""
        self._begin({("device code", network_of(address), ""): DEVICE_CODES})

    def succeeded(self, guess: Guess) -> None:
        """The person proved who they are: their mistakes from there are forgotten, and this attempt was none.

        What others tried for the account stays counted: they did not prove anything.
        """
        with self._lock:
            own, *shared = guess.keys
            self._counts.pop(own, None)
            for key in shared:
                if count := self._counts.get(key):
                    self._counts[key] = replace(count, tries=max(0, count.tries - 1))

    def _begin(self, limits: dict[_Key, Limit]) -> Guess:
        with self._lock:
            now = self._clock()
            wait = max(self._wait(key, limit, now) for key, limit in limits.items())
            if wait > 0:
                raise TooManyAttempts(_told(wait), retry_after_seconds=math.ceil(wait))
            for key in limits:
                count = self._counts.get(key)
                self._counts[key] = _Count(count.tries + 1 if count else 1, now)
                self._counts.move_to_end(key)
            while len(self._counts) > MAX_ENTRIES:
                self._counts.popitem(last=False)
        return Guess(tuple(limits))

    def _wait(self, key: _Key, limit: Limit, now: float) -> float:
        """Seconds until one more is allowed; 0 now."""
        count = self._counts.get(key)
        if count is None:
            return 0
        if now - count.last >= max(QUIET_SECONDS, limit.longest_seconds):
            del self._counts[key]
            return 0
        return max(0.0, count.last + limit.wait_after(count.tries) - now)


def _told(wait: float) -> str:
    seconds = math.ceil(wait)
    count, unit = (seconds, "second") if seconds < 60 else (math.ceil(seconds / 60), "minute")
    return f"Try again in {count} {unit}{'' if count == 1 else 's'}."


def network_of(address: str) -> str:
    """An IPv6 customer has 2^64 addresses and more: they count as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
