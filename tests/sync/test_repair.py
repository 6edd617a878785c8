"""Damage in every way that a disk knows, with one copy and with three: it is healed, or told with its exact reason."""

from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.blocks import MIB, BlockId
from metadata import EventStatus
from tests.block_storage.faulty_store import FaultyBlockStore
from tests.metadata.catalogues import Desk
from tests.sync.workshop import DAMAGES, Watched, Workshop, delete, flip, random_bytes

MakeShop = Callable[[int], Workshop]
DONE, FAILED = EventStatus.COMPLETED, EventStatus.FAILED
BYTES = random_bytes(MIB)
REASONS = dict.fromkeys(DAMAGES, "1 part is damaged on its only copy.") | {"a folder": "1 part is damaged."}


@pytest.mark.parametrize(("damage", "reason"), [(DAMAGES[name], REASONS[name]) for name in DAMAGES], ids=DAMAGES)
@pytest.mark.parametrize("is_known", [False, True], ids=["new", "proved before"])
def test_damage_to_the_only_copy_fails_the_file_with_its_reason(
    shop: Workshop, damage: Callable[[Path], None], reason: str, *, is_known: bool
) -> None:
    file = shop.put("file", BYTES, b"other")
    if is_known:
        shop.run("verify")
    (path,) = shop.files(BYTES)
    damage(path)
    if is_known:
        shop.catalogue.sync_records.verify_file(shop.desk.me, file)
    shop.run("verify")
    assert shop.standing(file) == ("failed", "parts-damaged", reason)
    assert shop.event(file).chunks_verified == 1


def test_a_part_that_is_gone_fails_the_file_with_its_reason(shop: Workshop) -> None:
    file = shop.put("file", BYTES, random_bytes(MIB, 2), b"other")
    for data in (BYTES, b"other"):
        delete(*shop.files(data))
    shop.run("verify")
    assert shop.standing(file) == ("failed", "parts-missing", "2 parts are missing from the store.")


@pytest.mark.parametrize("damage", [*DAMAGES.values(), delete], ids=[*DAMAGES, "deleted"])
@pytest.mark.parametrize("bad", [(1,), (0, 2)], ids=["one bad", "two bad"])
def test_with_a_right_copy_left_bad_ones_are_written_again_and_the_file_is_verified(
    make_shop: MakeShop, damage: Callable[[Path], None], bad: tuple[int, ...]
) -> None:
    shop = make_shop(3)
    file = shop.put("file", BYTES)
    paths = shop.files(BYTES)
    for number in bad:
        damage(paths[number])
    shop.run("verify")
    assert shop.event(file).status is DONE
    assert [path.read_bytes() for path in paths] == [BYTES] * 3


def test_damage_to_all_copies_is_told_so(make_shop: MakeShop) -> None:
    shop = make_shop(3)
    file = shop.put("file", BYTES)
    for path in shop.files(BYTES):
        flip(path)
    shop.run("verify")
    assert shop.standing(file) == ("failed", "parts-damaged", "1 part is damaged on all 3 copies.")
    shop.run("tell")
    assert shop.standing(file) == ("failed", "parts-damaged", "1 part is damaged on all 3 copies.")


def test_every_file_that_uses_a_damaged_block_fails_and_no_other(shop: Workshop) -> None:
    users = [shop.put(f"user {number}", BYTES) for number in range(3)]
    theirs = Desk(shop.catalogue)
    shop.put("theirs", BYTES, desk=theirs)
    shop.run("erase")
    other = shop.put("other", b"other")
    shop.run("verify")
    flip(*shop.files(BYTES))
    shop.catalogue.sync_records.verify_file(shop.desk.me, users[0])
    shop.run("verify", "tell")
    assert {shop.event(file).status for file in users} == {FAILED}
    assert {event.status for event in shop.events_of(theirs) if event.path == "theirs"} == {FAILED}
    assert shop.event(other).status is DONE


def broken(shop: Workshop, damage: Callable[[Path], None] = flip) -> list[object]:
    """Two verified files of one block, which is then damaged; both are told."""
    files: list[object] = [shop.put("file", BYTES, b"other"), shop.put("twin", BYTES)]
    shop.run("verify")
    damage(*shop.files(BYTES))
    shop.catalogue.sync_records.verify_file(shop.desk.me, files[0])
    shop.run("verify", "tell")
    assert [shop.event(file).status for file in files] == [FAILED, FAILED]
    return files


@pytest.mark.parametrize("damage", [flip, delete])
def test_an_upload_of_the_same_bytes_heals_every_file(shop: Workshop, damage: Callable[[Path], None]) -> None:
    files = broken(shop, damage)
    again = shop.put("again", BYTES)
    shop.run("tell")
    shop.run("verify")
    for file in (*files, again):
        assert shop.event(file).status is DONE
    event = shop.event(files[0])
    assert (event.healed_chunks, event.chunks_verified) == (1, 2)
    assert event.healed_at is not None
    assert event.reason is not None
    assert "healed by an upload" in event.reason
    assert shop.catalogue.sync_records.wanted(shop.desk.me, None, 10) == []


def test_bytes_that_were_to_be_erased_heal_what_is_damaged(shop: Workshop) -> None:
    file = shop.put("file", BYTES)
    _dead_twin(shop, BYTES)
    shop.run("verify")
    (live,) = [path for path in shop.files(BYTES) if path.name == _name_of(shop, BYTES)]
    flip(live)
    shop.catalogue.sync_records.verify_file(shop.desk.me, file)
    shop.run("verify")
    shop.run("tell", "verify")
    event = shop.event(file)
    assert event.status is DONE
    assert event.healed_chunks == 1
    assert event.reason is not None
    assert "an upload" not in event.reason
    assert _name_of(shop, BYTES) != live.name
    assert shop.run("repair") == 0


def _dead_twin(shop: Workshop, data: bytes) -> None:
    """The same bytes once more under a name that lost: what two uploads at once leave, until the eraser comes."""
    ids = Desk(shop.catalogue)
    shop.put("theirs", data, desk=ids)


def _name_of(shop: Workshop, data: bytes) -> str:
    chunks = shop.catalogue.files.chunks(shop.desk.at("file").content, 0, 10)
    return next(str(chunk.name) for chunk in chunks if chunk.id == BlockId.of(data))


def test_a_dead_name_of_wrong_bytes_heals_nothing(shop: Workshop) -> None:
    file = shop.put("file", BYTES)
    _dead_twin(shop, BYTES)
    for path in shop.files(BYTES):
        flip(path)
    shop.run("verify")
    assert shop.event(file).status is FAILED


def test_a_disk_that_is_back_heals_what_it_has(shop: Workshop, tmp_path: Path) -> None:
    file = shop.put("file", BYTES)
    (path,) = shop.files(BYTES)
    path.rename(tmp_path / "away")
    shop.run("verify")
    assert shop.event(file).status is FAILED
    assert shop.run("repair") == 0
    (tmp_path / "away").rename(path)
    assert shop.run("repair") == 1
    shop.run("tell", "verify")
    assert shop.event(file).status is DONE
    assert shop.event(file).healed_chunks == 1


def test_repair_beside_a_store_that_fails_leaves_everything_as_it_is(shop: Workshop) -> None:
    file = shop.put("file", BYTES)
    _dead_twin(shop, BYTES)
    for path in shop.files(BYTES):
        if path.name == _name_of(shop, BYTES):
            flip(path)
    # The bytes are found, and cannot be put.
    store = Watched(shop.store, put=lambda name, data: FaultyBlockStore(shop.store, "E").put(name, data))
    shop.run("verify", store=store)
    assert shop.event(file).status is FAILED
    assert shop.run("repair") == 1


def test_what_was_purged_while_it_was_read_is_no_failure(shop: Workshop) -> None:
    file = shop.put("file", BYTES)
    event = shop.event(file)

    def prove(names: object) -> object:
        shop.catalogue.files.purge(shop.desk.me, file, None)
        delete(*shop.files(BYTES))
        return shop.store.prove(names)

    store = Watched(shop.store, prove=prove)
    shop.run("verify", store=store)
    assert len(store.of("prove")) == 1
    assert {one.status for one in shop.events() if one.event_id == event.event_id} == {DONE}
