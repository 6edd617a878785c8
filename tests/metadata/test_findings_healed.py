"""Blocks that are whole again: every file that they are of is told, and none twice."""

from datetime import timedelta

from foundation.database import Database
from tests.metadata.catalogues import Desk, chunk, chunks
from tests.metadata.found import DAMAGED, MISSING, STORED, names, newest, noticed
from tests.metadata.jobs import Hand, again


def test_an_upload_of_the_same_bytes_heals_and_the_event_goes_green(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a", "b"))
    hand.drain()
    for name in names(desk, "f"):
        hand.judge(name, MISSING)
    hand.tell()
    first, second = chunks("a", "b")
    desk.send(desk.basket(), [first])
    hand.tell()
    event = newest(desk, database, "f")
    assert (event.status, event.healed_chunks, event.missing_chunks) == ("failed", 1, 1)
    assert event.reason == "1 part is missing from the store."
    desk.send(desk.basket(), [second])
    hand.tell()
    event = newest(desk, database, "f")
    assert (event.status, event.attempts, event.error, event.missing_chunks) == ("pending", 0, None, None)
    assert hand.drain() == 1
    event = newest(desk, database, "f")
    assert (event.status, event.healed_chunks) == ("completed", 2)
    assert event.reason == "2 parts were missing, healed by an upload."
    assert event.healed_at is not None
    assert desk.at("f").verified_at is not None
    assert noticed(database) == [("file.damaged", "f"), ("file.healed", "f")]


def test_a_file_that_healed_can_be_damaged_again(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a"))
    hand.drain()
    for _ in range(2):
        hand.judge(names(desk, "f")[0], DAMAGED)
        hand.tell()
        event = newest(desk, database, "f")
        assert (event.status, event.healed_chunks, event.healed_at) == ("failed", 0, None)
        desk.send(desk.basket(), chunks("a"))
        hand.tell()
        hand.drain()
        assert newest(desk, database, "f").reason == "1 part was damaged, healed by an upload."
    assert [kind for kind, _ in noticed(database)] == ["file.damaged", "file.healed"] * 2


def test_what_waited_after_it_healed_still_says_that_it_did(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a"))
    hand.drain()
    hand.judge(names(desk, "f")[0], DAMAGED)
    hand.tell()
    desk.send(desk.basket(), chunks("a"))
    hand.tell()
    (job,) = hand.claim()
    hand.finish(again(job, again_in=timedelta(0)))
    hand.drain()
    event = newest(desk, database, "f")
    assert (event.status, event.reason) == ("completed", "1 part was damaged or missing, whole again since.")


def test_damage_that_healed_before_anybody_was_told_is_read_again_and_fails_nothing(
    desk: Desk, hand: Hand, database: Database
) -> None:
    desk.put("f", chunks("a"))
    hand.drain()
    hand.judge(names(desk, "f")[0], MISSING)
    desk.send(desk.basket(), chunks("a"))
    hand.tell()
    event = newest(desk, database, "f")
    assert (event.status, event.healed_chunks) == ("pending", 1)
    hand.drain()
    assert newest(desk, database, "f").reason == "1 part was damaged or missing, healed by an upload."
    assert noticed(database) == []


def test_a_file_that_came_after_the_healing_never_was_damaged(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a"))
    hand.drain()
    hand.judge(names(desk, "f")[0], MISSING)
    hand.tell()
    desk.put("g", chunks("a"))
    hand.tell()
    hand.drain()
    event = newest(desk, database, "g")
    assert (event.status, event.healed_chunks, event.reason) == ("completed", 0, None)
    assert newest(desk, database, "f").healed_chunks == 1


def test_a_mended_copy_is_told_to_files_that_stay_verified(desk: Desk, hand: Hand, database: Database) -> None:
    plan = [chunk("z", 1 << 20), chunk("z", 1 << 20), chunk("y")]
    desk.put("f", plan)
    hand.drain()
    hand.judge(names(desk, "f")[0], STORED, note="copy 2 was damaged, written again from copy 1")
    hand.tell()
    event = newest(desk, database, "f")
    assert (event.status, event.healed_chunks) == ("completed", 2)
    assert event.reason == "2 parts were mended: copy 2 was damaged, written again from copy 1."
    assert event.healed_at is not None
    assert desk.at("f").verified_at is not None
    assert noticed(database) == []


def test_what_a_check_healed_itself_is_not_counted_twice(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a"))
    job = next(job for job in hand.claim() if job.version_id)
    hand.judge(names(desk, "f")[0], STORED, note="copy 2 was missing, written again from copy 1")
    hand.complete([job], healed_chunks=1, reason="1 part was missing on copy 2, written again from copy 1.")
    hand.tell()
    event = newest(desk, database, "f")
    assert (event.status, event.healed_chunks) == ("completed", 1)
    assert event.reason == "1 part was missing on copy 2, written again from copy 1."
