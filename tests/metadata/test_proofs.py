"""Rounds of reading everything stored: one at a time, resumable, never held up; and what workers leave word of."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from foundation.identity import Identity
from foundation.problems import Forbidden, Unauthenticated
from metadata import BlockState, Catalogue, NoticeKind, ScrubRound, ScrubStep
from metadata.schema import blocks, file_versions
from metadata.sync_schema import notices, scrub_rounds, workers
from tests.metadata.catalogues import Desk, chunk, chunks
from tests.metadata.jobs import Hand
from tests.metadata.sync_rows import SyncRows, administrator, sync_rows

MONTH, MINUTE = timedelta(days=30), timedelta(minutes=1)


@pytest.fixture
def rows(location: str) -> Iterator[SyncRows]:
    with sync_rows(location) as found:
        yield found


def begun(catalogue: Catalogue) -> ScrubRound:
    found = catalogue.proofs.begin(MONTH)
    assert found is not None
    return found


def read(catalogue: Catalogue, number: int, limit: int = 100) -> list[BlockState]:
    """Read the next blocks of the round, and find all as it should be."""
    found = catalogue.proofs.unproved(number, limit)
    catalogue.blocks.judge({block.name: BlockState.STORED for block in found})
    return [block.state for block in found]


def test_a_round_begins_where_none_ever_was_and_counts_everything(desk: Desk) -> None:
    desk.put("f", chunks("a", "b"))
    assert desk.catalogue.proofs.current() is None
    found = begun(desk.catalogue)
    assert (found.total_blocks, found.total_bytes) == (2, sum(one.size for one in chunks("a", "b")))
    assert (found.blocks, found.bytes, found.is_urgent, found.ended_at, found.worker) == (0, 0, False, None, None)
    assert desk.catalogue.proofs.current() == begun(desk.catalogue) == found


def test_the_next_round_begins_when_the_last_began_long_enough_ago(catalogue: Catalogue, rows: SyncRows) -> None:
    first = begun(catalogue)
    catalogue.proofs.end(first.number)
    assert catalogue.proofs.current() is None
    assert catalogue.proofs.begin(MONTH) is None
    rows.set(scrub_rounds, scrub_rounds.c.number == first.number, started_at=first.started_at - MONTH)
    assert begun(catalogue).number == first.number + 1


def test_an_administrator_begins_a_round_at_any_time_and_hastens_the_one_that_goes_on(catalogue: Catalogue) -> None:
    admin = administrator()
    first = catalogue.proofs.request(admin, is_urgent=False)
    assert not first.is_urgent
    assert catalogue.proofs.request(admin, is_urgent=True) == replace(first, is_urgent=True)
    assert catalogue.proofs.request(admin, is_urgent=False).is_urgent
    catalogue.proofs.end(first.number)
    assert catalogue.proofs.request(admin, is_urgent=True).number == first.number + 1


def test_rounds_are_for_administrators(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        desk.catalogue.proofs.request(desk.me, is_urgent=True)
    with pytest.raises(Unauthenticated):
        desk.catalogue.proofs.request(Identity(), is_urgent=True)
    assert desk.catalogue.proofs.current() is None


def test_a_round_is_one_workers_until_its_lease_lapses(catalogue: Catalogue) -> None:
    number, lease = begun(catalogue).number, catalogue.proofs.lease
    assert lease(number, "one", timedelta(0))
    assert lease(number, "two", MINUTE)
    assert not lease(number, "one", MINUTE)
    assert lease(number, "two", MINUTE)
    catalogue.proofs.end(number)
    assert not lease(number, "two", MINUTE)


def test_only_the_worker_that_has_the_round_counts_what_it_read(catalogue: Catalogue) -> None:
    number = begun(catalogue).number
    catalogue.proofs.lease(number, "one", MINUTE)
    catalogue.proofs.advance(number, "one", ScrubStep(2, 20, 1, 0, 700))
    catalogue.proofs.advance(number, "two", ScrubStep(9, 90, 9, 9, 900))
    catalogue.proofs.advance(number, "one", ScrubStep(3, 30, 0, 1, 500))
    found = catalogue.proofs.current()
    assert found is not None
    assert (found.blocks, found.bytes, found.healed, found.damaged) == (5, 50, 1, 1)
    assert (found.bytes_per_second, found.worker) == (500, "one")


def test_a_round_reads_every_block_once_those_with_the_oldest_proof_first(desk: Desk, rows: SyncRows) -> None:
    plan = chunks(*"abcd")
    desk.put("f", plan)
    for days, one in ((3, plan[1]), (5, plan[2])):
        rows.set(blocks, blocks.c.id == one.id, verified_at=rows.now() - timedelta(days=days))
    rows.set(blocks, blocks.c.id == plan[3].id, registered_at=rows.now() - timedelta(days=1))
    number = begun(desk.catalogue).number
    order = [block.name.id for block in desk.catalogue.proofs.unproved(number)]
    assert order == [plan[n].id for n in (3, 0, 2, 1)]
    taken = 0
    while found := read(desk.catalogue, number, 3):
        taken += len(found)
    assert taken == 4


def test_what_comes_while_a_round_goes_on_does_not_hold_it_up(desk: Desk) -> None:
    number = begun(desk.catalogue).number
    desk.put("f", chunks("a", "b"))
    assert desk.catalogue.proofs.unproved(number) == []


def test_what_was_found_damaged_in_this_round_is_looked_at_again_only_in_the_next(desk: Desk) -> None:
    desk.put("f", chunks("a", "b"))
    first = begun(desk.catalogue).number
    names = {block.name: BlockState.MISSING for block in desk.catalogue.proofs.unproved(first)}
    desk.catalogue.blocks.judge(names)
    assert desk.catalogue.proofs.unproved(first) == []
    desk.catalogue.proofs.end(first)
    second = desk.catalogue.proofs.request(administrator(), is_urgent=True).number
    assert {block.state for block in desk.catalogue.proofs.unproved(second)} == {BlockState.MISSING}
    assert read(desk.catalogue, second) == [BlockState.MISSING] * 2
    assert desk.catalogue.proofs.unproved(second) == []


def test_a_block_of_which_nothing_was_found_out_stays_unread(desk: Desk) -> None:
    desk.put("f", chunks("a"))
    number = begun(desk.catalogue).number
    assert desk.catalogue.proofs.unproved(number) == desk.catalogue.proofs.unproved(number) != []
    assert desk.catalogue.proofs.unproved(number + 1) == []


def dates(catalogue: Catalogue, limit: int = 2) -> None:
    after = None
    while (after := catalogue.proofs.date_versions(after, limit)) is not None:
        pass


def test_a_version_is_verified_on_the_oldest_proof_of_its_blocks(desk: Desk, rows: SyncRows) -> None:
    made = [desk.put(path, chunks(*path)).version for path in ("ab", "bc", "cd", "de")]
    desk.put("empty", [])
    moment = rows.now()
    rows.set(file_versions, file_versions.c.id.is_not(None), created_at=moment - MONTH, verified_at=moment - MONTH)
    for days, text in enumerate("abcd", 1):
        ids = [one.id for one in (*chunks(text), *chunks(text, "-"))]
        rows.set(blocks, blocks.c.id.in_(ids), verified_at=moment - timedelta(days=days))
    dates(desk.catalogue)
    found = [desk.at(version.path).verified_at for version in made]
    assert found == [moment - timedelta(days=2), moment - timedelta(days=3), moment - timedelta(days=4), moment - MONTH]
    empty = desk.at("empty").verified_at
    assert empty is not None
    assert empty >= moment


def test_a_version_is_never_verified_before_it_was_made(catalogue: Catalogue, rows: SyncRows) -> None:
    mine, theirs = Desk(catalogue), Desk(catalogue)
    theirs.put("f", chunks("same"))
    rows.set(blocks, blocks.c.id == chunk("same").id, verified_at=rows.now() - MONTH)
    made = mine.put("f", chunks("same")).version
    dates(catalogue)
    assert mine.at("f").verified_at is None
    rows.set(file_versions, file_versions.c.id == made.version_id, verified_at=made.created_at - MONTH)
    dates(catalogue)
    assert mine.at("f").verified_at == made.created_at


def test_a_version_with_a_damaged_part_keeps_its_date_and_a_later_one_is_not_taken_back(
    desk: Desk, rows: SyncRows
) -> None:
    made = [desk.put(path, chunks(path)).version for path in ("damaged", "later")]
    moment = rows.now()
    rows.set(file_versions, file_versions.c.id.is_not(None), created_at=moment - MONTH, verified_at=moment)
    rows.set(blocks, blocks.c.id.is_not(None), verified_at=moment - timedelta(days=1))
    rows.set(blocks, blocks.c.id == chunk("damaged").id, verified_at=moment + MONTH, state="damaged")
    dates(desk.catalogue)
    assert [desk.at(version.path).verified_at for version in made] == [moment, moment]


def test_a_long_version_is_looked_at_in_parts(desk: Desk, rows: SyncRows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metadata.version_proofs._MOST_CHUNKS", 2)
    plans = chunks(*"abcde"), chunks(*"vwxyz")
    for path, plan in zip(("long", "unread"), plans, strict=True):
        desk.put(path, plan)
    moment, before = rows.now(), rows.now() - timedelta(days=1)
    rows.set(file_versions, file_versions.c.id.is_not(None), created_at=moment - MONTH, verified_at=moment - MONTH)
    rows.set(blocks, blocks.c.id.is_not(None), verified_at=moment)
    rows.set(blocks, blocks.c.id == plans[0][3].id, verified_at=before)
    rows.set(blocks, blocks.c.id == plans[1][4].id, verified_at=None)
    dates(desk.catalogue, 500)
    assert [desk.at(path).verified_at for path in ("long", "unread")] == [before, moment - MONTH]


def test_a_worker_that_shows_itself_is_known_and_forgotten_after_a_day(catalogue: Catalogue, rows: SyncRows) -> None:
    catalogue.proofs.seen("one", "verify")
    catalogue.proofs.seen("two", "")
    catalogue.proofs.seen("one", "scrub")
    assert rows.row(workers, workers.c.name == "one").doing == "scrub"
    first = rows.row(workers, workers.c.name == "one").started_at
    catalogue.proofs.seen("one", "")
    assert rows.row(workers, workers.c.name == "one").started_at == first
    rows.set(workers, workers.c.name == "two", seen_at=rows.now() - timedelta(days=1, seconds=1))
    catalogue.proofs.seen("one", "")
    assert rows.count(workers) == 1


def test_a_notice_is_one_workers_while_its_lease_lasts_and_counts_its_attempts(desk: Desk, rows: SyncRows) -> None:
    id, kind = desk.bucket.id, NoticeKind.FILE_DAMAGED
    made = {"id": id, "owner": desk.me.user, "kind": kind.value, "body": "{}", "created_at": rows.now()}
    rows.add(notices, **made, next_attempt_at=rows.now())
    proofs = desk.catalogue.proofs
    (first,) = proofs.due_notices(10, timedelta(0))
    assert (first.id, first.owner, first.kind, first.body, first.attempts) == (id, desk.me.user, kind, "{}", 1)
    (again,) = proofs.due_notices(10, MINUTE)
    assert again.attempts == 2
    assert proofs.due_notices(10, MINUTE) == []
    proofs.noticed(id, timedelta(0), "It did not answer.")
    assert [one.attempts for one in proofs.due_notices(10, MINUTE)] == [3]
    proofs.noticed(id, None, None)
    assert proofs.due_notices(10, MINUTE) == []
    kept = rows.row(notices, notices.c.id == id)
    assert (kept.next_attempt_at, kept.error) == (None, None)


def test_no_more_notices_are_given_than_asked_for(catalogue: Catalogue, desk: Desk, rows: SyncRows) -> None:
    for n in range(3):
        id = Desk(catalogue).bucket.id
        at = rows.now() - timedelta(minutes=3 - n)
        rows.add(notices, id=id, owner=desk.me.user, kind="file.healed", body=str(n), created_at=at, next_attempt_at=at)
    assert [one.body for one in catalogue.proofs.due_notices(2, MINUTE)] == ["0", "1"]
    assert [one.body for one in catalogue.proofs.due_notices(2, MINUTE)] == ["2"]


def test_empty_files_beside_others_are_as_new_as_the_round(desk: Desk, hand: Hand) -> None:
    desk.put_all({"empty": [], "empty, too": [], "full": chunks("a")})
    hand.drain()
    before = desk.at("empty").verified_at
    assert before is not None
    dates(desk.catalogue, limit=100)
    after = desk.at("empty").verified_at
    assert after is not None
    assert after > before
