"""A catalogue with retention, a store in folders, and the chores that work on both: what verification is tried in."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from xxhash import xxh3_64_intdigest

from block_storage import BlockStore, FilesystemBlockStore
from foundation.blocks import BlockId, BlockName
from foundation.doorbell import InProcessDoorbell
from metadata import (
    Catalogue,
    CatalogueSettings,
    Chunk,
    EventQuery,
    Precondition,
    ReceivedBlock,
    SyncEvent,
    Target,
    open_catalogue,
)
from sync import Chore, Parts, SyncSettings, TwoTruths, chores
from sync.examination import Examination
from sync.looking import Looking
from sync.resting import Resting
from sync.verify import Verification
from tests.metadata.catalogues import Desk
from tests.servers.migrated import migrated_catalogue
from tests.sync.test_collect import at_once

UNHURRIED = CatalogueSettings(event_backoff=timedelta(0))
SETTINGS = SyncSettings(scrub_rate=1 << 40)


@dataclass
class Workshop:
    """`folders`: those of the store's copies."""

    database: Path
    catalogue: Catalogue
    folders: Sequence[Path]
    store: BlockStore = field(init=False)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.store = FilesystemBlockStore([str(folder) for folder in self.folders], initialise=True)
        TwoTruths(self.catalogue.installation, self.store, self.catalogue.is_new).start()
        self.desk = Desk(self.catalogue)

    def put(self, path: str, *blocks: bytes, desk: Desk | None = None) -> UUID:
        """A file of these blocks, of which those that are not there yet are sent. Its id."""
        desk = desk or self.desk
        plan = [Chunk(BlockId.of(data), len(data)) for data in blocks]
        upload, missing = self.catalogue.uploads.open(desk.me, Target(desk.id, path), Precondition(), plan)
        for data in dict.fromkeys(blocks):
            if BlockId.of(data) in missing:
                name = BlockName.new(BlockId.of(data), upload.writer)
                self.store.put(name, data)
                received = ReceivedBlock(name, len(data), xxh3_64_intdigest(data))
                self.catalogue.blocks.register(upload.id, [received])
        return desk.commit(upload.id).version.file_id

    def parts(self, process: str = "here", settings: SyncSettings = SETTINGS, **others: Any) -> Parts:
        catalogue = self.catalogue
        parts = {
            "collection": catalogue.collection,
            "blocks": catalogue.blocks,
            "jobs": catalogue.jobs,
            "proofs": catalogue.proofs,
            "store": self.store,
            "truths": TwoTruths(catalogue.installation, self.store, catalogue.is_new),
            "doorbell": InProcessDoorbell(),
        }
        return Parts(process, settings=settings, **(parts | others))

    def chore(self, name: str, **parts: Any) -> Chore:
        return next(one for one in chores(self.parts(**parts), at_once) if one.name == name)

    def run(self, *names: str, **parts: Any) -> int:
        """How much the last of these chores did."""
        done = 0
        for name in names:
            done = self.chore(name, **parts).run()
        return done

    def verification(self, **changed: Any) -> Verification:
        """As the chore's, but for what is `changed`."""
        usual = {
            "worker": "here",
            "lease": timedelta(minutes=1),
            "jobs": self.catalogue.jobs,
            "store": self.store,
            "looking": self.looking(self.store),
            "count": lambda _what, _number: None,
        }
        resting = Resting(changed.pop("pause", at_once))
        return Verification(**(usual | {"resting": resting} | changed))

    def looking(self, store: BlockStore) -> Looking:
        catalogue = self.catalogue
        return Looking(Examination(catalogue.jobs, catalogue.blocks, store, InProcessDoorbell()), catalogue.jobs.clock)

    def event(self, file: UUID) -> SyncEvent:
        """The newest of the file."""
        return self.events(file_id=file)[0]

    def events(self, **query: Any) -> Sequence[SyncEvent]:
        return self.catalogue.sync_records.events(self.desk.me, EventQuery(limit=1000, **query)).items

    def events_of(self, desk: Desk) -> Sequence[SyncEvent]:
        return self.catalogue.sync_records.events(desk.me, EventQuery(limit=1000)).items

    def standing(self, file: UUID) -> tuple[str, str | None, str | None]:
        """Status, error and reason of the newest event."""
        event = self.event(file)
        return event.status.value, event.error, event.reason

    def files(self, data: bytes) -> list[Path]:
        """Where the copies of a block lie, in the order of the folders; those set aside are not told."""
        id = BlockId.of(data).hex()
        return [path for folder in self.folders for path in folder.glob(f"{id[:2]}/{id}.*")]

    def close(self) -> None:
        self.store.close()
        self.catalogue.close()


def open_workshop(folder: Path, copies: int = 1) -> Workshop:
    """The same again where it was before."""
    database = folder / "workshop.db"
    catalogue = open_catalogue(migrated_catalogue(database), UNHURRIED)
    return Workshop(database, catalogue, [folder / f"copy{number}" for number in range(1, copies + 1)])


class Watched:
    """A seam whose calls are noted, some of them done otherwise: `otherwise` maps a method's name to what stands in its place."""

    def __init__(self, inner: Any, **otherwise: Callable[..., Any]) -> None:
        self._inner, self._otherwise = inner, otherwise
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.calls.append((name, arguments))
            return self._otherwise.get(name, getattr(self._inner, name))(*arguments)

        return call

    def of(self, name: str) -> list[tuple[Any, ...]]:
        """The arguments of the calls of `name`, in order."""
        return [arguments for called, arguments in self.calls if called == name]

    def names(self, method: str) -> list[Any]:
        """The block names that `method` of a store was asked for."""
        return [name for (asked,) in self.of(method) for name, _size in asked]


def random_bytes(number: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(number)


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def delete(path: Path) -> None:
    path.unlink()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "flipped": flip,
    "truncated": truncate,
    "emptied": empty,
    "a folder": replace_by_folder,
}
