"""Each thing that slips is found by its function, put right, and counted under its own name."""

from datetime import timedelta

from prometheus_client import CollectorRegistry

from block_storage import MemoryBlockStore
from foundation.blocks import BlockName
from metadata import Catalogue, EventStatus
from sync import collect, erase, expire, nominate, recount, sweep
from sync.reconcile import CountedCollection, Reconciled
from tests.metadata.catalogues import Desk, chunk
from tests.sync.test_collect import all_known, at_once, file_of
from tests.sync.workshop import Workshop, delete


class Counts:
    def __init__(self) -> None:
        self.reconciled, self._registry = Reconciled(), CollectorRegistry()
        self.reconciled.register(self._registry)

    def erased_bytes(self) -> float | None:
        return self._registry.get_sample_value("cairn_erased_bytes_total")

    def __getitem__(self, what: str) -> float:
        return self._registry.get_sample_value("cairn_reconciled_total", {"what": what}) or 0


def test_an_upload_that_nobody_touched_is_ended_and_counted(desk: Desk, catalogue: Catalogue) -> None:
    counts = Counts()
    desk.open("never sent", [chunk("a")])
    expire(CountedCollection(catalogue.collection, counts.reconciled), at_once)
    assert counts["expired-uploads"] == 1


def test_what_nothing_names_is_collected_and_its_dead_name_erased(
    desk: Desk, catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    counts = Counts()
    collection = CountedCollection(catalogue.collection, counts.reconciled)
    catalogue.files.purge(desk.me, file_of(desk, store, "gone", b"gone"), None)
    collect(collection, at_once)
    erase(collection, store, at_once)
    assert (counts["collected-contents"], counts["collected-blocks"], counts["erased-names"]) == (1, 1, 1)
    assert counts.erased_bytes() == len(b"gone")
    assert store.list() == []


def test_bytes_of_nobody_become_dead_and_are_counted(desk: Desk, catalogue: Catalogue, store: MemoryBlockStore) -> None:
    counts = Counts()
    upload = desk.basket()
    store.put(BlockName.new(chunk("x").id.of(b"bytes"), upload.writer), b"bytes")
    catalogue.uploads.end(desk.me, upload.id)
    assert sweep(CountedCollection(catalogue.collection, counts.reconciled), store, all_known, at_once) == 1
    assert counts["orphans"] == 1
    erase(CountedCollection(catalogue.collection, counts.reconciled), store, at_once)
    assert (counts["erased-names"], counts.erased_bytes()) == (1, 0)


def test_a_pass_that_finds_nothing_counts_nothing(catalogue: Catalogue) -> None:
    counts = Counts()
    collection = CountedCollection(catalogue.collection, counts.reconciled)
    assert (nominate(collection, at_once), recount(collection, at_once)) == (0, 0)
    assert (counts["unreferenced"], counts["drifted-counters"]) == (0, 0)


def test_failed_events_of_parts_that_are_whole_again_are_revived(shop: Workshop) -> None:
    file = shop.put("file", b"bytes")
    (path,) = shop.files(b"bytes")
    delete(path)
    shop.run("verify")
    assert shop.event(file).status is EventStatus.FAILED
    path.write_bytes(b"bytes")
    counts = Counts()
    shop.run("repair")
    shop.run("revive", reconciled=counts.reconciled)
    shop.run("verify")
    assert shop.event(file).status is EventStatus.COMPLETED
    assert counts["revived-events"] == 1


def test_an_event_whose_worker_is_gone_is_taken_over_and_counted(shop: Workshop) -> None:
    file = shop.put("file", b"bytes")
    shop.catalogue.jobs.claim("gone", 10, timedelta(0))
    counts = Counts()
    shop.run("verify", reconciled=counts.reconciled)
    assert (shop.event(file).status, shop.event(file).attempts) == (EventStatus.COMPLETED, 2)
    assert counts["stuck-events"] >= 1
