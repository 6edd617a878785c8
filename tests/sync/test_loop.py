"""The chores' thread: due ones run, a broken one ends nobody else, and it ends when it is told to."""

import threading
from collections.abc import Sequence
from pathlib import Path

from block_storage import FilesystemBlockStore
from foundation.doorbell import InProcessDoorbell
from foundation.problems import Unavailable
from sync import Chore, Heartbeat, Loop, Loops, Pause, Queue, mending
from tests.metadata.catalogues import Desk
from tests.sync.test_collect import at_once, file_of


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def loop_of(chores: Sequence[Chore], clock: Clock) -> Loop:
    return Loop(lambda _pause: chores, InProcessDoorbell(), clock)


def counting(done: list[str], name: str, every: float) -> Chore:
    def run() -> int:
        done.append(name)
        return 1

    return Chore(Queue.COLLECT, name, every, run)


def test_a_chore_runs_when_its_time_has_come_and_not_before() -> None:
    done: list[str] = []
    clock = Clock()
    loop = loop_of([counting(done, "often", 10), counting(done, "seldom", 100)], clock)
    loop.run_due(set())
    assert done == []
    clock.now = 11
    loop.run_due(set())
    loop.run_due(set())
    assert done == ["often"]


def test_the_doorbell_runs_a_chore_before_its_time() -> None:
    done: list[str] = []
    loop = loop_of([counting(done, "collect", 1000), counting(done, "sweep", 1000)], Clock())
    loop.run_due({"collect"})
    assert done == ["collect"]


def test_without_chores_it_waits_for_its_end() -> None:
    loop = loop_of([], Clock())
    loop.start()
    loop.stop()
    assert not any(thread.name.startswith("cairn-chores") for thread in threading.enumerate())


def test_a_chore_that_breaks_does_not_end_the_others() -> None:
    def unavailable() -> int:
        raise Unavailable

    def broken() -> int:
        raise ZeroDivisionError

    done: list[str] = []
    loop = loop_of(
        [
            Chore(Queue.COLLECT, "down", 1, unavailable),
            Chore(Queue.COLLECT, "bug", 1, broken),
            counting(done, "good", 1),
        ],
        Clock(),
    )
    loop.run_due({"down", "bug", "good"})
    assert done == ["good"]


def test_stopping_interrupts_a_long_chore_between_two_slices() -> None:
    doorbell, begun, slices = InProcessDoorbell(), threading.Event(), []

    def make(pause: Pause) -> Sequence[Chore]:
        def endless() -> int:
            while True:
                slices.append(1)
                begun.set()
                pause()

        return [Chore(Queue.COLLECT, "endless", 1000, endless)]

    loop = Loop(make, doorbell)
    loop.start()
    doorbell.ring("endless")
    assert begun.wait(10)
    loop.stop()
    assert slices


def test_a_queue_that_is_flooded_holds_up_no_other() -> None:
    doorbell, flooded, served = InProcessDoorbell(), threading.Event(), threading.Event()

    def make(pause: Pause) -> Sequence[Chore]:
        def endless() -> int:
            while True:
                flooded.set()
                pause()

        def short() -> int:
            served.set()
            return 1

        return [Chore(Queue.SCRUB, "endless", 1000, endless), Chore(Queue.VERIFY, "short", 1000, short)]

    loops = Loops(make, doorbell)
    loops.start()
    doorbell.ring("endless")
    assert flooded.wait(10)
    doorbell.ring("short")
    assert served.wait(10)
    loops.stop()
    assert not any(thread.name.startswith("cairn-chores") for thread in threading.enumerate())


def test_a_ring_during_a_chore_runs_it_once_more() -> None:
    doorbell, runs, twice = InProcessDoorbell(), [], threading.Event()

    def rung_meanwhile() -> int:
        runs.append(1)
        if len(runs) == 1:
            doorbell.ring("work")
        else:
            twice.set()
        return 1

    loops = Loops(lambda _pause: [Chore(Queue.VERIFY, "work", 1000, rung_meanwhile)], doorbell)
    loops.start()
    doorbell.ring("work")
    assert twice.wait(10)
    loops.stop()
    assert len(runs) == 2


def test_a_ring_that_nobody_listens_to_is_lost_without_harm() -> None:
    doorbell = InProcessDoorbell()
    doorbell.ring("work")
    rings = doorbell.listen(["work"])
    doorbell.ring("other")
    assert rings.wait(0) == set()
    doorbell.ring("work")
    assert rings.wait(0) == {"work"}


def test_a_worker_tells_what_it_does_when_that_is_new_and_else_seldom() -> None:
    told: list[tuple[str, str]] = []
    clock = Clock()
    heartbeat = Heartbeat("here", lambda worker, doing: told.append((worker, doing)), clock)
    for doing in ("", "", "verify", "verify", ""):
        heartbeat(doing)
    assert told == [("here", ""), ("here", "verify"), ("here", "")]
    clock.now = 11
    heartbeat("")
    assert len(told) == 4


def test_a_chore_of_one_slice_is_not_told_of_and_a_longer_one_is() -> None:
    told: list[str] = []

    def make(pause: Pause) -> Sequence[Chore]:
        def longer() -> int:
            pause(0)
            return 1

        return [counting([], "short", 1), Chore(Queue.COLLECT, "longer", 1, longer)]

    Loop(make, InProcessDoorbell(), Clock(), heartbeat=told.append).run_due({"short", "longer"})
    assert told == ["longer"]


def test_a_store_of_several_copies_is_mended_daily(desk: Desk, tmp_path: Path) -> None:
    store = FilesystemBlockStore([f"{tmp_path}/a", f"{tmp_path}/b"], initialise=True)
    file_of(desk, store, "file", b"bytes")
    (copy,) = (path for path in (tmp_path / "b").glob("??/*"))
    copy.unlink()
    (chore,) = mending(store, at_once)
    assert (chore.name, chore.every_seconds) == ("refill", 24 * 3600)
    assert (chore.run(), copy.read_bytes()) == (1, b"bytes")
    assert chore.run() == 0
    copy.write_bytes(b"byte")  # Too short.
    assert (chore.run(), copy.read_bytes()) == (1, b"bytes")
    store.close()
