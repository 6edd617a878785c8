"""The race over HTTP with lost requests and lost answers: nothing is lost, unless a register is repeated."""

from contextlib import suppress

import pytest

from foundation.http_room import RoomLimits
from foundation.problems import OutcomeUnknown
from metadata import Blocks, BlockState, open_catalogue
from tests.metadata.catalogues import Desk, chunks, received
from tests.metadata.lossy import Network
from tests.metadata.lossy_race import LossyRace
from tests.metadata.served import TOKENS, service
from tests.servers.served import serving

QUICK_SECONDS, FULL_SECONDS = 8, 120


def raced(location: str, seconds: float, uploaders: int = 5) -> tuple[LossyRace, dict[str, int]]:
    race = LossyRace(location, seed=1)
    try:
        race.run(seconds, uploaders)
        return race, {} if race.failures() else race.drain()
    finally:
        race.close()


def assert_nothing_was_lost(location: str, seconds: float) -> None:
    race, leaks = raced(location, seconds)
    assert (race.broken, race.failures(), leaks) == (set(), 0, {}), race.count
    for what in ("commit: done", "files purged", "collected", "erased", "chunks checked"):
        assert race.count[what] > 0, race.count
    assert min(race.network.lost["request"], race.network.lost["answer"]) > 0


def test_nothing_is_lost_when_answers_are(location: str) -> None:
    assert_nothing_was_lost(location, QUICK_SECONDS)


@pytest.mark.full
def test_nothing_is_lost_in_a_long_race_when_answers_are(location: str) -> None:
    assert_nothing_was_lost(location, FULL_SECONDS)


def is_lost_behind_a_lost_answer(location: str) -> bool:
    """Register a block under a name whose answer is lost, while that name's bytes go: whether the block stands on them then."""
    catalogue = open_catalogue(location)
    desk, plan = Desk(catalogue), chunks("a")
    first = desk.put("first", plan).version.content
    assert first is not None
    store = {catalogue.files.chunks(first, 0, 1)[0].name}

    def erase_and_damage() -> None:
        """The second name of a stored block is dead at once; and the block's copy turns out to be damaged."""
        store.difference_update(due := catalogue.collection.due_names())
        assert len(due) == 1
        catalogue.collection.forget(due)
        catalogue.blocks.judge({catalogue.files.chunks(first, 0, 1)[0].name: BlockState.DAMAGED})

    with serving(service(catalogue)) as address, Network(address) as network:
        far = network.catalogue(TOKENS, RoomLimits())
        upload = desk.basket()
        received_ones = received(upload, plan)
        store.update(block.name for block in received_ones)
        network.lose_next("answer", erase_and_damage)
        with suppress(OutcomeUnknown):
            far.blocks.register(upload.id, received_ones)
    chunk = catalogue.files.chunks(first, 0, 1)[0]
    catalogue.close()
    return chunk.state is BlockState.STORED and chunk.name not in store


def test_a_register_whose_answer_was_lost_puts_no_block_on_bytes_that_went(location: str) -> None:
    assert not is_lost_behind_a_lost_answer(location)


def test_a_register_that_is_repeated_under_the_same_names_loses_a_block(
    location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Blocks.register.__dict__, "is_repeatable", lambda *_arguments: True)
    assert is_lost_behind_a_lost_answer(location)
