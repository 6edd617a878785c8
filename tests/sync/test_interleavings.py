"""Others change a block while a worker looks at it: what the worker saw then is not told of what the block is now."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from block_storage import Proof
from foundation.blocks import MIB, BlockId, BlockName
from metadata import BlockState, EventStatus, ReceivedBlock
from tests.metadata.test_jobs_repair import names
from tests.sync.workshop import Watched, Workshop, flip, random_bytes

BYTES = random_bytes(MIB)
Names = Collection[tuple[BlockName, int]]


def disturbed(shop: Workshop, disturb: Callable[[BlockName], object]) -> Watched:
    """The store; `disturb` happens once, when the first blocks were read and nobody was told yet."""
    undisturbed = [disturb]

    def prove(names: Names) -> dict[BlockName, Proof]:
        proofs = shop.store.prove(names)
        if undisturbed:
            undisturbed.pop()(next(iter(proofs)))
        return proofs

    return Watched(shop.store, prove=prove)


def known_to_be_damaged(shop: Workshop) -> Any:
    file = shop.put("file", BYTES)
    shop.run("verify")
    flip(*shop.files(BYTES))
    shop.catalogue.sync_records.verify_file(shop.desk.me, file)
    shop.run("verify", "tell")
    assert shop.event(file).status is EventStatus.FAILED
    return file


def test_a_worker_that_was_stopped_after_it_read_heals_nothing_that_was_marked_meanwhile(shop: Workshop) -> None:
    file = shop.put("file", BYTES)

    def damage(name: BlockName) -> None:
        flip(*shop.files(BYTES))
        shop.catalogue.blocks.judge({name: BlockState.DAMAGED})

    shop.run("verify", store=disturbed(shop, damage))
    assert [block.state for block in shop.catalogue.jobs.broken(None)] == [BlockState.DAMAGED]
    shop.run("tell", "verify")
    assert shop.standing(file)[:2] == ("failed", "parts-damaged")
    assert shop.desk.at("file").verified_at is None


def test_a_block_that_an_upload_took_over_while_its_old_bytes_were_read_fails_no_file(shop: Workshop) -> None:
    file = known_to_be_damaged(shop)
    shop.catalogue.sync_records.retry(shop.desk.me, shop.event(file).event_id)
    store = disturbed(shop, lambda _name: shop.put("again", BYTES))
    shop.run("verify", store=store)
    assert shop.standing(file)[:2] == ("completed", None)
    # What is there now was read, not only what was there before.
    assert len(set(store.names("prove"))) == 2


def test_a_repair_that_an_upload_was_quicker_than_is_no_proof_of_the_uploads_bytes(shop: Workshop) -> None:
    file = known_to_be_damaged(shop)
    shop.put("again", BYTES)
    flip(*shop.files(BYTES))
    # Right bytes under the first, dead name; none under the second.
    for (dead,) in shop.catalogue.jobs.dead_names([BlockId.of(BYTES)]).values():
        shop.store.put(dead, BYTES)
    shop.catalogue.sync_records.verify_file(shop.desk.me, file)

    fresh: list[BlockName] = []

    def register(upload: Any, received: Sequence[ReceivedBlock]) -> None:
        if not fresh:
            writer = shop.desk.basket()
            fresh.append(BlockName.new(BlockId.of(BYTES), writer.writer))
            shop.store.put(fresh[0], BYTES)
            shop.catalogue.blocks.register(writer.id, [replace(received[0], name=fresh[0])])
        shop.catalogue.blocks.register(upload, received)

    store = Watched(shop.store)
    shop.run("verify", blocks=Watched(shop.catalogue.blocks, register=register), store=store)
    assert shop.standing(file)[:2] == ("completed", None)
    assert names(shop.desk, "file") == fresh
    assert fresh[0] in store.names("prove")
