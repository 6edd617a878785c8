"""Sync events as work: claimed under a lease, finished by whoever still has them."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from foundation.authorization import Role
from foundation.database import Database
from foundation.problems import Invalid
from metadata import BlockState, Catalogue, CatalogueSettings, ChangeKind, Describe, EventStatus, Member, Move, Outcome
from metadata.actions import ACTIONS
from metadata.schema import block_holders
from metadata.sync_schema import sync_events
from tests.metadata.catalogues import Desk, chunks, somebody
from tests.metadata.jobs import LEASE, Hand, again, completed, counted, event_of, failed, rows_of

LAPSED = timedelta(seconds=-1)


def test_a_claimed_job_says_what_the_catalogue_knows_of_its_version(desk: Desk, hand: Hand) -> None:
    version = desk.put("f", chunks("a", "b")).version
    jobs = {job.type: job for job in hand.claim()}
    job = jobs[ChangeKind.FILE_CREATED]
    assert (job.file_id, job.version_id, job.content) == (version.file_id, version.version_id, version.content)
    assert (job.num_chunks, job.size, job.attempts) == (2, version.size, 1)
    assert {job.owner, job.bucket_owner} == {desk.me.user}
    assert {job.bucket_id, job.file_bucket, job.version_bucket} == {desk.bucket.id}
    assert job.reads_since is None
    bucket = jobs[ChangeKind.BUCKET_CREATED]
    assert (bucket.bucket_id, bucket.file_id, bucket.content, bucket.num_chunks) == (desk.bucket.id, None, None, 0)


def test_two_workers_never_get_the_same_job(desk: Desk) -> None:
    desk.put_all({f"{n}": chunks(f"{n}") for n in range(9)})
    first, second = Hand(desk.catalogue, "first"), Hand(desk.catalogue, "second")
    taken = [*first.claim(4), *second.claim(4), *first.claim(4), *second.claim(4)]
    assert len(taken) == len({job.event_id for job in taken}) == 10


def test_the_oldest_are_claimed_first(desk: Desk, hand: Hand) -> None:
    versions = [desk.put(f"{n}", chunks(f"{n}")).version.version_id for n in range(3)]
    assert [job.version_id for job in hand.claim() if job.version_id] == versions


def test_a_job_whose_time_has_not_come_is_not_claimed(desk: Desk, hand: Hand) -> None:
    (job,) = hand.claim()
    assert hand.finish(again(job, again_in=timedelta(hours=1))) == 1
    assert hand.claim() == []
    numbers, oldest = desk.catalogue.jobs.backlog()
    assert numbers == {"pending": 1, "processing": 0, "failed": 0}
    assert oldest is not None
    assert oldest <= desk.catalogue.jobs.clock()


def test_only_a_lapsed_lease_is_taken_over_and_one_at_a_time(desk: Desk, hand: Hand) -> None:
    desk.put_all({f"{n}": chunks(f"{n}") for n in range(3)})
    taken = hand.claim(lease=LAPSED)
    other = Hand(desk.catalogue, "other")
    assert other.claim() == []
    again = [desk.catalogue.jobs.reclaim("other", LEASE) for _ in taken]
    assert {job.event_id for job in again if job} == {job.event_id for job in taken}
    assert {job.attempts for job in again if job} == {2}
    assert desk.catalogue.jobs.reclaim("other", LEASE) is None


def test_a_late_outcome_changes_nothing(desk: Desk, hand: Hand, database: Database) -> None:
    (job,) = hand.claim(lease=LAPSED)
    taken = desk.catalogue.jobs.reclaim("other", LEASE)
    assert taken is not None
    assert hand.finish(completed(job)) == 0
    assert not desk.catalogue.jobs.progress((job.event_id, job.attempts), hand.name, 1, LEASE)
    desk.catalogue.jobs.release(hand.name, [(job.event_id, job.attempts)])
    row = event_of(database, job.event_id)
    assert (row.status, row.worker, row.attempts) == ("processing", "other", 2)
    assert desk.catalogue.jobs.finish("other", [completed(taken)]) == 1
    assert desk.catalogue.jobs.finish("other", [completed(taken)]) == 0
    assert counted(database) == 1


def test_a_worker_that_took_its_own_lapsed_job_again_speaks_for_the_later_attempt_only(desk: Desk, hand: Hand) -> None:
    (job,) = hand.claim(lease=LAPSED)
    later = desk.catalogue.jobs.reclaim(hand.name, LEASE)
    assert later is not None
    assert hand.finish(completed(job)) == 0
    assert hand.finish(failed(job, "x", "X."), completed(later)) == 1


def test_a_job_that_ends_its_workers_fails_and_takes_no_other_with_it(
    opened: Callable[[CatalogueSettings], Catalogue], location: str
) -> None:
    desk = Desk(opened(CatalogueSettings(event_attempts=3)))
    desk.put_all({f"{n}": chunks(f"{n}") for n in range(3)})
    jobs = desk.catalogue.jobs
    poison = jobs.claim("dead 1", 10, LAPSED)[2].event_id
    ended, deaths = 0, 1
    while (job := jobs.reclaim(f"dead {deaths + 1}", LEASE)) is not None:
        if job.event_id == poison:
            deaths += 1
            # It dies: nobody hears of it again until the lease lapses.
            assert jobs.progress((poison, job.attempts), f"dead {deaths}", 0, LAPSED)
            continue
        ended += jobs.finish(f"dead {deaths + 1}", [completed(job)])
    assert (ended, deaths) == (3, 3)
    database = Database(location)
    row = event_of(database, poison)
    assert (row.status, row.error, row.attempts) == ("failed", "worker-lost", 3)
    assert row.reason == "The check broke off 3 times before it came to an end."
    assert (counted(database), counted(database, "failed")) == (3, 1)
    database.close()


def test_progress_begins_the_lease_anew(desk: Desk, hand: Hand, database: Database) -> None:
    (job,) = hand.claim(lease=LAPSED)
    assert desk.catalogue.jobs.progress((job.event_id, 1), hand.name, 7, LEASE)
    assert event_of(database, job.event_id).chunks_verified == 7
    assert desk.catalogue.jobs.reclaim("other", LEASE) is None


def test_a_released_job_is_as_it_was_before_it_was_claimed(desk: Desk, hand: Hand) -> None:
    (job,) = hand.claim()
    desk.catalogue.jobs.release(hand.name, [(job.event_id, job.attempts)])
    assert hand.claim() == [job]


def test_completion_names_the_action_dates_the_version_and_is_counted(
    desk: Desk, hand: Hand, database: Database
) -> None:
    version = desk.put("f", chunks("a")).version
    assert hand.drain() == 2
    proved = desk.at("f").verified_at
    assert proved is not None
    assert proved >= version.created_at
    assert counted(database) == 2
    assert counted(database, "failed") == counted(database, "retried") == 0


def test_a_proof_is_never_older_than_the_version(desk: Desk, hand: Hand) -> None:
    version = desk.put("f", chunks("a")).version
    hand.complete(hand.claim(), proved_at=version.created_at - timedelta(days=3))
    assert desk.at("f").verified_at == version.created_at


@pytest.mark.parametrize("error", ["parts-missing", "parts-damaged"])
def test_damage_takes_the_versions_proof_away(desk: Desk, hand: Hand, database: Database, error: str) -> None:
    hand.drain()
    version = desk.put("f", chunks("a")).version
    (job,) = hand.claim()
    hand.complete([job])
    desk.apply(Move("g", path="f"))
    (moved,) = hand.claim()
    assert moved.version_id == version.version_id
    hand.finish(failed(moved, error, "1 part is missing from the store."))
    assert desk.at("g").verified_at is None
    row = event_of(database, moved.event_id)
    assert (row.status, row.error, row.action) == ("failed", error, None)


def test_what_waits_comes_back_later_each_time_and_fails_in_the_end(
    opened: Callable[[CatalogueSettings], Catalogue], location: str
) -> None:
    soon = CatalogueSettings(event_attempts=3, event_backoff=timedelta(0))
    desk = Desk(opened(soon))
    hand = Hand(desk.catalogue)
    for attempt in (1, 2, 3):
        (job,) = hand.claim()
        assert job.attempts == attempt
        assert hand.finish(again(job, "storage-failed", "Waiting: the store does not answer.")) == 1
    assert hand.claim() == []
    database = Database(location)
    row = event_of(database, job.event_id)
    assert (row.status, row.error, row.reason) == ("failed", "storage-failed", "Waiting: the store does not answer.")
    assert (counted(database, "retried"), counted(database, "failed")) == (2, 1)
    database.close()


def test_an_attempt_that_was_none_is_given_back(desk: Desk, hand: Hand, database: Database) -> None:
    for _ in range(20):
        (job,) = hand.claim()
        assert job.attempts == 1
        hand.finish(again(job, again_in=timedelta(0), is_counted=False))
    assert event_of(database, job.event_id).status == "pending"


def test_the_reason_of_waiting_is_gone_once_it_is_completed(desk: Desk, hand: Hand, database: Database) -> None:
    (job,) = hand.claim()
    hand.finish(again(job, again_in=timedelta(0)))
    (job,) = hand.claim()
    hand.complete([job])
    row = event_of(database, job.event_id)
    assert (row.status, row.error, row.reason, row.action) == ("completed", None, None, "bucket_create_synchronized")


def test_a_check_that_healed_says_so(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a"))
    job = next(job for job in hand.claim() if job.version_id)
    hand.complete([job], healed_chunks=1, reason="1 part was damaged on copy 2, written again from copy 1.")
    row = event_of(database, job.event_id)
    assert (row.healed_chunks, row.reason[:10]) == (1, "1 part was")
    assert row.healed_at is not None
    assert (counted(database), counted(database, "healed")) == (1, 1)


def test_the_chunks_of_jobs_come_in_order_and_know_who_may_use_them(desk: Desk, hand: Hand) -> None:
    desk.put_all({"f": chunks("a", "b", "c"), "g": chunks("a")})
    jobs = [job for job in hand.claim() if job.version_id]
    found = desk.catalogue.jobs.chunks([job.event_id for job in jobs])
    for job in jobs:
        listed = found[job.event_id]
        assert [one.index for one in listed] == list(range(job.num_chunks))
        assert all(one.is_held and one.state is BlockState.STORED and one.verified_at is None for one in listed)
        assert sum(one.size for one in listed) == job.size
        assert [one.offset for one in listed] == [sum(one.size for one in listed[:n]) for n in range(len(listed))]
        assert desk.catalogue.jobs.chunks_from(job.event_id, 1, 1) == list(listed[1:2])


def test_jobs_without_content_have_no_chunks(hand: Hand) -> None:
    (job,) = hand.claim()
    nothing = uuid4()
    assert hand.catalogue.jobs.chunks([job.event_id, nothing]) == {job.event_id: [], nothing: []}
    assert hand.catalogue.jobs.chunks_from(nothing, 0, 10) == []


def test_more_chunks_than_fit_are_refused(desk: Desk, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metadata.job_chunks.MAX_CHUNKS", 3)
    desk.put_all({"f": chunks("a", "b"), "g": chunks("c", "d")})
    ids = [job.event_id for job in hand.claim()]
    with pytest.raises(Invalid, match="pages"):
        desk.catalogue.jobs.chunks(ids)


def test_an_outcome_of_a_job_that_nobody_claimed_is_not_written(desk: Desk, hand: Hand) -> None:
    assert hand.finish(Outcome(uuid4(), 1, EventStatus.COMPLETED)) == 0
    assert hand.finish() == 0


def test_a_span_of_time_is_exact_on_the_wire(desk: Desk, hand: Hand, database: Database) -> None:
    (job,) = hand.claim(lease=timedelta(days=2, microseconds=1))
    row = event_of(database, job.event_id)
    assert row.lease_until - row.updated_at == timedelta(days=2, microseconds=1)


def test_what_a_member_sent_and_the_owner_described_is_held(desk: Desk, hand: Hand) -> None:
    member = somebody()
    desk.catalogue.members.set(desk.me, desk.id, Member(member.user, Role.EDITOR))
    theirs = Desk(desk.catalogue, member)
    theirs.bucket = desk.bucket
    theirs.put("f", chunks("a"))
    desk.apply(Describe(path="f", description="Ours."))
    jobs = [job for job in hand.claim() if job.bucket_id == desk.bucket.id and job.version_id]
    found = desk.catalogue.jobs.chunks([job.event_id for job in jobs])
    assert [one.is_held for job in jobs for one in found[job.event_id]] == [True, True]


def test_what_nobody_of_the_bucket_may_use_is_told(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a", "b"))
    Desk(desk.catalogue).put("g", chunks("a", "b"))
    lost = chunks("a", "b")[0].id
    columns = block_holders.c
    no_more = delete(block_holders).where(columns.user == desk.me.user, columns.block == bytes(lost))
    database.write(lambda connection: connection.execute(no_more))
    (job,) = (job for job in hand.claim() if job.version_id and job.bucket_id == desk.bucket.id)
    found = desk.catalogue.jobs.chunks_from(job.event_id, 0, 10)
    assert [one.is_held for one in found] == [False, True]


@pytest.mark.parametrize("kind", ChangeKind)
def test_each_type_of_event_has_an_action_of_its_own(kind: ChangeKind) -> None:
    assert ACTIONS[kind].endswith("_synchronized")
    assert len(set(ACTIONS.values())) == len(ChangeKind)


def test_a_purge_is_synchronized_as_soon_as_it_is_done(desk: Desk, hand: Hand, database: Database) -> None:
    version = desk.put("f", chunks("a")).version
    hand.drain()
    desk.catalogue.files.purge(desk.me, version.file_id, None)
    assert hand.claim() == []
    (event,) = (row for row in rows_of(database, select(sync_events)) if row.type == ChangeKind.FILE_PURGED)
    assert (event.status, event.action, event.deleted_chunks) == ("completed", "purge_synchronized", 1)
