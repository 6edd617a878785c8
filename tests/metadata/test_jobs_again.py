"""Events that begin again, because somebody asked or because what failed them is gone; and those that are forgotten."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from foundation.database import Database
from foundation.database import opened as opened_database
from foundation.ids import new_id
from foundation.sql import database_now
from metadata import BlockState, Catalogue, CatalogueSettings, Delete
from metadata.sync_schema import findings, notices, sync_events, sync_outcomes, verify_requests
from tests.metadata.catalogues import Desk, chunks
from tests.metadata.jobs import Hand, counted, events_of, failed, rows_of


def asked(database: Database, desk: Desk) -> Any:
    """As "verify now" of a bucket asks."""
    request = insert(verify_requests).values(bucket=desk.bucket.id, at=database_now())
    database.write(lambda connection: connection.execute(request))
    return rows_of(database, select(verify_requests.c.at))[-1][0]


def statuses(database: Database) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows_of(database, select(sync_events)):
        found[row.status] = found.get(row.status, 0) + 1
    return found


def aged(database: Database, table: Any, column: str, days: int) -> None:
    earlier = timedelta(days=days)
    for row in rows_of(database, select(table)):
        (key,) = list(table.primary_key)[:1]
        moved = update(table).where(key == getattr(row, key.name)).values({column: getattr(row, column) - earlier})
        database.write(lambda connection, moved=moved: connection.execute(moved))


def test_the_newest_event_of_each_live_file_of_a_bucket_is_pending_again(
    desk: Desk, hand: Hand, database: Database
) -> None:
    other = Desk(desk.catalogue)
    other.put("theirs", chunks("t"))
    desk.put_all({f"{n}": chunks(f"{n}") for n in range(7)})
    desk.put("0", chunks("new"))
    desk.apply(Delete(path="6"))
    hand.drain()
    moment = asked(database, desk)
    spread = desk.catalogue.jobs.spread
    assert [spread(4), spread(4), spread(4), spread(4)] == [4, 2, 1, 0]
    jobs = hand.claim()
    assert {job.version_id for job in jobs} == {desk.at(f"{n}").version_id for n in range(6)}
    assert {(job.reads_since, job.attempts) for job in jobs} == {(moment, 1)}
    hand.complete(jobs)
    assert all(row.reads_since is None for row in rows_of(database, select(sync_events)))


def test_a_spread_that_is_cut_off_goes_on_where_it_was(desk: Desk, database: Database, hand: Hand) -> None:
    desk.put_all({f"{n}": chunks(f"{n}") for n in range(5)})
    hand.drain()
    asked(database, desk)
    assert desk.catalogue.jobs.spread(3) == 3
    assert hand.drain() == 3
    assert desk.catalogue.jobs.spread(3) == 2
    assert hand.drain() == 2


def test_an_event_that_a_worker_has_is_done_again_when_its_bucket_is_verified(
    desk: Desk, hand: Hand, database: Database
) -> None:
    desk.put("f", chunks("a"))
    jobs = hand.claim()
    asked(database, desk)
    assert desk.catalogue.jobs.spread() == 1
    assert hand.complete(jobs) == 1  # the bucket's own
    assert hand.drain() == 1


def test_what_failed_for_damage_that_is_gone_begins_again(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put_all({"f": chunks("a"), "g": chunks("b")})
    jobs = {job.version_id: job for job in hand.claim()}
    for path, error in (("f", "parts-missing"), ("g", "not-readable-by-owner")):
        hand.finish(failed(jobs[desk.at(path).version_id], error, "It is so."))
    assert desk.catalogue.jobs.revive() == 1
    assert desk.catalogue.jobs.revive() == 0
    (event,) = events_of(database, desk.at("f").version_id)
    assert (event.status, event.error, event.reason, event.attempts) == ("pending", None, None, 0)


def test_what_is_damaged_still_is_not_revived(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a", "b"))
    hand.drain()
    content = desk.at("f").content
    assert content is not None
    hand.judge(desk.catalogue.files.chunks(content, 1, 1)[0].name, BlockState.DAMAGED)
    hand.tell()
    assert desk.catalogue.jobs.revive() == 0
    assert statuses(database) == {"completed": 1, "failed": 1}


def test_old_events_are_forgotten_but_never_the_newest_of_a_file_nor_what_failed(
    desk: Desk, hand: Hand, database: Database
) -> None:
    for text in ("a", "b", "c"):
        desk.put("f", chunks(text))
    desk.put("bad", chunks("x"))
    bad = desk.at("bad").version_id
    job = next(job for job in hand.claim() if job.version_id == bad)
    hand.finish(failed(job, "parts-missing", "1 part is missing from the store."))
    for taken in [job for job in rows_of(database, select(sync_events)) if job.status == "processing"]:
        desk.catalogue.jobs.release(hand.name, [(taken.id, 1)])
    desk.put("bad", chunks("y"))
    hand.drain()
    assert desk.catalogue.jobs.prune_events() == 0
    aged(database, sync_events, "updated_at", 91)
    # The bucket's own event, and two of f's versions.
    assert desk.catalogue.jobs.prune_events(1) == 3
    assert desk.catalogue.jobs.prune_events(1) == 0
    left = {row.version for row in rows_of(database, select(sync_events))}
    assert left == {desk.at("f").version_id, bad, desk.at("bad").version_id}


def test_events_of_a_bucket_that_is_gone_go_after_a_day(
    opened: Callable[[CatalogueSettings], Catalogue], location: str
) -> None:
    desk = Desk(opened(CatalogueSettings()))
    hand = Hand(desk.catalogue)
    desk.put("f", chunks("a"))
    hand.drain()
    with opened_database(location) as database:
        gone = update(sync_events).values(bucket=new_id())
        database.write(lambda connection: connection.execute(gone))
        assert desk.catalogue.jobs.prune_events() == 0
        aged(database, sync_events, "updated_at", 1)
        assert desk.catalogue.jobs.prune_events() == 2
        assert rows_of(database, select(sync_events)) == []


def test_old_counts_and_notices_are_forgotten(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a"))
    hand.drain()
    content = desk.at("f").content
    assert content is not None
    hand.judge(desk.catalogue.files.chunks(content, 0, 1)[0].name, BlockState.MISSING)
    hand.tell()
    assert desk.catalogue.jobs.prune_events() == 0
    assert (counted(database), len(rows_of(database, select(notices)))) == (2, 1)
    aged(database, notices, "created_at", 91)
    quarters = update(sync_outcomes).values(at=rows_of(database, select(sync_outcomes))[0].at - timedelta(days=91))
    database.write(lambda connection: connection.execute(quarters))
    assert desk.catalogue.jobs.prune_events() == 2
    assert rows_of(database, select(notices)) == rows_of(database, select(sync_outcomes)) == []
    assert rows_of(database, select(findings)) == []
