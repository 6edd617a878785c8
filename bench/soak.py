"""`python -m bench.soak [--minutes 10] [--seed N]`: files go up while workers, beat and Redis are killed, stopped and emptied all the time.

The whole product as its processes, on PostgreSQL and an S3 store. At the end everything runs again, and the database must say that no
event is stuck, none lost and none done twice, and every acknowledged file must read back. Exit status 1 where that does not hold.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.client_of import make_bucket
from tests.end_to_end.load import load_on, require_all_there
from tests.servers.cairn_server import wait_until
from tests.servers.postgresql_server import PostgreSQLServer
from tests.servers.processes import freeze, thaw
from tests.servers.redis_server import RedisServer
from tests.servers.seaweedfs_server import SeaweedFSServer
from tests.servers.stack import Stack, WorkServer, running_stack
from tests.servers.sync_counts import SyncCounts, sync_counts

LEASE_SECONDS = 3
SETTLED_SECONDS = 300


@dataclass(frozen=True)
class Soaked:
    """`faults`: how many of each kind. `settled_seconds`: from the last fault until nothing waited any more."""

    acknowledged: int
    refused: int
    faults: Mapping[str, int]
    settled_seconds: float
    counts: SyncCounts

    @property
    def is_well(self) -> bool:
        counts = self.counts
        return (counts.waiting, counts.failed, counts.lost, counts.told_twice, self.refused) == (0, 0, 0, 0, 0)


class Faults:
    """One after another, each made good after a while. In the thread that started Redis, which dies with it."""

    def __init__(self, house: Stack, broker: RedisServer, dice: random.Random) -> None:
        self._house, self._broker, self._dice = house, broker, dice
        self._kinds: Mapping[str, Callable[[], None]] = {
            "hand killed": self._hand_killed,
            "hand stopped": self._hand_stopped,
            "worker killed": self._worker_killed,
            "both workers killed": self._both_killed,
            "beat killed": lambda: self._restarted(house.working["beat"]),
            "Redis killed": self._redis_killed,
            "Redis hung": self._redis_hung,
            "Redis emptied": broker.flush,
        }
        self.done: Counter[str] = Counter()

    def one(self) -> None:
        kind = self._dice.choice(list(self._kinds))
        self._kinds[kind]()
        self.done[kind] += 1
        self._wait(4)

    def _hand(self) -> int | None:
        hands = self._dice.choice(self._house.workers).hands()
        return self._dice.choice(hands) if hands else None

    def _hand_killed(self) -> None:
        if hand := self._hand():
            with suppress(ProcessLookupError):
                os.kill(hand, signal.SIGKILL)

    def _hand_stopped(self) -> None:
        if hand := self._hand():
            freeze(hand)
            self._wait(3 * LEASE_SECONDS)
            thaw(hand)

    def _worker_killed(self) -> None:
        self._restarted(self._dice.choice(self._house.workers))

    def _both_killed(self) -> None:
        for worker in self._house.workers:
            worker.kill()
        self._wait(5)
        for worker in self._house.workers:
            worker.start()

    def _restarted(self, process: WorkServer) -> None:
        process.kill()
        self._wait(5)
        process.start()

    def _redis_killed(self) -> None:
        self._broker.kill()
        self._wait(12)
        self._broker.start()

    def _redis_hung(self) -> None:
        self._broker.freeze()
        self._wait(12)
        self._broker.thaw()

    def _wait(self, at_most_seconds: float) -> None:
        time.sleep(self._dice.uniform(0, at_most_seconds))


def soak(folder: Path, settings: Mapping[str, str], broker: RedisServer, minutes: float, seed: int) -> Soaked:
    """`settings`: a fresh database and store."""
    given = {**settings, "CAIRN_BROKER": broker.location, "CAIRN_VERIFY_LEASE_SECONDS": str(LEASE_SECONDS)}
    with running_stack(folder, **given) as house:
        with house.http(house.token) as api:
            make_bucket(api)
        faults, end = Faults(house, broker, random.Random(seed)), time.monotonic() + 60 * minutes
        with load_on(house, seed=seed) as load:
            while time.monotonic() < end:
                faults.one()
        began = time.monotonic()
        location = settings["CAIRN_DATABASE"]
        with suppress(AssertionError):  # What is stuck is told by the counts.
            wait_until(lambda: sync_counts(location).waiting == 0, SETTLED_SECONDS)
        settled = time.monotonic() - began
        require_all_there(house, load.acknowledged)
        refused = len(load.refused) + load.cut
        return Soaked(len(load.acknowledged), refused, dict(faults.done), settled, sync_counts(location))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="cairn-soak-", dir=".")).resolve()
    try:
        with (
            PostgreSQLServer.running() as database,
            SeaweedFSServer.running() as store,
            RedisServer.running() as broker,
        ):
            settings = {"CAIRN_DATABASE": database.fresh_database(), "CAIRN_STORE": store.address.fresh_location()}
            found = soak(folder / "stack", settings, broker, options.minutes, options.seed)
    finally:
        shutil.rmtree(folder)
    counts = found.counts
    print(f"{options.minutes:g} minutes: {sum(found.faults.values())} faults: {told(found.faults)}")
    print(f"files acknowledged {found.acknowledged}, refused or cut {found.refused}; all read back as they were sent")
    print(f"events {counts.events}: completed {counts.completed}, failed {counts.failed}, stuck {counts.waiting}")
    print(f"changes without an event {counts.lost}; done twice {counts.told_twice}")
    print(f"settled {found.settled_seconds:.0f} s after the last fault")
    return 0 if found.is_well else 1


def told(faults: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} {number}" for kind, number in sorted(faults.items()))


if __name__ == "__main__":
    sys.exit(main())
