"""How the rooms and what they stand on are: asked in parallel, each with a limit, once for all who want to know."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from foundation.problems import Problem
from foundation.telemetry import OUR_FAULT
from metadata import Proofs
from sync.errors import NoWorker
from sync.looks import KEPT_SECONDS, Looks

log = logging.getLogger("cairn.sync")

LIMIT_SECONDS = 3.0
SLOW_SECONDS = 0.15
LATENCIES = 12


class State(StrEnum):
    UP = "up"
    SLOW = "slow"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Standing:
    """How one of them is, and `since` when it is so, as far as this process knows. `latencies`: of the last looks, in ms, oldest first;
    None where it did not answer. `problem`: the slug of what is wrong, "" for nothing."""

    name: str
    state: State
    since: datetime
    problem: str = ""
    latencies: tuple[float | None, ...] = ()

    @property
    def is_copy(self) -> bool:
        """One copy of a store on disks."""
        return self.name.startswith("copy ")


@dataclass(eq=False, slots=True)
class _Asked:
    """One check, of which never two run at once: what hangs must not take a thread each second."""

    name: str
    check: Callable[[], None]
    running: "asyncio.Future[float] | None" = None
    began_at: float = 0.0
    latencies: "deque[float | None]" = field(default_factory=lambda: deque(maxlen=LATENCIES))
    standing: Standing | None = None


class HealthBoard:
    """The last known standings of all checks, renewed when somebody looks."""

    def __init__(
        self,
        checks: Mapping[str, Callable[[], None]],
        limit_seconds: float = LIMIT_SECONDS,
        kept_seconds: float = KEPT_SECONDS,
    ) -> None:
        """`checks`: by the name that people read; each raises the Problem that is wrong. They run in threads."""
        self._asked = [_Asked(name, check) for name, check in checks.items()]
        self._limit = limit_seconds
        self._looks: Looks[Sequence[Standing]] = Looks(kept_seconds)
        self._threads = ThreadPoolExecutor(max_workers=max(1, len(checks)), thread_name_prefix="cairn-health")
        self._last: Sequence[Standing] = ()

    @property
    def last(self) -> Sequence[Standing]:
        """As it was at the last look, without one."""
        return self._last

    async def look(self) -> Sequence[Standing]:
        """All, as they are now or were a second ago, in the order of the checks. Takes `limit_seconds` at most."""
        return await self._looks.get("all", self._ask_all)

    async def _ask_all(self) -> Sequence[Standing]:
        self._last = tuple(await asyncio.gather(*map(self._ask, self._asked)))
        return self._last

    async def _ask(self, asked: _Asked) -> Standing:
        if asked.running is None or asked.running.done():
            asked.began_at = time.monotonic()
            asked.running = asyncio.get_running_loop().run_in_executor(self._threads, _timed, asked.check)
        seconds, problem = None, ""
        try:
            seconds = await asyncio.wait_for(asyncio.shield(asked.running), self._limit)
        except TimeoutError:
            problem = "slow"
        except Problem as raised:
            problem = raised.slug
        except Exception:
            # The edge of a check: what breaks in one must not hide the others.
            log.exception("check failed", extra={"check": asked.name, "advice": OUR_FAULT})
            problem = Problem.slug
        asked.latencies.append(None if seconds is None else round(seconds * 1000, 1))
        asked.standing = _standing(asked, seconds, problem)
        return asked.standing


def _timed(check: Callable[[], None]) -> float:
    began = time.perf_counter()
    check()
    return time.perf_counter() - began


def _standing(asked: _Asked, seconds: float | None, problem: str) -> Standing:
    state = _state(seconds)
    before, latencies = asked.standing, tuple(asked.latencies)
    if before is not None and before.state is state:
        return replace(before, problem=problem, latencies=latencies)
    return Standing(asked.name, state, datetime.now(UTC), problem, latencies)


def _state(seconds: float | None) -> State:
    """Of what answered after `seconds`, None: not."""
    if seconds is None:
        return State.DOWN
    return State.SLOW if seconds > SLOW_SECONDS else State.UP


def worker_check(proofs: Proofs) -> Callable[[], None]:
    """Raises NoWorker unless one is alive."""

    def check() -> None:
        if not any(worker.is_alive for worker in proofs.workers()):
            raise NoWorker

    return check
