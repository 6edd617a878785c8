"""Uploads: what is planned, what is missing, how they end, and whose they are."""

from datetime import timedelta

import pytest

from foundation.blocks import MIB, BlockId, Chunking
from metadata import (
    Catalogue,
    CatalogueSettings,
    Chunk,
    ChunksInvalid,
    NewBucket,
    PathInvalid,
    PathTaken,
    Precondition,
    Target,
    UploadEnded,
    UploadNotFound,
    UploadState,
    VersionConflict,
)
from tests.metadata.catalogues import Desk, chunk, chunks, received, somebody


def test_an_upload_asks_for_every_block_that_its_owner_does_not_hold(desk: Desk) -> None:
    plan = chunks("a", "b", "a", "c")
    upload, missing = desk.catalogue.uploads.open(desk.me, Target(desk.id, "f"), Precondition(), plan)
    assert list(missing) == [plan[0].id, plan[1].id, plan[3].id]
    assert upload.planned_chunks == 4


def test_a_dedup_hit_needs_no_bytes_for_a_holder(desk: Desk) -> None:
    plan = chunks("a", "b")
    desk.put("f", plan)
    upload, missing = desk.catalogue.uploads.open(desk.me, Target(desk.id, "g"), Precondition(), plan)
    assert missing == []
    assert desk.commit(upload.id).version.size == MIB + 5_000


def test_the_same_block_of_somebody_else_is_missing_like_any_other(desk: Desk) -> None:
    plan = chunks("a", "b")
    desk.put("f", plan)
    other = Desk(desk.catalogue)
    upload = other.open("f", plan)
    ids = [one.id for one in plan]
    assert sorted(other.catalogue.uploads.missing(other.me, upload.id, None, 10)) == sorted(ids)
    assert other.catalogue.blocks.claim(other.me, upload.id, ids) == set()


def test_missing_goes_down_as_blocks_arrive_and_comes_in_pages(desk: Desk) -> None:
    plan = chunks("a", "b", "c", "d")
    upload = desk.open("f", plan)
    desk.send(upload, plan[:2])
    wanted = sorted(one.id for one in plan[2:])
    first = desk.catalogue.uploads.missing(desk.me, upload.id, None, 1)
    assert list(first) == wanted[:1]
    assert list(desk.catalogue.uploads.missing(desk.me, upload.id, first[0], 10)) == wanted[1:]
    assert desk.catalogue.uploads.get(desk.me, upload.id).received_bytes == 2 * MIB


def test_blocks_that_are_not_planned_do_not_count_as_received(desk: Desk) -> None:
    upload = desk.open("f", chunks("a"))
    desk.send(upload, [chunk("other")])
    assert desk.catalogue.uploads.get(desk.me, upload.id).received_bytes == 0
    basket = desk.basket([chunk("other"), chunk("more", 7)])
    assert desk.catalogue.uploads.get(desk.me, basket.id).received_bytes == 5_007


def test_a_plan_grows_in_pages_and_a_page_may_come_twice(desk: Desk) -> None:
    plan = chunks("a", "b", "c", "d")
    upload = desk.open("f", plan[:2])
    for _ in range(2):
        missing = desk.catalogue.uploads.plan(desk.me, upload.id, 2, plan[2:])
        assert list(missing) == [one.id for one in plan[2:]]
    assert desk.catalogue.uploads.get(desk.me, upload.id).planned_chunks == 4
    desk.send(upload, plan)
    assert desk.commit(upload.id).version.num_chunks == 4


def test_a_page_that_differs_or_leaves_a_gap_is_refused(desk: Desk) -> None:
    upload = desk.open("f", chunks("a", "b", "c"))
    with pytest.raises(ChunksInvalid):
        desk.catalogue.uploads.plan(desk.me, upload.id, 1, chunks("x"))
    with pytest.raises(ChunksInvalid) as refused:
        desk.catalogue.uploads.plan(desk.me, upload.id, 4, chunks("x"))
    assert refused.value.members["next_index"] == 3
    assert desk.catalogue.uploads.get(desk.me, upload.id).planned_chunks == 3


@pytest.mark.parametrize(
    "sizes", [[0], [-1], [MIB + 1], [MIB - 1, MIB], [MIB, 5, 5]], ids=["empty", "negative", "long", "short", "tail"]
)
def test_chunks_that_do_not_fit_fixed_chunking_are_refused(desk: Desk, sizes: list[int]) -> None:
    plan = [chunk(str(n), size) for n, size in enumerate(sizes)]
    with pytest.raises(ChunksInvalid):
        desk.open("f", plan)


def test_fastcdc_takes_its_own_sizes(catalogue: Catalogue) -> None:
    desk = Desk(catalogue, new=NewBucket(name="cdc", chunking=Chunking.FASTCDC))
    assert desk.put("f", [chunk("a", 4 * MIB), chunk("b", MIB // 4), chunk("c", 1)]).version.num_chunks == 3
    with pytest.raises(ChunksInvalid):
        desk.open("g", [chunk("a", MIB // 4 - 1), chunk("b", MIB)])


def test_more_bytes_than_were_promised_are_refused_at_once_and_fewer_at_the_commit(desk: Desk) -> None:
    with pytest.raises(ChunksInvalid):
        desk.open("f", chunks("a", "b"), size=5_000)
    upload = desk.open("f", chunks("a"), size=5_001)
    desk.send(upload, chunks("a"))
    with pytest.raises(ChunksInvalid):
        desk.commit(upload.id)


def test_a_short_chunk_between_two_pages_is_found_at_the_commit(desk: Desk) -> None:
    plan = [chunk("a"), chunk("b")]
    upload = desk.open("f", plan[:1])
    desk.catalogue.uploads.plan(desk.me, upload.id, 1, plan[1:])
    desk.send(upload, plan)
    with pytest.raises(ChunksInvalid):
        desk.commit(upload.id)


def test_what_is_certain_to_fail_is_said_before_any_byte_is_sent(desk: Desk) -> None:
    desk.put("f", chunks("a"))
    with pytest.raises(VersionConflict) as conflict:
        desk.open("f", [], Precondition(has_base=True))
    assert conflict.value.members["current"]["version_id"] == str(desk.at("f").version_id)
    with pytest.raises(PathTaken):
        desk.open("f/below", [])
    with pytest.raises(PathInvalid):
        desk.open("a/../b", [])


def test_an_aborted_upload_stays_aborted_and_takes_nothing_more(desk: Desk) -> None:
    plan = chunks("a", "b")
    upload = desk.open("f", plan)
    desk.send(upload, plan[:1])
    for _ in range(2):
        assert desk.catalogue.uploads.end(desk.me, upload.id) is UploadState.ABORTED
    for late in (
        lambda: desk.send(upload, plan),
        lambda: desk.commit(upload.id),
        lambda: desk.catalogue.uploads.plan(desk.me, upload.id, 2, []),
        lambda: desk.catalogue.blocks.claim(desk.me, upload.id, [plan[0].id]),
    ):
        with pytest.raises(UploadEnded):
            late()


def test_a_committed_upload_cannot_be_aborted(desk: Desk) -> None:
    upload = desk.open("f", [])
    desk.commit(upload.id)
    with pytest.raises(UploadEnded):
        desk.catalogue.uploads.end(desk.me, upload.id)
    assert desk.at("f").size == 0


def test_an_upload_that_nobody_touched_for_its_time_expires(desk: Desk, opened) -> None:  # type: ignore[no-untyped-def]
    upload = desk.open("f", chunks("a"))
    assert desk.catalogue.collection.expire_uploads() == 0
    hasty: Catalogue = opened(CatalogueSettings(upload_expiry=timedelta(0)))
    assert hasty.collection.expire_uploads() == 1
    assert desk.catalogue.uploads.get(desk.me, upload.id).state is UploadState.EXPIRED
    with pytest.raises(UploadEnded):
        desk.commit(upload.id)


def test_receiving_keeps_an_upload_alive(desk: Desk, opened) -> None:  # type: ignore[no-untyped-def]
    catalogue: Catalogue = opened(CatalogueSettings(activity_interval=timedelta(0)))
    upload = desk.open("f", chunks("a"))
    catalogue.blocks.register(upload.id, received(upload, chunks("a")))
    assert desk.catalogue.uploads.get(desk.me, upload.id).expires_at > upload.expires_at


def test_anothers_upload_is_not_there(desk: Desk) -> None:
    upload = desk.open("f", [])
    stranger = somebody()
    uploads = desk.catalogue.uploads
    for attempt in (
        lambda: uploads.get(stranger, upload.id),
        lambda: uploads.plan(stranger, upload.id, 0, []),
        lambda: uploads.missing(stranger, upload.id, None, 10),
        lambda: uploads.end(stranger, upload.id),
        lambda: desk.catalogue.blocks.claim(stranger, upload.id, [BlockId(bytes(32))]),
        lambda: desk.commit(upload.id, caller=stranger),
    ):
        with pytest.raises(UploadNotFound):
            attempt()
    assert uploads.list(stranger, None, 10).items == []


def test_the_callers_open_uploads_are_listed_newest_first_in_pages(desk: Desk) -> None:
    ids = [desk.open(f"f{n}", []).id for n in range(3)]
    desk.commit(desk.open("done", []).id)
    first = desk.catalogue.uploads.list(desk.me, None, 2)
    rest = desk.catalogue.uploads.list(desk.me, first.next_key, 2)
    assert [upload.id for upload in [*first.items, *rest.items]] == ids[::-1]
    assert rest.next_key is None


def test_an_upload_remembers_what_it_will_publish(desk: Desk) -> None:
    target = Target(desk.id, "f", size=0, description="d", tags={"a": "b"}, executable=True)
    precondition = Precondition(if_none_match=("*",))
    upload = desk.catalogue.uploads.open(desk.me, target, precondition, [])[0]
    found = desk.catalogue.uploads.get(desk.me, upload.id)
    assert (found.target, found.precondition, found.device) == (target, precondition, desk.me.device)


def test_a_page_holds_at_most_ten_thousand_chunks(desk: Desk) -> None:
    with pytest.raises(ChunksInvalid):
        desk.open("f", [Chunk(BlockId(bytes(32)), MIB)] * 10_001)
