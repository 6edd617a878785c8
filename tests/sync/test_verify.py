"""Verification, on a real catalogue and a real store in folders: what is whole ends completed, what is not says why."""

import itertools
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

import pytest

from block_storage import Proof, StorageFailed
from foundation.blocks import MIB, BlockId, BlockName
from metadata import Chunk, EventStatus
from sync import Interrupted
from sync.slices import SLICE_BYTES
from tests.block_storage.faulty_store import FaultyBlockStore
from tests.metadata.catalogues import Desk
from tests.sync.workshop import Watched, Workshop, eventually, open_workshop, random_bytes

DONE = EventStatus.COMPLETED
# Each slice of it has a block that no slice before has.
LONG = [random_bytes(MIB, number) for number in range(6) for _ in range(SLICE_BYTES // MIB)]


def test_a_new_file_is_read_back_and_completed(shop: Workshop) -> None:
    file = shop.put("file", random_bytes(MIB), b"end")
    assert shop.event(file).status is EventStatus.PENDING
    assert shop.run("verify") >= 1
    event = shop.event(file)
    assert (event.status, event.action) == (DONE, "upload_synchronized")
    assert (event.chunks_verified, event.total_chunks, event.healed_chunks) == (2, 2, 0)
    assert shop.desk.at("file").verified_at is not None


def test_nothing_is_due_once_all_is_done(shop: Workshop) -> None:
    shop.put("file", b"bytes")
    shop.run("verify")
    assert shop.run("verify") == 0


def test_every_kind_of_change_ends_completed(shop: Workshop) -> None:
    file = shop.put("file", b"one")
    shop.put("file", b"two")
    other = Desk(shop.catalogue, me=shop.desk.me)
    shop.put("gone", b"three", desk=other)
    shop.catalogue.buckets.delete(shop.desk.me, other.id, recursive=True)
    shop.catalogue.files.purge(shop.desk.me, file, None)
    shop.run("verify")
    events = shop.events()
    assert {event.status for event in events} == {DONE}
    assert len(events) >= 4


def test_a_shared_block_is_read_once(shop: Workshop) -> None:
    store = Watched(shop.store)
    for number in range(5):
        shop.put(f"file {number}", b"shared")
    shop.run("verify", store=store)
    assert len(store.names("prove")) == 1
    later = shop.put("later", b"shared")
    shop.run("verify", store=store)
    assert shop.event(later).status is DONE
    # A moment ago it was there.
    assert (len(store.names("prove")), store.names("check")) == (1, [])


def test_verify_now_reads_what_was_proved_before(shop: Workshop) -> None:
    file = shop.put("file", b"bytes")
    shop.run("verify")
    store = Watched(shop.store)
    shop.catalogue.sync_records.verify_file(shop.desk.me, file)
    shop.run("verify", store=store)
    assert len(store.names("prove")) == 1
    assert shop.event(file).status is DONE


@pytest.mark.parametrize("blocks", [[b"bytes"], LONG], ids=["short", "long"])
def test_what_was_read_before_somebody_asked_is_no_proof_of_how_it_is_since(
    shop: Workshop, blocks: list[bytes]
) -> None:
    asked: list[datetime] = []

    def prove(names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Proof]:
        proofs = shop.store.prove(names)
        asked.append(shop.catalogue.jobs.clock())
        return proofs

    put_long(shop, "file", blocks)
    shop.run("verify", store=Watched(shop.store, prove=prove))
    verified = shop.desk.at("file").verified_at
    assert verified is not None
    assert verified < asked[0]


@pytest.mark.parametrize("copies", [1, 3])
def test_a_store_that_is_away_marks_nothing_and_counts_no_attempt(
    make_shop: Callable[[int], Workshop], copies: int
) -> None:
    shop = make_shop(copies)
    file = shop.put("file", b"bytes")
    for folder in shop.folders:
        folder.rename(folder.with_name(f"{folder.name} unmounted"))
    with pytest.raises(StorageFailed):
        shop.run("verify")
    assert (shop.event(file).status, shop.event(file).attempts) == (EventStatus.PENDING, 0)
    for folder in shop.folders:
        folder.with_name(f"{folder.name} unmounted").rename(folder)
    shop.run("verify")
    assert (shop.event(file).status, shop.event(file).attempts) == (DONE, 1)


def test_a_store_that_goes_while_it_is_read_marks_nothing_either(shop: Workshop) -> None:
    file = shop.put("file", b"bytes")
    shop.run("verify", store=FaultyBlockStore(shop.store, "rEr"))
    event = shop.event(file)
    assert (event.status, event.reason) == (EventStatus.PENDING, "Waiting: the store does not answer.")
    assert event.attempts == 0
    assert shop.catalogue.sync_records.wanted(shop.desk.me, None, 10) == []


def put_long(shop: Workshop, path: str, blocks: list[bytes]) -> object:
    """As `put`, its blocks registered together."""
    chunks = {data: Chunk(BlockId.of(data), len(data)) for data in dict.fromkeys(blocks)}
    upload = shop.desk.open(path, [chunks[data] for data in blocks])
    by_id = {chunk.id: data for data, chunk in chunks.items()}
    received = shop.desk.send(upload, list(chunks.values()))
    shop.store.put_many([(block.name, by_id[block.name.id]) for block in received])
    return shop.desk.commit(upload.id).version.file_id


def test_a_version_of_10_000_chunks_is_verified_in_pages(shop: Workshop) -> None:
    blocks = [bytes([number]) * MIB for number in range(10)]
    file = put_long(shop, "long", blocks * 1000)
    jobs, store = Watched(shop.catalogue.jobs), Watched(shop.store)
    shop.run("verify", jobs=jobs, store=store)
    event = shop.event(file)
    assert (event.status, event.chunks_verified) == (DONE, 10_000)
    assert len(store.names("prove")) == 10
    # Never more than a page of them at once.
    assert [events for (events,) in jobs.of("chunks") if events] == []
    assert {limit for _event, _first, limit in jobs.of("chunks_from")} == {1000}
    assert len(jobs.of("chunks_from")) == 11


def test_a_long_version_keeps_its_lease_and_tells_how_far_it_is(shop: Workshop) -> None:
    file = put_long(shop, "long", LONG)
    jobs, ticks = Watched(shop.catalogue.jobs), itertools.count(0, 5)
    shop.verification(jobs=jobs, clock=lambda: next(ticks)).drain()
    told = [verified for _job, _worker, verified, _lease in jobs.of("progress")]
    assert told
    assert told == sorted(told)
    assert shop.event(file).status is DONE


def test_a_long_version_makes_way_for_others_and_is_not_read_twice(shop: Workshop) -> None:
    long = put_long(shop, "long", LONG)
    store, shorts = Watched(shop.store), []

    def backlog() -> object:
        if not shorts:
            shorts.append(shop.put("short", b"bytes"))
        return shop.catalogue.jobs.backlog()

    def claim(*arguments: object) -> object:
        if shorts:
            statuses.append(shop.event(long).status)
        return shop.catalogue.jobs.claim(*arguments)

    statuses: list[EventStatus] = []
    jobs, ticks = Watched(shop.catalogue.jobs, claim=claim, backlog=backlog), itertools.count(0, 7)
    shop.verification(jobs=jobs, looking=shop.looking(store), clock=lambda: next(ticks)).drain()
    assert statuses[0] is EventStatus.PENDING
    assert {event.status for event in shop.events()} == {DONE}
    assert len(store.names("prove")) == len(set(store.names("prove"))) == 7
    assert shop.event(long).attempts == 1


def test_two_drains_at_once_share_the_events(shop: Workshop) -> None:
    for number in range(60):
        shop.put(f"file {number}", b"%d" % number)
    barrier = threading.Barrier(2)

    def drain(process: str) -> None:
        barrier.wait()
        shop.run("verify", process=process)

    drains = [threading.Thread(target=drain, args=(process,)) for process in ("one", "other")]
    for thread in drains:
        thread.start()
    for thread in drains:
        thread.join()
    events = shop.events()
    assert {(event.status, event.attempts) for event in events} == {(DONE, 1)}


def test_an_interrupted_drain_gives_back_what_it_had_not_begun(shop: Workshop) -> None:
    files = [shop.put(f"file {number}", random_bytes(1000, number) * 1000) for number in range(40)]

    def interrupted(_seconds: float = 0.0) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        shop.verification(pause=interrupted).drain()
    events = [shop.event(file) for file in files]
    counts = [sum(event.status is status for event in events) for status in (DONE, EventStatus.PENDING)]
    assert sum(counts) == len(files)
    assert min(counts) > 0
    assert {event.attempts for event in events if event.status is EventStatus.PENDING} == {0}
    shop.run("verify")
    assert {shop.event(file).status for file in files} == {DONE}


def test_a_job_that_breaks_its_check_spoils_no_other_and_fails_in_the_end(shop: Workshop) -> None:
    files = [shop.put(f"file {number}", b"%d" % number) for number in range(5)]
    poison = shop.event(files[2]).event_id

    def chunks(events: list[object]) -> object:
        if poison in events:
            raise ZeroDivisionError
        return shop.catalogue.jobs.chunks(events)

    verification = shop.verification(jobs=Watched(shop.catalogue.jobs, chunks=chunks))
    verification.drain()
    assert [shop.event(file).status for file in files if file != files[2]] == [DONE] * 4
    eventually(lambda: verification.drain() == 0 and shop.event(files[2]).status is EventStatus.FAILED)
    event = shop.event(files[2])
    assert (event.attempts, event.error, event.reason) == (8, "internal", "The check itself failed.")


def test_what_is_purged_between_claim_and_look_is_no_failure(shop: Workshop) -> None:
    file = shop.put("file", b"bytes")
    purged: list[object] = []

    def chunks(events: list[object]) -> object:
        if not purged:
            purged.append(shop.catalogue.files.purge(shop.desk.me, file, None))
        return shop.catalogue.jobs.chunks(events)

    shop.verification(jobs=Watched(shop.catalogue.jobs, chunks=chunks)).drain()
    assert purged
    assert {event.status for event in shop.events()} == {DONE}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM block_holders",
        "UPDATE sync_events SET owner = (SELECT id FROM buckets LIMIT 1)",
        "UPDATE buckets SET owner = id",
    ],
)
def test_isolation_that_was_broken_by_hand_is_noticed(shop: Workshop, statement: str) -> None:
    file = shop.put("file", b"bytes")
    by_hand(shop, statement)
    shop.run("verify")
    job = by_hand(shop, "SELECT status, error, reason FROM sync_events WHERE file IS NOT NULL")
    assert job == [("failed", "not-readable-by-owner", "Not readable by its owner.")], file


@pytest.mark.parametrize(
    "statement", ['DELETE FROM file_chunks WHERE "index" = 1', 'UPDATE file_chunks SET "offset" = 7 WHERE "index" = 1']
)
def test_a_catalogue_that_lost_rows_is_noticed(shop: Workshop, statement: str) -> None:
    file = shop.put("file", random_bytes(MIB, 1), random_bytes(MIB, 2), b"three")
    by_hand(shop, statement)
    shop.run("verify")
    assert shop.standing(file)[:2] == ("failed", "catalogue-inconsistent")


def by_hand(shop: Workshop, statement: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(shop.database) as connection:
        rows = connection.execute(statement).fetchall()
    connection.close()
    return rows


def test_a_worker_killed_in_the_middle_of_a_batch_leaves_it_to_the_next_once(tmp_path: Path) -> None:
    shop = open_workshop(tmp_path)
    for number in range(40):
        shop.put(f"file {number}", random_bytes(1000, number) * 1000)
    me, bucket = shop.desk.me, shop.desk.bucket
    shop.close()
    child = subprocess.run([sys.executable, "-m", "tests.sync.verify_child", str(tmp_path)], check=False)
    assert child.returncode == -signal.SIGKILL
    shop = open_workshop(tmp_path)
    shop.desk.me, shop.desk.bucket = me, bucket
    statuses = [event.status for event in shop.events()]
    assert {EventStatus.PROCESSING, DONE} <= set(statuses)
    eventually(lambda: shop.run("verify") >= 0 and {event.status for event in shop.events()} == {DONE})
    assert {event.attempts for event in shop.events()} <= {1, 2}
    verified = sum(quarter.verified for quarter in shop.catalogue.sync_records.figures(me).day)
    assert verified == len(statuses)
    shop.close()
