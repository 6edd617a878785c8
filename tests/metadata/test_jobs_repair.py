"""What a repair needs of the catalogue: where bytes may still lie, and an upload that is nobody's."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from foundation.blocks import BlockId, BlockName
from foundation.database import Database
from metadata import BlockState, Catalogue, CatalogueSettings, ReceivedBlock, UploadEnded
from metadata.schema import block_holders, candidates, uploads
from tests.metadata.catalogues import NO_CONDITION, Desk, chunk, chunks, received, somebody
from tests.metadata.jobs import Hand, rows_of

MISSING = BlockState.MISSING


def names(desk: Desk, path: str) -> list[BlockName]:
    content = desk.at(path).content
    assert content is not None
    return [stored.name for stored in desk.catalogue.files.chunks(content, 0, 100)]


def repaired(catalogue: Catalogue, old: BlockName, size: int) -> tuple[BlockName, UUID]:
    """The block under a new name, as a repair registers it; the repair's id."""
    upload, writer = catalogue.jobs.open_repair()
    name = BlockName.new(old.id, writer)
    catalogue.blocks.register(upload, [ReceivedBlock(name, size, 7)])
    return name, upload


def test_dead_names_of_a_block_are_told_the_youngest_death_first(desk: Desk) -> None:
    desk.put("f", chunks("a"))
    died = []
    for _ in range(2):
        (old,) = names(desk, "f")
        desk.catalogue.blocks.judge({old: MISSING})
        desk.send(desk.basket(), chunks("a"))
        died.append(old)
    (other,) = desk.send(desk.basket(), [chunk("b")])
    unknown = BlockId.of(b"unknown")
    told = desk.catalogue.jobs.dead_names([died[0].id, other.name.id, unknown])
    assert told == {died[0].id: died[::-1], other.name.id: [], unknown: []}


def test_broken_blocks_are_told_in_pages_by_id(desk: Desk) -> None:
    plan = chunks("a", "b", "c", "d")
    desk.put("f", plan)
    judged = names(desk, "f")[1:]
    desk.catalogue.blocks.judge(dict.fromkeys(judged, MISSING))
    first = desk.catalogue.jobs.broken(None, 2)
    rest = desk.catalogue.jobs.broken(first[-1].name.id, 2)
    assert [block.name for block in [*first, *rest]] == sorted(judged, key=lambda name: name.id)
    assert {block.state for block in first} == {MISSING}
    assert {block.xxh3 for block in first} == {7}


def test_a_repair_heals_and_gives_nobody_a_right(desk: Desk, hand: Hand, database: Database) -> None:
    desk.put("f", chunks("a"))
    hand.drain()
    (old,) = names(desk, "f")
    hand.judge(old, MISSING)
    hand.tell()
    holders = rows_of(database, select(block_holders))
    fresh, _ = repaired(desk.catalogue, old, chunks("a")[0].size)
    assert names(desk, "f") == [fresh]
    assert rows_of(database, select(block_holders)) == holders
    hand.tell()
    assert hand.drain() == 1
    stranger = somebody()
    upload = desk.catalogue.uploads.open(stranger, None, NO_CONDITION, [])[0]
    assert desk.catalogue.blocks.claim(stranger, upload.id, [old.id]) == set()


def test_what_a_repair_registered_stays_with_the_files_once_it_is_closed(
    desk: Desk, hand: Hand, database: Database
) -> None:
    desk.put("f", chunks("a"))
    (old,) = names(desk, "f")
    hand.judge(old, MISSING)
    fresh, upload = repaired(desk.catalogue, old, chunks("a")[0].size)
    desk.catalogue.jobs.close_repair(upload)
    desk.catalogue.jobs.close_repair(upload)
    assert rows_of(database, select(candidates)) != []
    desk.catalogue.collection.collect_blocks(0)
    assert names(desk, "f") == [fresh]
    (row,) = rows_of(database, select(uploads).where(uploads.c.id == upload))
    assert row.state == "aborted"
    with pytest.raises(UploadEnded):
        desk.catalogue.blocks.register(upload, [ReceivedBlock(BlockName.new(old.id, row.writer), 5_000, 7)])


def test_a_repair_whose_worker_died_expires(opened: Callable[[CatalogueSettings], Catalogue]) -> None:
    catalogue = opened(CatalogueSettings(upload_expiry=timedelta(0)))
    upload, writer = catalogue.jobs.open_repair()
    lost = BlockName.new(BlockId.of(b"lost"), writer)
    catalogue.blocks.register(upload, [ReceivedBlock(lost, 4, 7)])
    assert catalogue.collection.expire_uploads() == 1
    assert catalogue.collection.collect_blocks(0).removed == 1
    assert list(catalogue.jobs.dead_names([lost.id])[lost.id]) == [lost]


def test_an_upload_of_a_person_is_no_repair_to_be_closed(desk: Desk) -> None:
    upload = desk.basket()
    desk.catalogue.jobs.close_repair(upload.id)
    desk.catalogue.blocks.register(upload.id, received(upload, chunks("a")))


def test_a_repair_is_found_by_nobody(desk: Desk) -> None:
    desk.catalogue.jobs.open_repair()
    assert desk.catalogue.uploads.list(desk.me, None, 10).items == []
