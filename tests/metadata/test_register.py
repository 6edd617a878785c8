"""Registering blocks: steps a to d of ALGORITHMS.md 1."""

from datetime import timedelta

import pytest

from foundation.blocks import BlockName
from foundation.problems import Invalid
from metadata import (
    BlocksMissing,
    BlockState,
    Catalogue,
    CatalogueSettings,
    ReceivedBlock,
    UploadEnded,
)
from tests.metadata.catalogues import Desk, chunk, chunks, received

AT_ONCE = CatalogueSettings(dead_name_retention=timedelta(0))


def due(catalogue: Catalogue) -> set[BlockName]:
    return set(catalogue.collection.due_names(1_000))


def registered(desk: Desk, path: str) -> list[BlockName]:
    content = desk.at(path).content
    assert content is not None
    return [stored.name for stored in desk.catalogue.files.chunks(content, 0, 100)]


def test_the_first_name_of_a_block_is_registered_and_later_ones_are_dead_at_once(desk: Desk) -> None:
    plan = chunks("a")
    first = desk.send(desk.basket(), plan)
    upload = desk.open("f", plan)
    second = desk.send(upload, plan)
    assert due(desk.catalogue) == {second[0].name}
    assert desk.catalogue.collection.forget([second[0].name]) == plan[0].size
    desk.commit(upload.id)
    assert registered(desk, "f") == [first[0].name]


def test_a_group_may_hold_one_block_twice(desk: Desk) -> None:
    plan = chunks("a")
    upload = desk.open("f", plan)
    blocks = received(upload, plan * 2)
    desk.catalogue.blocks.register(upload.id, blocks)
    desk.commit(upload.id)
    (name,) = registered(desk, "f")
    assert due(desk.catalogue) | {name} == {block.name for block in blocks}


def test_what_comes_after_the_end_is_dead_and_answered_with_ended(desk: Desk) -> None:
    upload = desk.open("f", chunks("a"))
    desk.catalogue.uploads.end(desk.me, upload.id)
    late = received(upload, chunks("a"))
    with pytest.raises(UploadEnded):
        desk.catalogue.blocks.register(upload.id, late)
    assert due(desk.catalogue) == {late[0].name}
    assert desk.catalogue.collection.forget([late[0].name]) == late[0].size


def test_a_late_copy_of_a_registration_does_not_kill_the_registered_name(desk: Desk) -> None:
    plan = chunks("a")
    upload = desk.open("f", plan)
    blocks = desk.send(upload, plan)
    desk.commit(upload.id)
    with pytest.raises(UploadEnded):
        desk.catalogue.blocks.register(upload.id, blocks)
    assert due(desk.catalogue) == set()
    assert registered(desk, "f") == [blocks[0].name]


@pytest.mark.parametrize("state", [BlockState.DAMAGED, BlockState.MISSING])
def test_fresh_bytes_take_over_a_damaged_block_and_heal_every_file(desk: Desk, state: BlockState, opened) -> None:  # type: ignore[no-untyped-def]
    plan = chunks("a")
    desk.put("f", plan)
    (old,) = registered(desk, "f")
    desk.catalogue.blocks.judge({old: state})
    other = Desk(desk.catalogue)
    upload = other.open("g", plan)
    hasty: Catalogue = opened(AT_ONCE)
    fresh = received(upload, plan)
    hasty.blocks.register(upload.id, fresh)
    assert registered(desk, "f") == [fresh[0].name]
    assert due(hasty) == {old}
    content = desk.at("f").content
    assert content is not None
    assert desk.catalogue.files.chunks(content, 0, 1)[0].state is BlockState.STORED


def test_the_name_that_was_taken_over_is_kept_for_its_time(desk: Desk) -> None:
    plan = chunks("a")
    desk.put("f", plan)
    (old,) = registered(desk, "f")
    desk.catalogue.blocks.judge({old: BlockState.DAMAGED})
    desk.send(desk.basket(), plan)
    assert due(desk.catalogue) == set()


def test_a_damaged_block_is_no_dedup_hit_and_stops_the_commit(desk: Desk) -> None:
    plan = chunks("a")
    desk.put("f", plan)
    (old,) = registered(desk, "f")
    upload = desk.open("g", plan)
    desk.catalogue.blocks.judge({old: BlockState.DAMAGED})
    assert list(desk.catalogue.uploads.missing(desk.me, upload.id, None, 10)) == [plan[0].id]
    assert desk.catalogue.blocks.claim(desk.me, upload.id, [plan[0].id]) == set()
    with pytest.raises(BlocksMissing) as missing:
        desk.commit(upload.id)
    assert missing.value.members["missing"] == [str(plan[0].id)]
    desk.send(upload, plan)
    desk.commit(upload.id)


def test_a_verdict_on_a_name_that_was_replaced_changes_nothing(desk: Desk) -> None:
    plan = chunks("a")
    desk.put("f", plan)
    (old,) = registered(desk, "f")
    desk.catalogue.blocks.judge({old: BlockState.DAMAGED})
    desk.send(desk.basket(), plan)
    desk.catalogue.blocks.judge({old: BlockState.MISSING})
    content = desk.at("f").content
    assert content is not None
    assert desk.catalogue.files.chunks(content, 0, 1)[0].state is BlockState.STORED


def test_only_a_read_that_was_hashed_sets_verified_at(desk: Desk) -> None:
    desk.put("f", chunks("a"))
    content = desk.at("f").content
    assert content is not None
    stored = desk.catalogue.files.chunks(content, 0, 1)[0]
    assert stored.verified_at is None
    desk.catalogue.blocks.judge({stored.name: BlockState.STORED})
    assert desk.catalogue.files.chunks(content, 0, 1)[0].verified_at is not None


def test_a_name_of_another_writer_is_refused(desk: Desk) -> None:
    upload, other = desk.basket(), desk.basket()
    with pytest.raises(Invalid, match="number of the upload"):
        desk.catalogue.blocks.register(upload.id, received(other, [chunk("a")]))


def test_a_checksum_comes_back_as_it_went_in(desk: Desk) -> None:
    plan = chunks("a")
    upload = desk.open("f", plan)
    for_all_bits = ReceivedBlock(BlockName.new(plan[0].id, upload.writer), plan[0].size, (1 << 64) - 2)
    desk.catalogue.blocks.register(upload.id, [for_all_bits])
    content = desk.commit(upload.id).version.content
    assert content is not None
    assert desk.catalogue.files.chunks(content, 0, 1)[0].xxh3 == (1 << 64) - 2
