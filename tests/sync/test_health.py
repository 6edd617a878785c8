"""The board of health: in parallel, each with a limit, once for all who look."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from foundation.problems import Unavailable
from metadata import WorkerState
from sync.errors import NoWorker
from sync.health import LATENCIES, HealthBoard, State, worker_check
from tests.sync.records import NOW


def fine() -> None:
    pass


def down() -> None:
    raise Unavailable


def broken() -> None:
    raise RuntimeError("of this check alone")


async def looked_at(board: HealthBoard) -> None:
    await board.look()


def states(board: HealthBoard) -> dict[str, tuple[State, str]]:
    return {one.name: (one.state, one.problem) for one in board.last}


def test_each_is_told_as_it_is_and_none_hides_the_others() -> None:
    board = HealthBoard({"database": fine, "store": down, "copy 1": broken})
    asyncio.run(looked_at(board))
    assert states(board) == {
        "database": (State.UP, ""),
        "store": (State.DOWN, "unavailable"),
        "copy 1": (State.DOWN, "internal"),
    }


def test_what_hangs_is_down_within_the_limit_and_holds_one_thread_however_often_somebody_looks() -> None:
    gate, calls = threading.Event(), []

    def hang() -> None:
        calls.append(1)
        gate.wait(60)

    async def scenario() -> None:
        board = HealthBoard({"store": hang, "database": fine}, limit_seconds=0.05, kept_seconds=-1)
        for _ in range(3):
            await board.look()
        assert states(board) == {"store": (State.DOWN, "slow"), "database": (State.UP, "")}
        assert len(calls) == 1
        gate.set()

    asyncio.run(scenario())


def test_a_hundred_who_look_at_once_cost_as_one() -> None:
    calls: list[int] = []

    async def scenario() -> None:
        board = HealthBoard({"database": lambda: calls.append(1)})
        looked = await asyncio.gather(*(board.look() for _ in range(100)))
        assert len(set(map(id, looked))) == 1
        assert calls == [1]

    asyncio.run(scenario())


def test_since_stays_while_the_state_does_and_the_latencies_are_the_last_ones() -> None:
    check: list[Callable[[], None]] = [down]

    def present() -> None:
        check[0]()

    async def scenario() -> None:
        board = HealthBoard({"store": present}, kept_seconds=-1)
        await board.look()
        since = board.last[0].since
        for _ in range(LATENCIES + 3):
            await board.look()
        assert board.last[0].since == since
        assert board.last[0].latencies == (None,) * LATENCIES
        check[0] = fine
        await board.look()
        assert board.last[0].state is State.UP
        assert board.last[0].since > since
        assert board.last[0].latencies[-1] is not None

    asyncio.run(scenario())


class Workers:
    """Proofs.workers, in memory."""

    def __init__(self, *are_alive: bool) -> None:
        self._workers = [WorkerState(f"w{number}", "", NOW, NOW, alive) for number, alive in enumerate(are_alive)]

    def workers(self) -> list[WorkerState]:
        return self._workers


def test_one_living_worker_is_enough_and_none_is_a_problem() -> None:
    worker_check(Workers(False, True))()  # type: ignore[arg-type]
    for nobody in (Workers(), Workers(False, False)):
        with pytest.raises(NoWorker):
            worker_check(nobody)()  # type: ignore[arg-type]
