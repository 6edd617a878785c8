"""Commits of uploads: once, whole, and only what is there."""

import threading
from uuid import UUID

import pytest

from foundation.blocks import MIB
from foundation.problems import PreconditionFailed, Problem
from metadata import (
    BlocksMissing,
    BucketNotFound,
    Catalogue,
    CatalogueSettings,
    Chunk,
    ChunksInvalid,
    CommitRequest,
    Naming,
    NewBucket,
    PathTaken,
    Precondition,
    Result,
    UploadEnded,
    VersionConflict,
)
from tests.metadata.catalogues import Desk, chunk, chunks


def test_a_commit_publishes_the_plan_in_order(desk: Desk) -> None:
    plan = chunks("a", "b", "a", "c")
    result = desk.put("folder/file.txt", plan, description="d", tags={"k": "v"})
    version = desk.at("folder/file.txt")
    assert version == result.version
    assert (version.size, version.num_chunks, version.content_type) == (3 * MIB + 5_000, 4, "text/plain")
    assert version.etag == f"{(version.content_hash or b'').hex()[:32]}-4"
    assert version.content is not None
    stored = desk.catalogue.files.chunks(version.content, 0, 100)
    assert [(one.index, one.offset, one.size, one.id) for one in stored] == [
        (n, n * MIB, one.size, one.id) for n, one in enumerate(plan)
    ]
    assert desk.journal() == [(1, "file.created", "folder/file.txt")]


def test_a_repeated_commit_gives_the_same_version_and_one_change(desk: Desk) -> None:
    upload = desk.open("f", chunks("a"))
    desk.send(upload, chunks("a"))
    first = desk.commit(upload.id)
    assert desk.commit(upload.id) == first
    assert len(desk.journal()) == 1


def test_two_threads_that_commit_one_upload_get_one_version(desk: Desk) -> None:
    plan = chunks("a", "b")
    upload = desk.open("f", plan)
    desk.send(upload, plan)
    start, versions = threading.Barrier(2), []

    def commit() -> None:
        start.wait()
        versions.append(desk.commit(upload.id).version.version_id)

    threads = [threading.Thread(target=commit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(versions) == 2
    assert len(set(versions)) == 1
    assert len(desk.journal()) == 1


def test_missing_blocks_are_named_and_nothing_is_published(desk: Desk) -> None:
    plan = chunks("a", "b")
    upload = desk.open("f", plan)
    desk.send(upload, plan[:1])
    with pytest.raises(BlocksMissing) as missing:
        desk.commit(upload.id)
    assert missing.value.members["missing"] == [str(plan[1].id)]
    assert desk.journal() == []
    desk.send(upload, plan[1:])
    assert desk.commit(upload.id).created


def test_a_block_of_another_size_than_planned_is_refused(desk: Desk) -> None:
    lie = Chunk(chunk("a", 7).id, 5)
    desk.send(upload := desk.open("f", [lie]), [chunk("a", 7)])
    with pytest.raises(ChunksInvalid):
        desk.commit(upload.id)


def test_a_stream_tells_its_chunks_at_the_commit(desk: Desk) -> None:
    plan = chunks("a", "b")
    upload = desk.open("f", [])
    desk.send(upload, plan)
    version = desk.commit(upload.id, chunks=plan, etag="5d41402abc4b2a76b9719d911017c592", digests={"md5": "x"}).version
    assert (version.size, version.etag, version.digests) == (
        MIB + 5_000,
        "5d41402abc4b2a76b9719d911017c592",
        {"md5": "x"},
    )
    assert desk.catalogue.uploads.get(desk.me, upload.id).received_bytes == MIB + 5_000


@pytest.mark.parametrize("is_stream", [False, True], ids=["planned", "stream"])
def test_long_lists_are_staged_in_pages_and_come_out_the_same(desk: Desk, is_stream: bool, opened) -> None:  # type: ignore[no-untyped-def]
    paged: Catalogue = opened(CatalogueSettings(stage_chunks=3))
    plan = chunks(*"abcabcdefg")
    whole = desk.put("whole", plan).version
    upload = desk.open("f", [] if is_stream else plan)
    desk.send(upload, plan)
    request = CommitRequest(desk.me, upload.id, plan if is_stream else None, digests={"md5": "x"})
    first, again = (paged.commits.commit([request])[0] for _ in range(2))
    assert isinstance(first, Result)
    assert isinstance(again, Result)
    assert first.version == again.version
    assert (first.version.size, first.version.content_hash) == (whole.size, whole.content_hash)
    contents = [first.version.content, whole.content]
    places = [
        [(one.index, one.offset, one.id) for one in desk.catalogue.files.chunks(content, 0, 99)]
        for content in contents
        if content is not None
    ]
    assert places[0] == places[1]


def test_a_staged_list_with_a_gap_resumes_where_it_stopped(desk: Desk, opened) -> None:  # type: ignore[no-untyped-def]
    paged: Catalogue = opened(CatalogueSettings(stage_chunks=2))
    plan = chunks(*"abcde")
    upload = desk.open("f", plan)
    desk.send(upload, plan[:3])
    (refused,) = paged.commits.commit([CommitRequest(desk.me, upload.id)])
    assert isinstance(refused, BlocksMissing)
    desk.send(upload, plan[3:])
    (result,) = paged.commits.commit([CommitRequest(desk.me, upload.id)])
    assert isinstance(result, Result)
    assert result.version.num_chunks == 5


def test_several_requests_share_a_transaction_and_fail_alone(desk: Desk) -> None:
    good, bad, other = desk.open("good", chunks("a")), desk.open("bad", chunks("b")), desk.open("good/below", [])
    desk.send(good, chunks("a"))
    uploads = [good.id, bad.id, other.id, good.id]
    outcomes = desk.catalogue.commits.commit([CommitRequest(desk.me, upload) for upload in uploads])
    assert isinstance(outcomes[0], Result)
    assert isinstance(outcomes[1], BlocksMissing)
    assert isinstance(outcomes[2], PathTaken)
    assert outcomes[3] == outcomes[0]
    assert desk.now().files == 1
    assert len(desk.journal()) == 1


@pytest.mark.parametrize(
    ("precondition", "problem"),
    [
        (Precondition(has_base=True), VersionConflict),
        (Precondition(has_base=True, base_version=UUID(int=1)), VersionConflict),
        (Precondition(if_none_match=("*",)), PreconditionFailed),
        (Precondition(if_match=("nothing",)), PreconditionFailed),
    ],
)
def test_a_precondition_is_judged_at_the_commit(desk: Desk, precondition: Precondition, problem: type[Problem]) -> None:
    if precondition.base_version:
        base = desk.put("f", chunks("a")).version.version_id
        upload = desk.open("f", [], Precondition(True, base))
        desk.put("f", chunks("b"))
    else:
        upload = desk.open("f", [], precondition)
        desk.put("f", chunks("a"))
    with pytest.raises(problem) as refused:
        desk.commit(upload.id)
    assert refused.value.members["current"]["version_id"] == str(desk.at("f").version_id)


def test_preconditions_that_hold_let_it_through(desk: Desk) -> None:
    first = desk.put("f", chunks("a"), Precondition(has_base=True)).version
    second = desk.put("f", chunks("b"), Precondition(True, first.version_id)).version
    third = desk.put("f", chunks("c"), Precondition(if_match=("x", second.etag))).version
    assert desk.put("f", [], Precondition(if_match=("*",), if_none_match=("x",))).version.file_id == third.file_id
    with pytest.raises(PreconditionFailed):
        desk.put("absent", [], Precondition(if_match=("*",)))


def test_what_a_commit_did_not_take_is_collected(desk: Desk) -> None:
    upload = desk.open("f", chunks("a"))
    desk.send(upload, [*chunks("a"), chunk("extra", 9)])
    desk.commit(upload.id)
    collected = desk.catalogue.collection.collect_blocks(0)
    assert collected.removed == 1


def test_a_bucket_that_was_deleted_meanwhile_is_not_there(desk: Desk) -> None:
    upload = desk.open("f", [])
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True)
    with pytest.raises(BucketNotFound):
        desk.commit(upload.id)


def test_a_commit_whose_version_was_purged_has_ended(desk: Desk) -> None:
    upload = desk.open("f", [])
    version = desk.commit(upload.id).version
    desk.catalogue.files.purge(desk.me, version.file_id, None)
    with pytest.raises(UploadEnded):
        desk.commit(upload.id)


def test_s3_naming_lets_files_stand_below_files(catalogue: Catalogue) -> None:
    desk = Desk(catalogue, new=NewBucket(name="keys", naming=Naming.S3))
    desk.put("a", [])
    desk.put("a/b", [])
    desk.put("a//../c", [])
    assert desk.now().files == 3


def test_concurrent_committers_leave_a_journal_without_gaps(desk: Desk) -> None:
    start, failures = threading.Barrier(4), []

    def commit(who: int) -> None:
        start.wait()
        for n in range(8):
            try:
                desk.put(f"{who}/{n}", chunks(f"{who}-{n}"))
            except Exception as error:  # noqa: BLE001 — the test's own thread tells what happened.
                failures.append(error)

    threads = [threading.Thread(target=commit, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [sequence for sequence, _, _ in desk.journal()] == list(range(1, 33))
    bucket = desk.now()
    assert (bucket.files, bucket.versions, bucket.sequence) == (32, 32, 32)
