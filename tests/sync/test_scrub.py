"""Rounds of proof over a real catalogue and a real store in folders."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from block_storage import StorageFailed
from foundation.identity import Identity
from metadata import EventStatus, ScrubRound
from sync import Interrupted, SyncSettings
from sync.examination import Examination
from sync.resting import Resting
from sync.scrub import Scrub
from tests.block_storage.faulty_store import FaultyBlockStore
from tests.metadata.catalogues import somebody
from tests.sync.test_collect import at_once
from tests.sync.workshop import SETTINGS, Watched, Workshop, delete, flip, random_bytes

MakeShop = Callable[[int], Workshop]


def admin() -> Identity:
    return replace(somebody(), scopes=frozenset({"admin"}))


def filled(shop: Workshop, files: int = 5) -> list[object]:
    """So many verified files, each of a block of its own."""
    made: list[object] = [shop.put(f"file {number}", block(number)) for number in range(files)]
    shop.run("verify")
    return made


def block(number: int) -> bytes:
    return random_bytes(20_000, number)


def last(shop: Workshop) -> ScrubRound:
    found = shop.catalogue.sync_records.figures(admin()).last_round
    assert found is not None
    return found


def test_the_first_round_reads_everything_once_and_ends(shop: Workshop) -> None:
    filled(shop)
    store = Watched(shop.store)
    assert shop.run("scrub", store=store) == 5
    assert len(set(store.names("prove"))) == len(store.names("prove")) == 5
    ended = last(shop)
    assert (ended.blocks, ended.bytes, ended.total_blocks, ended.damaged) == (5, 100_000, 5, 0)
    assert ended.bytes_per_second > 0


def test_none_is_due_before_its_time_and_one_is_after_it(shop: Workshop) -> None:
    filled(shop)
    shop.run("scrub")
    assert shop.run("scrub") == 0
    assert shop.run("scrub", settings=SyncSettings(scrub_days=1e-9)) == 5
    assert last(shop).number == 2


def test_a_round_that_is_asked_for_reads_everything_again(shop: Workshop) -> None:
    filled(shop)
    shop.run("scrub")
    shop.catalogue.proofs.request(admin(), is_urgent=True)
    assert shop.run("scrub") == 5
    assert (last(shop).number, last(shop).is_urgent) == (2, True)


def test_damage_that_nobody_looked_for_is_found_told_and_fails_its_files_only(shop: Workshop) -> None:
    files = filled(shop)
    flip(*shop.files(block(1)))
    delete(*shop.files(block(3)))
    shop.run("scrub", "tell")
    statuses = [shop.event(file).status for file in files]
    assert statuses == [EventStatus.FAILED if number in {1, 3} else EventStatus.COMPLETED for number in range(5)]
    assert (last(shop).blocks, last(shop).damaged, last(shop).healed) == (5, 2, 0)
    assert "damaged" in str(shop.event(files[1]).reason)
    assert "missing" in str(shop.event(files[3]).reason)


def test_bad_copies_are_written_again_and_no_file_fails(make_shop: MakeShop) -> None:
    shop = make_shop(3)
    files = filled(shop)
    paths = shop.files(block(1))
    flip(paths[0])
    delete(paths[2])
    shop.run("scrub", "tell", "verify")
    assert [path.read_bytes() for path in paths] == [block(1)] * 3
    assert {shop.event(file).status for file in files} == {EventStatus.COMPLETED}
    assert (last(shop).healed, last(shop).damaged) == (1, 0)


def test_what_was_damaged_and_is_back_is_healed_by_the_next_round(shop: Workshop) -> None:
    (file, *_) = filled(shop)
    (path,) = shop.files(block(0))
    right = path.read_bytes()
    delete(path)
    shop.run("scrub", "tell")
    assert shop.event(file).status is EventStatus.FAILED
    path.write_bytes(right)
    shop.catalogue.proofs.request(admin(), is_urgent=True)
    shop.run("scrub", "tell", "verify")
    assert shop.event(file).status is EventStatus.COMPLETED
    assert last(shop).healed == 1


def test_a_round_that_was_cut_off_goes_on_with_what_it_has_not_read(shop: Workshop) -> None:
    for number in range(40):
        shop.put(f"file {number}", random_bytes(1000, number) * 1000)
    shop.run("verify")
    store = Watched(shop.store)

    def cut_off(_seconds: float = 0.0) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        scrub(shop, store=store, pause=cut_off).run()
    before = len(store.names("prove"))
    assert 0 < before < 40
    assert scrub(shop, store=store).run() == 40 - before
    assert len(set(store.names("prove"))) == len(store.names("prove")) == 40
    assert (last(shop).number, last(shop).blocks) == (1, 40)


def scrub(shop: Workshop, **changed: object) -> Scrub:
    parts = shop.parts(**{name: value for name, value in changed.items() if name == "store"})
    usual: dict[str, object] = {
        "worker": "here",
        "proofs": parts.proofs,
        "examination": Examination(parts.jobs, parts.blocks, parts.store, parts.doorbell),
        "store": parts.store,
        "settings": SETTINGS,
        "now": parts.jobs.clock,
    }
    usual["resting"] = Resting(changed.pop("pause", at_once))  # type: ignore[arg-type]
    return Scrub(**(usual | changed))  # type: ignore[arg-type]


def test_only_one_worker_has_the_round(shop: Workshop) -> None:
    filled(shop)
    rivals: list[int] = []

    def rival(_seconds: float = 0.0) -> None:
        rivals.append(scrub(shop, worker="rival").run())

    assert scrub(shop, pause=rival).run() == 5
    assert set(rivals) == {0}


def test_a_store_that_is_away_makes_the_round_wait_and_marks_nothing(shop: Workshop) -> None:
    files = filled(shop)
    (folder,) = shop.folders
    folder.rename(folder.with_name("unmounted"))
    with pytest.raises(StorageFailed):
        shop.run("scrub")
    folder.with_name("unmounted").rename(folder)
    shop.run("scrub", "tell")
    assert {shop.event(file).status for file in files} == {EventStatus.COMPLETED}
    assert last(shop).damaged == 0


def test_what_cannot_be_read_now_is_read_by_the_next_run_of_the_same_round(shop: Workshop) -> None:
    filled(shop)
    assert shop.run("scrub", store=FaultyBlockStore(shop.store, "rE" + "r" * 100)) == 0
    assert shop.catalogue.proofs.current() is not None
    assert shop.run("scrub") == 5
    assert last(shop).number == 1


def test_what_can_never_be_read_holds_no_round_up_beyond_its_time(shop: Workshop) -> None:
    filled(shop)
    hidden = SyncSettings(scrub_days=1e-9)
    assert shop.run("scrub", store=FaultyBlockStore(shop.store, "rE" + "r" * 100), settings=hidden) == 0
    assert shop.catalogue.proofs.current() is None


def test_in_the_background_it_rests_and_keeps_to_its_rate_and_an_urgent_round_does_not(shop: Workshop) -> None:
    filled(shop)
    rests: list[float] = []
    slow = SyncSettings(scrub_rate=1 << 20)
    scrub(shop, settings=slow, pause=rests.append, clock=lambda: 0.0).run()
    assert max(rests) > 0.05  # 100,000 bytes at 1 MiB a second, as if reading them took no time.
    rests.clear()
    shop.catalogue.proofs.request(admin(), is_urgent=True)
    scrub(shop, settings=slow, pause=rests.append).run()
    assert rests[0] == 0


def test_it_tells_since_when_each_file_is_proved(shop: Workshop) -> None:
    filled(shop, 2)
    before = shop.desk.at("file 0").verified_at
    shop.catalogue.proofs.request(admin(), is_urgent=True)
    shop.run("scrub")
    after = shop.desk.at("file 0").verified_at
    assert before is not None
    assert after is not None
    assert after > before
    oldest = shop.catalogue.sync_records.figures(shop.desk.me).oldest_proof
    assert oldest is not None
    assert oldest - after < timedelta(seconds=60)
