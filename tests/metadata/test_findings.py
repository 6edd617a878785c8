"""What is found out of a block reaches every file that uses it: damage, a copy written again."""

import orjson
import pytest
from sqlalchemy import select

from foundation.database import Database
from metadata import BlockState, Delete, Move, Put, Verdict
from metadata.sync_schema import notices, sync_events
from tests.metadata.catalogues import Desk, chunk, chunks
from tests.metadata.found import DAMAGED, MISSING, STORED, found, names, newest, noticed, stored_chunks
from tests.metadata.jobs import Hand, completed, event_of, events_of, failed, rows_of

# --- verdicts ---


@pytest.mark.parametrize("state", [DAMAGED, MISSING])
def test_a_verdict_that_changes_a_block_is_a_finding(
    desk: Desk, hand: Hand, database: Database, state: BlockState
) -> None:
    desk.put("f", chunks("a"))
    (name,) = names(desk, "f")
    hand.judge(name, state)
    hand.judge(name, state)
    assert stored_chunks(desk, "f")[0].state is state
    assert found(database) == [(state.value, "")]
    hand.judge(name, STORED)
    assert stored_chunks(desk, "f")[0].state is STORED
    assert found(database)[1:] == [("healed", "found whole again")]


def test_a_look_alone_changes_no_state_and_is_no_proof(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a"))
    (name,) = names(desk, "f")
    hand.judge(name, STORED, is_read=False)
    job = next(job for job in hand.claim() if job.version_id)
    (seen,) = desk.catalogue.jobs.chunks([job.event_id])[job.event_id]
    assert (seen.verified_at, seen.state) == (None, STORED)
    assert seen.checked_at is not None
    hand.judge(name, MISSING)
    hand.judge(name, STORED, is_read=False)
    assert stored_chunks(desk, "f")[0].state is MISSING
    assert found(database) == [("missing", "")]


def test_what_was_read_is_proved(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a"))
    (name,) = names(desk, "f")
    hand.judge(name, STORED)
    assert stored_chunks(desk, "f")[0].verified_at is not None
    assert found(database) == []


def test_missing_does_not_replace_damaged_but_damaged_missing(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a", "b"))
    first, second = names(desk, "f")
    hand.judge(first, DAMAGED)
    hand.judge(first, MISSING)
    hand.judge(second, MISSING)
    hand.judge(second, DAMAGED)
    assert [one.state for one in stored_chunks(desk, "f")] == [DAMAGED, DAMAGED]
    assert [kind for kind, _ in found(database)] == ["damaged", "missing", "damaged"]


def test_a_copy_that_was_written_again_is_a_finding_of_a_block_that_was_always_stored(
    desk: Desk, hand: Hand, database: Database
) -> None:
    desk.put("f", chunks("a"))
    (name,) = names(desk, "f")
    hand.judge(name, STORED, note="copy 2 was damaged, written again from copy 1")
    assert found(database) == [("mended", "copy 2 was damaged, written again from copy 1")]


def test_a_verdict_on_a_name_that_was_replaced_is_no_finding(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a"))
    (old,) = names(desk, "f")
    hand.judge(old, DAMAGED)
    desk.send(desk.basket(), chunks("a"))
    before = found(database)
    hand.judge(old, MISSING)
    assert stored_chunks(desk, "f")[0].state is STORED
    assert found(database) == before == [("damaged", ""), ("healed", "healed by an upload")]


def test_a_reader_that_meets_damage_makes_a_finding_too(desk: Desk, database: Database) -> None:
    desk.put("f", chunks("a"))
    desk.catalogue.blocks.judge({names(desk, "f")[0]: DAMAGED})
    assert found(database) == [("damaged", "")]


# --- telling ---


@pytest.mark.parametrize(
    ("state", "error", "reason"),
    [
        (MISSING, "parts-missing", "1 part is missing from the store."),
        (DAMAGED, "parts-damaged", "1 part is damaged on every copy."),
    ],
    ids=["missing", "damaged"],
)
def test_damage_fails_the_newest_event_with_a_reason_and_takes_the_proof(
    desk: Desk, hand: Hand, database: Database, state: BlockState, error: str, reason: str
) -> None:
    desk.put("f", chunks("a", "b"))
    desk.apply(Move("g", path="f"))
    hand.drain()
    assert desk.at("g").verified_at is not None
    hand.judge(names(desk, "g")[0], state)
    hand.tell()
    older, event = events_of(database, desk.at("g").version_id)
    assert (older.status, older.type) == ("completed", "file.created")
    assert (event.status, event.error, event.reason, event.action) == ("failed", error, reason, None)
    assert desk.at("g").verified_at is None
    assert found(database) == []
    assert noticed(database) == [("file.damaged", "g")]


def test_damage_of_several_parts_is_one_notice_and_counted_in_its_reason(
    desk: Desk, hand: Hand, database: Database
) -> None:
    desk.put("f", chunks("a", "b", "c"))
    hand.drain()
    first, second, third = names(desk, "f")
    hand.judge(first, MISSING)
    hand.tell()
    assert newest(desk, database, "f").reason == "1 part is missing from the store."
    hand.judge(second, MISSING)
    hand.judge(third, DAMAGED)
    hand.tell()
    event = newest(desk, database, "f")
    assert event.reason == "2 parts are missing from the store, 1 part is damaged on every copy."
    assert (event.error, event.missing_chunks) == ("parts-missing", 2)
    assert noticed(database) == [("file.damaged", "f")]


def test_a_notice_says_what_of_whom_and_why(desk: Desk, hand: Hand, database: Database) -> None:
    version = desk.put("papers/f", chunks("a")).version
    hand.drain()
    hand.judge(names(desk, "papers/f")[0], MISSING)
    hand.tell()
    (notice,) = rows_of(database, select(notices))
    body = orjson.loads(notice.body)
    event = newest(desk, database, "papers/f")
    assert (notice.owner, notice.attempts, notice.next_attempt_at) == (desk.me.user, 0, notice.created_at)
    assert body == {
        "event_id": str(event.id),
        "bucket_id": desk.id,
        "file_id": str(version.file_id),
        "version_id": str(version.version_id),
        "path": "papers/f",
        "bucket_title": desk.bucket.title,
        "reason": "1 part is missing from the store.",
        "at": body["at"],
    }


def test_every_version_of_everybody_is_told_the_trash_too(desk: Desk, hand: Hand, database: Database) -> None:
    other = Desk(desk.catalogue)
    other.put("theirs", chunks("a"))
    old = desk.put("f", chunks("a")).version.version_id
    desk.put("f", chunks("b"))
    gone = desk.put("gone", chunks("a")).version.version_id
    name = names(desk, "gone")[0]
    desk.apply(Delete(path="gone"))
    hand.drain()
    hand.judge(name, MISSING)
    hand.tell()
    for version in (old, gone, other.at("theirs").version_id):
        assert events_of(database, version)[-1].status == "failed"
    assert newest(desk, database, "f").status == "completed"
    assert sorted(noticed(database)) == [("file.damaged", "f"), ("file.damaged", "gone"), ("file.damaged", "theirs")]


def test_a_worker_that_still_has_the_event_changes_nothing_any_more(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a"))
    job = next(job for job in hand.claim() if job.version_id)
    hand.judge(names(desk, "f")[0], DAMAGED)
    hand.tell()
    assert hand.finish(completed(job)) == 0
    assert event_of(database, job.event_id).status == "failed"
    assert desk.at("f").verified_at is None


def test_a_check_that_finds_damage_by_itself_is_one_notice_with_what_is_told_later(
    desk: Desk, hand: Hand, database: Database
) -> None:
    desk.put("f", chunks("a"))
    job = next(job for job in hand.claim() if job.version_id)
    hand.judge(names(desk, "f")[0], MISSING)
    assert hand.finish(failed(job, "parts-missing", "1 part is missing from the store.")) == 1
    hand.tell()
    assert noticed(database) == [("file.damaged", "f")]


def test_a_proof_does_not_come_from_an_older_event_of_a_version_that_is_damaged(
    desk: Desk, hand: Hand, database: Database
) -> None:
    desk.put("f", chunks("a"))
    late = next(job for job in hand.claim() if job.version_id)
    desk.apply(Move("g", path="f"))
    hand.judge(names(desk, "g")[0], MISSING)
    hand.tell()
    assert hand.complete([late]) == 1
    assert desk.at("g").verified_at is None


def test_a_version_whose_events_were_forgotten_gets_one_that_is_not_the_files_newest(
    desk: Desk, hand: Hand, database: Database
) -> None:
    old = desk.put("f", chunks("a")).version
    name = names(desk, "f")[0]
    desk.put("f", chunks("b"))
    hand.drain()
    database.write(
        lambda connection: connection.execute(sync_events.delete().where(sync_events.c.version == old.version_id))
    )
    hand.judge(name, DAMAGED)
    hand.tell()
    (event,) = events_of(database, old.version_id)
    assert (event.status, event.type, event.total_chunks) == ("failed", "file.updated", 1)
    assert event.owner == desk.me.user
    assert event.created_at < newest(desk, database, "f").created_at


# --- slices ---


@pytest.mark.full
def test_a_block_in_2_000_versions_is_told_in_slices_and_each_is_told_once(
    desk: Desk, hand: Hand, database: Database
) -> None:
    desk.send(desk.basket(), chunks("a"))
    for page in range(2):
        desk.apply(*(Put(f"{page}/{n}", chunks("a")) for n in range(1_000)))
    hand.drain()
    hand.judge(names(desk, "0/0")[0], MISSING)
    jobs = desk.catalogue.jobs
    assert [jobs.tell(300) for _ in range(3)] == [300, 300, 300]
    # Whoever told is gone; another goes on where it was.
    assert Hand(desk.catalogue, "another").tell(300) == 4
    assert desk.catalogue.jobs.backlog()[0] == {"pending": 0, "processing": 0, "failed": 2_000}
    assert len({path for _, path in noticed(database)}) == len(noticed(database)) == 2_000
    desk.send(desk.basket(), chunks("a"))
    assert jobs.tell(700) == 700
    assert jobs.backlog()[0] == {"pending": 700, "processing": 0, "failed": 1_300}
    hand.tell(700)
    assert hand.drain() == 2_000
    assert jobs.backlog()[0] == {"pending": 0, "processing": 0, "failed": 0}


def test_the_lost_parts_of_a_file_are_told_together(desk: Desk, hand: Hand, database: Database) -> None:
    parts = [str(n) for n in range(40)]
    desk.put("long", chunks(*parts))
    desk.put_all({path: [chunk(path)] for path in "abc"})
    hand.drain()
    jobs, lost = desk.catalogue.jobs, names(desk, "long")
    jobs.judge([Verdict(name, MISSING, is_read=True) for name in [*lost, *(names(desk, path)[0] for path in "abc")]])
    assert hand.tell(limit=3) <= 4
    assert newest(desk, database, "long").reason == "40 parts are missing from the store."
    assert sorted(noticed(database)) == [("file.damaged", path) for path in ("a", "b", "c", "long")]
    jobs.judge([Verdict(name, STORED, is_read=True) for name in lost])
    assert hand.tell(limit=3) == 1
    event = newest(desk, database, "long")
    assert (event.status, event.healed_chunks, event.missing_chunks) == ("pending", 40, None)
    assert event.reason == "40 parts were missing, found whole again."


def test_what_healed_before_it_was_told_is_left_out_of_what_is_told_together(
    desk: Desk, hand: Hand, database: Database
) -> None:
    desk.put("f", chunks("1", "2", "3"))
    desk.put("g", chunks("4"))
    hand.drain()
    first, *rest = names(desk, "f")
    jobs = desk.catalogue.jobs
    jobs.judge([Verdict(name, MISSING, is_read=True) for name in [first, *rest, *names(desk, "g")]])
    desk.send(desk.basket(), chunks("1", "2")[:1])
    assert jobs.tell() == 1
    assert desk.catalogue.jobs.backlog()[0]["failed"] == 0
    assert jobs.tell() == 2
    assert newest(desk, database, "f").reason == "2 parts are missing from the store."
    assert hand.tell() == 1
    assert (newest(desk, database, "f").status, newest(desk, database, "g").status) == ("failed", "failed")


def test_damage_that_healed_while_it_was_told_stops_being_told(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put_all({f"{n}": chunks("a") for n in range(10)})
    hand.drain()
    hand.judge(names(desk, "0")[0], MISSING)
    jobs = desk.catalogue.jobs
    assert jobs.tell(4) == 4
    desk.send(desk.basket(), chunks("a"))
    assert hand.tell() > 0
    assert jobs.backlog()[0]["failed"] == 0
    assert found(database) == []
    assert hand.drain() == 10


def test_a_finding_of_a_block_that_nobody_uses_any_more_is_dropped(desk: Desk, hand: Hand, database: Database) -> None:
    version = desk.put("f", chunks("a")).version
    name = names(desk, "f")[0]
    hand.judge(name, MISSING)
    desk.catalogue.files.purge(desk.me, version.file_id, None)
    assert hand.tell() == 1
    assert found(database) == []
    assert hand.tell() == 0
