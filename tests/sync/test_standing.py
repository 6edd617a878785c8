"""The rules that make an outcome of what a version's chunks showed; each alone, and in their order."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from foundation.blocks import BlockId, BlockName
from metadata import BlockState, ChangeKind, EventStatus, Job, JobChunk
from sync.examination import Sight
from sync.looking import must_be_read, was_seen_lately
from sync.slices import SLICE_BYTES, SLICE_ITEMS, slices
from sync.standing import Standing, broken_sentence, outcome
from sync.verify import grouped, is_long

NOW = datetime(2026, 5, 1, tzinfo=UTC)
OWNER, BUCKET, FILE = UUID(int=1), UUID(int=2), UUID(int=3)
SEEN = Sight(BlockState.STORED, is_read=True)


def a_job(chunks: int = 2, size: int = 20) -> Job:
    return Job(
        event_id=uuid4(),
        attempts=2,
        type=ChangeKind.FILE_CREATED,
        owner=OWNER,
        bucket_id=BUCKET,
        file_id=FILE,
        version_id=UUID(int=4),
        bucket_owner=OWNER,
        file_bucket=BUCKET,
        version_bucket=BUCKET,
        content=UUID(int=5),
        num_chunks=chunks,
        size=size,
        reads_since=None,
    )


def a_chunk(index: int = 0, size: int = 10) -> JobChunk:
    name = BlockName.new(BlockId.of(str(index).encode()), 1)
    return JobChunk(index, index * size, size, name, size, 7, BlockState.STORED, None, None, is_held=True)


def standing_of(*seen: Sight) -> Standing:
    standing = Standing(NOW)
    for index, sight in enumerate(seen):
        standing.add(a_chunk(index), sight)
    return standing


def test_what_is_whole_is_completed_with_its_counts() -> None:
    decided = outcome(a_job(), standing_of(SEEN, replace(SEEN, is_healed=True)))
    assert decided.status is EventStatus.COMPLETED
    assert (decided.chunks_verified, decided.healed_chunks, decided.error, decided.reason) == (2, 1, None, None)


def test_its_proof_is_the_oldest_of_its_blocks_and_of_those_read_now_when_that_began() -> None:
    old, older = NOW - timedelta(days=1), NOW - timedelta(days=2)
    standing = Standing(NOW)
    for index, proof in enumerate((old, older, None)):
        standing.add(replace(a_chunk(index), verified_at=proof), replace(SEEN, is_read=proof is None))
    assert outcome(a_job(3, 30), standing).proved_at == older
    assert outcome(a_job(), standing_of(SEEN, SEEN)).proved_at == NOW


@pytest.mark.parametrize("field", ["version_bucket", "bucket_owner", "content"])
def test_what_is_gone_since_is_no_failure(field: str) -> None:
    gone = replace(a_job(), **{field: None})
    assert outcome(gone, Standing(NOW)).status is EventStatus.COMPLETED


@pytest.mark.parametrize("change", [{"num_chunks": 3}, {"size": 21}])
def test_chunks_that_do_not_come_to_what_the_content_says_are_inconsistent(change: dict[str, int]) -> None:
    decided = outcome(replace(a_job(), **change), standing_of(SEEN, SEEN))
    assert (decided.status, decided.error) == (EventStatus.FAILED, "catalogue-inconsistent")


@pytest.mark.parametrize("change", [{"offset": 11}, {"offset": 9}, {"index": 2}])
def test_a_gap_between_chunks_is_inconsistent(change: dict[str, int]) -> None:
    standing = standing_of(SEEN)
    standing.add(replace(a_chunk(1), **change), SEEN)
    decided = outcome(a_job(), standing)
    assert (decided.status, decided.error) == (EventStatus.FAILED, "catalogue-inconsistent")


def test_what_may_have_been_purged_meanwhile_is_looked_at_once_more() -> None:
    decided = outcome(replace(a_job(), attempts=1), Standing(NOW))
    assert (decided.status, decided.is_counted, decided.error) == (EventStatus.PENDING, True, "catalogue-inconsistent")


@pytest.mark.parametrize("field", ["owner", "bucket_owner", "bucket_id", "file_bucket", "version_bucket"])
def test_owners_and_buckets_that_do_not_agree_are_told(field: str) -> None:
    decided = outcome(replace(a_job(), **{field: uuid4()}), standing_of(SEEN, SEEN))
    assert (decided.status, decided.error) == (EventStatus.FAILED, "not-readable-by-owner")
    assert decided.reason == "Not readable by its owner."


def test_a_file_that_is_gone_under_its_version_is_told() -> None:
    assert outcome(replace(a_job(), file_bucket=None), standing_of(SEEN, SEEN)).error == "not-readable-by-owner"


def test_a_block_that_its_owner_may_not_use_is_told() -> None:
    standing = standing_of(SEEN)
    standing.add(replace(a_chunk(1), is_held=False), SEEN)
    assert outcome(a_job(), standing).reason == "Not readable by its owner."


def test_a_store_that_does_not_answer_marks_nothing_and_counts_no_attempt() -> None:
    broken = Sight(BlockState.MISSING, is_read=True)
    decided = outcome(a_job(), standing_of(broken, Sight(None, is_read=True)))
    assert (decided.status, decided.is_counted) == (EventStatus.PENDING, False)
    assert (decided.reason, decided.again_in) == ("Waiting: the store does not answer.", timedelta(seconds=30))


@pytest.mark.parametrize(
    ("missing", "damaged", "sentence"),
    [
        (1, {}, "1 part is missing from the store."),
        (2400, {}, "2,400 parts are missing from the store."),
        (0, {"damaged on its only copy": 1}, "1 part is damaged on its only copy."),
        (0, {"damaged on all 3 copies": 2}, "2 parts are damaged on all 3 copies."),
        (0, {"damaged on all 3 copies": 1, "damaged, set aside": 1}, "2 parts are damaged."),
        (0, {"missing on copy 1; damaged on copy 2": 1}, "1 part is damaged."),
        (2, {"damaged on its only copy": 1}, "2 parts are missing from the store, 1 part is damaged on its only copy."),
    ],
)
def test_people_read_what_is_wrong_and_no_ids(missing: int, damaged: dict[str, int], sentence: str) -> None:
    assert broken_sentence(missing, Counter(damaged)) == sentence


@pytest.mark.parametrize(
    ("state", "error"), [(BlockState.MISSING, "parts-missing"), (BlockState.DAMAGED, "parts-damaged")]
)
def test_a_bad_part_fails_the_version(state: BlockState, error: str) -> None:
    decided = outcome(a_job(), standing_of(SEEN, Sight(state, is_read=True)))
    assert (decided.status, decided.error, decided.chunks_verified) == (EventStatus.FAILED, error, 1)
    assert decided.missing_chunks == (1 if state is BlockState.MISSING else None)


def test_what_was_never_read_or_is_bad_or_was_asked_for_is_read() -> None:
    proved = replace(a_chunk(), verified_at=NOW)
    assert must_be_read(a_chunk(), None)
    assert must_be_read(replace(proved, state=BlockState.DAMAGED), None)
    assert must_be_read(proved, NOW + timedelta(seconds=1))
    assert not must_be_read(proved, NOW)
    assert not must_be_read(proved, None)


def test_a_block_seen_within_minutes_is_not_looked_at_again() -> None:
    checked = replace(a_chunk(), checked_at=NOW - timedelta(minutes=9), verified_at=NOW - timedelta(days=9))
    assert was_seen_lately(checked, NOW)
    assert not was_seen_lately(checked, NOW + timedelta(minutes=2))


def test_slices_end_at_their_number_and_their_bytes() -> None:
    assert [len(piece) for piece in slices(range(SLICE_ITEMS + 1), lambda _: 1)] == [SLICE_ITEMS, 1]
    assert [len(piece) for piece in slices(range(3), lambda _: SLICE_BYTES // 2)] == [2, 1]
    assert list(slices([], lambda _: 1)) == []


def test_short_jobs_share_a_slice_and_long_ones_come_last_alone() -> None:
    short, many, big = a_job(), a_job(SLICE_ITEMS + 1), a_job(1, SLICE_BYTES + 1)
    half = a_job(SLICE_ITEMS // 2 + 1)
    assert [is_long(job) for job in (short, many, big, half)] == [False, True, True, False]
    assert list(grouped([many, short, half, half, big])) == [[short, half], [half], [many], [big]]
    assert list(grouped([])) == []
