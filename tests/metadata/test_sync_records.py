"""What verification tells people, in which order and in pages; and what they may ask of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import true

from foundation.ids import new_id
from foundation.problems import CursorInvalid
from metadata import (
    BlockState,
    BucketNotFound,
    Catalogue,
    ChangeKind,
    Delete,
    EventNotFound,
    EventQuery,
    EventStatus,
    FileNotFound,
    MakeFolder,
    Move,
    Put,
    SyncEvent,
)
from metadata.schema import blocks, file_versions
from metadata.sync_schema import sync_events, sync_outcomes, verify_requests
from tests.metadata.catalogues import Desk, chunk, chunks
from tests.metadata.sync_rows import SyncRows, administrator, sync_rows

DAY = timedelta(days=1)


@pytest.fixture
def rows(location: str) -> Iterator[SyncRows]:
    with sync_rows(location) as found:
        yield found


def told(desk: Desk, query: EventQuery) -> list[SyncEvent]:
    """All pages."""
    found: list[SyncEvent] = []
    while True:
        page = desk.catalogue.sync_records.events(desk.me, query)
        assert len(page.items) <= query.limit
        found += page.items
        if page.next_key is None:
            return found
        query = replace(query, after=page.next_key)


def paths(found: list[SyncEvent]) -> list[str | None]:
    return [event.path for event in found]


def test_an_event_tells_what_it_is_about(desk: Desk) -> None:
    made = desk.put("folder/f", chunks("a", "b")).version
    (event,) = told(desk, EventQuery(file_id=made.file_id))
    assert (event.bucket_id, event.bucket_title, event.path) == (desk.bucket.id, desk.bucket.title, "folder/f")
    assert (event.file_id, event.version_id, event.owner) == (made.file_id, made.version_id, desk.me.user)
    assert (event.type, event.status, event.attempts) == (ChangeKind.FILE_CREATED, EventStatus.PENDING, 0)
    assert (event.chunks_verified, event.total_chunks) == (0, 2)
    assert event.created_at == event.next_attempt_at
    assert desk.catalogue.sync_records.event(desk.me, event.event_id) == event


def test_a_files_event_has_its_present_path_and_a_purged_files_the_one_it_had_then(desk: Desk) -> None:
    file = desk.put("old", chunks("a")).version.file_id
    desk.apply(Move("new", file))
    assert paths(told(desk, EventQuery(file_id=file))) == ["new", "new"]
    desk.catalogue.files.purge(desk.me, file, None)
    gone = told(desk, EventQuery(file_id=file))
    assert [(event.type.value, event.path) for event in gone] == [
        ("file.purged", "new"),
        ("file.moved", "new"),
        ("file.created", "old"),
    ]


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_pages_hold_everything_once_the_newest_first(desk: Desk, limit: int) -> None:
    # A batch's events are all of one moment.
    desk.apply(*(Put(f"f{n}", []) for n in range(7)))
    desk.put("last", [])
    found = told(desk, EventQuery(limit=limit))
    assert (found[0].path, found[-1].path) == ("last", None)
    assert sorted(str(path) for path in paths(found)[1:-1]) == [f"f{n}" for n in range(7)]
    assert found == sorted(found, key=lambda event: (event.created_at, event.event_id), reverse=True)
    assert told(desk, EventQuery(limit=limit, oldest_first=True)) == list(reversed(found))


def test_filters_combine(desk: Desk, rows: SyncRows) -> None:
    other = Desk(desk.catalogue, me=desk.me)
    first = desk.put("a", []).version
    desk.put("a", [])
    other.put("b", [])
    desk.apply(Delete(path="a"))
    newest = told(desk, EventQuery())[0]
    rows.event(newest.event_id, "failed", reason="2 parts are missing from the store.", error="parts-missing")
    created = EventQuery(type=ChangeKind.FILE_CREATED)
    assert paths(told(desk, created)) == ["b", "a"]
    assert paths(told(desk, replace(created, bucket=desk.id))) == ["a"]
    assert paths(told(desk, replace(created, bucket=other.bucket.name))) == ["b"]
    assert told(desk, replace(created, bucket=other.id, file_id=first.file_id)) == []
    assert told(desk, replace(created, status=EventStatus.FAILED)) == []
    (failed,) = told(desk, EventQuery(status=EventStatus.FAILED, bucket=desk.id, file_id=first.file_id))
    assert (failed.type, failed.error) == (ChangeKind.FILE_DELETED, "parts-missing")
    assert failed.next_attempt_at is None
    assert failed.reason == "2 parts are missing from the store."
    assert told(desk, EventQuery(status=EventStatus.FAILED)) == [failed]
    assert len(told(desk, EventQuery(status=EventStatus.PENDING))) == 5
    assert told(desk, EventQuery(status=EventStatus.COMPLETED)) == []


def test_what_was_healed_lately_comes_by_when_it_was_healed(desk: Desk, rows: SyncRows) -> None:
    made = [desk.put(path, []).version.file_id for path in "abc"]
    events = {path: told(desk, EventQuery(file_id=file))[0].event_id for path, file in zip("abc", made, strict=True)}
    moment = rows.now()
    for days, path in ((1, "c"), (2, "a")):
        rows.event(events[path], "completed", healed_at=moment - days * DAY, healed_chunks=days)
    healed = EventQuery(healed_only=True, limit=1)
    assert paths(told(desk, healed)) == ["c", "a"]
    assert paths(told(desk, replace(healed, oldest_first=True))) == ["a", "c"]
    assert paths(told(desk, replace(healed, file_id=made[0]))) == ["a"]
    assert told(desk, replace(healed, status=EventStatus.FAILED)) == []
    assert [event.healed_chunks for event in told(desk, replace(healed, bucket=desk.id))] == [1, 2]


def test_few_among_many_are_found_by_short_pages(desk: Desk, rows: SyncRows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metadata.event_pages._MOST_SCANNED", 4)
    desk.apply(MakeFolder("d"))
    for n in range(3):
        desk.apply(*(Put(f"{n}-{m}", []) for m in range(9)))
        desk.apply(Delete(path=f"{n}-0"))
    deleted = EventQuery(type=ChangeKind.FILE_DELETED, limit=2)
    first = desk.catalogue.sync_records.events(desk.me, replace(deleted, oldest_first=True))
    assert (first.items, first.next_key is None) == ([], False)
    assert paths(told(desk, deleted)) == ["2-0", "1-0", "0-0"]


@pytest.mark.parametrize(
    "key", ["", "1", "nonsense", "1.2", "-1." + "0" * 32, "1." + "g" * 32, "9" * 30 + "." + "0" * 32]
)
def test_a_forged_place_is_refused(desk: Desk, key: str) -> None:
    with pytest.raises(CursorInvalid):
        desk.catalogue.sync_records.events(desk.me, EventQuery(after=key))


def test_a_file_stands_as_its_newest_event_does(desk: Desk, rows: SyncRows) -> None:
    records = desk.catalogue.sync_records
    made = desk.put("f", chunks("a")).version
    assert records.file_status(desk.me, made.file_id).sync_status is EventStatus.PENDING
    rows.all_events("completed", chunks_verified=1, action="upload_synchronized")
    rows.set(file_versions, file_versions.c.id == made.version_id, verified_at=rows.now())
    status = records.file_status(desk.me, made.file_id)
    assert (status.sync_status, status.chunks_verified, status.total_chunks) == (EventStatus.COMPLETED, 1, 1)
    assert (status.action, status.reason, status.verified_at) == ("upload_synchronized", None, desk.at("f").verified_at)
    assert status.verified_at is not None
    desk.put("f", chunks("b"))
    again = records.file_status(desk.me, made.file_id)
    assert (again.sync_status, again.verified_at) == (EventStatus.PENDING, None)


def test_of_two_changes_in_one_moment_the_current_versions_counts(desk: Desk) -> None:
    for n in range(8):
        file = desk.apply(Put(f"f{n}", []), Put(f"f{n}", [], executable=True))[1].version
        event = desk.catalogue.sync_records.file_status(desk.me, file.file_id).event_id
        assert desk.catalogue.sync_records.event(desk.me, event).version_id == file.version_id


def test_a_failed_event_is_tried_again_as_new_and_no_other(desk: Desk, rows: SyncRows) -> None:
    records = desk.catalogue.sync_records
    file = desk.put("f", []).version.file_id
    id = records.file_status(desk.me, file).event_id
    for status in ("pending", "processing", "completed"):
        rows.event(id, status, attempts=3, worker="one")
        kept = records.retry(desk.me, id)
        assert (kept.status, kept.attempts, kept.worker) == (status, 3, "one")
    late = rows.now() + DAY
    rows.event(id, "failed", attempts=8, worker="one", error="e", reason="r", next_attempt_at=late)
    again = records.retry(desk.me, id)
    assert (again.status, again.attempts, again.worker, again.error, again.reason) == ("pending", 0, None, None, None)
    assert again.next_attempt_at is not None
    assert again.next_attempt_at <= rows.now()
    assert records.retry(desk.me, id).status is EventStatus.PENDING


def test_all_failed_ones_are_tried_again(desk: Desk, rows: SyncRows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metadata.sql_sync_records._SLICE", 2)
    desk.apply(*(Put(f"f{n}", []) for n in range(5)))
    rows.all_events("failed")
    last = told(desk, EventQuery())[0].event_id
    rows.event(last, "completed")
    assert desk.catalogue.sync_records.retry_all(desk.me) == 5
    assert desk.catalogue.sync_records.retry_all(desk.me) == 0
    assert len(told(desk, EventQuery(status=EventStatus.PENDING))) == 5
    assert len(told(desk, EventQuery(status=EventStatus.COMPLETED))) == 1


def test_a_file_is_read_again_by_the_newest_event_of_its_current_version(desk: Desk, rows: SyncRows) -> None:
    file = desk.put("f", chunks("a")).version.file_id
    desk.put("f", chunks("b"))
    rows.all_events("completed", attempts=2, chunks_verified=1, worker="one", lease_until=rows.now())
    before = rows.now()
    event = desk.catalogue.sync_records.verify_file(desk.me, file)
    assert event == told(desk, EventQuery(file_id=file))[0]
    assert (event.status, event.attempts, event.chunks_verified, event.worker) == ("pending", 0, 0, None)
    kept = rows.row(sync_events, sync_events.c.id == event.event_id)
    assert min(kept.reads_since, kept.next_attempt_at, kept.pending_since) >= before
    assert len(told(desk, EventQuery(file_id=file, status=EventStatus.PENDING))) == 1


def test_a_file_without_an_event_gets_one(desk: Desk, rows: SyncRows) -> None:
    made = desk.put("f", chunks("a", "b")).version
    rows.set(sync_events, sync_events.c.file == made.file_id, file=new_id(), version=new_id())
    with pytest.raises(EventNotFound):
        desk.catalogue.sync_records.file_status(desk.me, made.file_id)
    assert told(desk, EventQuery(file_id=made.file_id)) == []
    event = desk.catalogue.sync_records.verify_file(desk.me, made.file_id)
    assert (event.file_id, event.version_id, event.total_chunks) == (made.file_id, made.version_id, 2)
    assert (event.type, event.status, event.path) == (ChangeKind.FILE_UPDATED, "pending", "f")
    assert desk.catalogue.sync_records.verify_file(desk.me, made.file_id).event_id == event.event_id


def test_a_bucket_asked_for_again_while_the_request_waits_is_read_as_of_then_behind_the_others(
    desk: Desk, rows: SyncRows
) -> None:
    desk.apply(Put("a", []), Put("b", []), Put("c", []))
    desk.apply(Delete(path="c"))
    assert desk.catalogue.sync_records.verify_bucket(desk.me, str(desk.id)) == 2
    first = rows.row(verify_requests, true())
    assert desk.catalogue.sync_records.verify_bucket(desk.me, desk.bucket.name) == 2
    second = rows.row(verify_requests, true())
    assert second.at > first.at
    assert second.sequence > first.sequence
    Desk(desk.catalogue, me=desk.me).catalogue.sync_records.verify_bucket(desk.me, Desk(desk.catalogue, me=desk.me).id)
    assert rows.count(verify_requests) == 2


def test_what_is_wanted_is_told_by_id_and_in_pages(desk: Desk, rows: SyncRows) -> None:
    plan = [*chunks(*"abcd"), chunk("whole")]
    desk.put("f", plan[:4])
    desk.put("g", plan[4:])
    assert desk.catalogue.sync_records.wanted(desk.me, None, 10) == []
    rows.set(blocks, blocks.c.id.in_([one.id for one in plan[:3]]), state="missing")
    rows.set(blocks, blocks.c.id == plan[3].id, state="damaged")
    wanted = desk.catalogue.sync_records.wanted(desk.me, None, 10)
    assert [(one.id, one.size) for one in wanted] == sorted((one.id, one.size) for one in plan[:4])
    assert {one.id for one in wanted if one.state is BlockState.DAMAGED} == {plan[3].id}
    first = desk.catalogue.sync_records.wanted(desk.me, None, 3)
    assert [*first, *desk.catalogue.sync_records.wanted(desk.me, first[-1].id, 3)] == wanted


def test_the_figures_tell_what_is_and_what_was(desk: Desk, rows: SyncRows) -> None:
    records, moment = desk.catalogue.sync_records, rows.now()
    desk.apply(Put("a", []), Put("b", []), Put("c", []), Put("d", []))
    ids = [event.event_id for event in told(desk, EventQuery(oldest_first=True))]
    for id, status in zip(ids, ("completed", "failed", "processing", "pending", "pending"), strict=True):
        rows.event(id, status)
    quarter = moment - timedelta(minutes=20)
    for at in (quarter, moment - 2 * DAY):
        rows.add(sync_outcomes, owner=desk.me.user, at=at, verified=5, healed=2, failed=1, retried=3)
    desk.catalogue.proofs.seen("one", "verify")
    found = records.figures(desk.me)
    assert (found.pending, found.processing, found.failed, found.completed, found.files) == (2, 1, 1, 5, 4)
    assert [(one.at, one.verified, one.healed, one.failed, one.retried) for one in found.day] == [(quarter, 5, 2, 1, 3)]
    assert found.at >= moment
    assert found.proved_at == rows.row(sync_events, sync_events.c.id == ids[0]).updated_at
    assert found.oldest_pending_at == rows.row(sync_events, sync_events.c.id == ids[2]).created_at
    assert [(one.name, one.doing, one.is_alive) for one in found.workers] == [("one", "verify", True)]
    assert (found.round, found.last_round) == (None, None)


def test_what_waits_anew_is_as_old_as_its_request(desk: Desk, rows: SyncRows) -> None:
    file = desk.put("f", []).version.file_id
    moment = rows.now()
    rows.all_events("completed", created_at=moment - 300 * DAY)
    assert desk.catalogue.sync_records.figures(desk.me).oldest_pending_at is None
    desk.catalogue.sync_records.verify_file(desk.me, file)
    oldest = desk.catalogue.sync_records.figures(desk.me).oldest_pending_at
    assert oldest is not None
    assert oldest >= moment


def test_the_oldest_proof_counts_what_was_never_read_from_when_it_was_made(desk: Desk, rows: SyncRows) -> None:
    assert desk.catalogue.sync_records.figures(desk.me).oldest_proof is None
    made = [desk.put(path, chunks(path)).version for path in "ab"]
    desk.apply(Delete(path="b"))
    assert desk.catalogue.sync_records.figures(desk.me).oldest_proof == made[0].created_at
    moment = rows.now()
    for version, days in zip(made, (3, 9), strict=True):
        rows.set(file_versions, file_versions.c.id == version.version_id, verified_at=moment - days * DAY)
    assert desk.catalogue.sync_records.figures(desk.me).oldest_proof == moment - 9 * DAY


def test_damaged_and_missing_parts_count_once_while_a_version_has_them(desk: Desk, rows: SyncRows) -> None:
    plan = chunks("a", "b", "a", "c")
    file = desk.put("f", plan).version.file_id
    desk.put("g", plan)
    rows.set(blocks, blocks.c.id.in_([plan[0].id, plan[1].id]), state="damaged")
    rows.set(blocks, blocks.c.id == plan[3].id, state="missing")
    found = desk.catalogue.sync_records.figures(desk.me)
    assert (found.damaged_blocks, found.missing_blocks) == (2, 1)
    for path in ("f", "g"):
        desk.catalogue.files.purge(desk.me, file if path == "f" else desk.at("g").file_id, None)
    found = desk.catalogue.sync_records.figures(desk.me)
    assert (found.damaged_blocks, found.missing_blocks) == (0, 0)


def test_hints_tell_what_changed_since(desk: Desk, rows: SyncRows) -> None:
    other = Desk(desk.catalogue)
    since = rows.now()
    first = told(desk, EventQuery())[0].event_id
    rows.event(first, "processing")
    desk.put("f", [])
    assert desk.me.user is not None
    hints = desk.catalogue.sync_records.hints([desk.me.user], since, 10)
    assert [(hint.event_id, hint.status) for hint in hints] == [
        (first, "processing"),
        (told(desk, EventQuery())[0].event_id, "pending"),
    ]
    assert {(hint.owner, hint.bucket_id) for hint in hints} == {(desk.me.user, desk.bucket.id)}
    assert desk.catalogue.sync_records.hints([desk.me.user], hints[0].at, 10) == hints[1:]
    assert desk.catalogue.sync_records.hints([desk.me.user], since, 1) == hints[:1]
    assert other.me.user is not None
    assert desk.catalogue.sync_records.hints([other.me.user], since, 10) == []
    assert desk.catalogue.sync_records.hints([], since, 10) == []


def test_what_is_not_there_is_told_so(catalogue: Catalogue, desk: Desk) -> None:
    records = catalogue.sync_records
    for me in (desk.me, administrator()):
        for raised, ask in (
            (EventNotFound, lambda me: records.event(me, uuid4())),
            (EventNotFound, lambda me: records.retry(me, uuid4())),
            (FileNotFound, lambda me: records.file_status(me, uuid4())),
            (FileNotFound, lambda me: records.verify_file(me, uuid4())),
            (FileNotFound, lambda me: records.events(me, EventQuery(file_id=uuid4()))),
            (BucketNotFound, lambda me: records.events(me, EventQuery(bucket=str(uuid4())))),
            (BucketNotFound, lambda me: records.events(me, EventQuery(bucket="no-such"))),
            (BucketNotFound, lambda me: records.verify_bucket(me, "no-such")),
        ):
            with pytest.raises(raised):
                ask(me)
