"""`make demonstrate-rollback`: the catalogue is killed during an upload, and nothing of it is to be seen, ever.

The real services, each a process of its own, on SQLite and a disk store in a folder that goes afterwards. Each step is told with
what was found; the first that does not hold ends the demonstration with status 1.
"""

import hashlib
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

import metadata
from block_storage import BlockStore, open_block_store
from foundation.http_room import RoomClient
from foundation.service_tokens import Room, ServiceTokens
from metadata import Catalogue
from sync import TwoTruths, erase, sweep
from tests.servers.cairn_server import wait_until
from tests.servers.ports import free_ports
from tests.servers.stack import RoomServer

MIB = 1024 * 1024
EMAIL = "ada@example.org"
DATA = secrets.token_bytes(3 * MIB + 5)
BLOCKS = [DATA[start : start + MIB] for start in range(0, len(DATA), MIB)]
IDS = [hashlib.sha256(block).hexdigest() for block in BLOCKS]

Say = Callable[[str], object]


class DidNotHold(Exception):  # noqa: N818 — a finding, not an accident.
    """What was promised is not so."""


@dataclass(frozen=True)
class House:
    """The services, and what the sync service would work with."""

    rooms: dict[Room, RoomServer]
    catalogue: Catalogue
    store: BlockStore
    token: str

    def call(self, room: Room, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.request(method, f"{self.rooms[room].url}/api/v1{path}", headers=headers, timeout=60, **more)

    def in_store(self) -> int:
        """How many blocks lie there, whoever's they are."""
        return len(self.store.list(None, 10_000))


def demonstrate(folder: Path, say: Say) -> None:
    """Raises DidNotHold."""
    say("Four services start, each a process of its own: identity, metadata (the catalogue), block-storage, chunker.")
    with _house(folder) as house:
        step = Steps(say)
        upload = _begun(house, step)
        _broken(house, step, upload)
        _invisible(house, step, upload)
        _done_after_all(house, step, upload)
        _swept(house, step)
    say("All of it held: a failed write of metadata leaves nothing visible, and nothing for good.")


class Steps:
    """Numbered, each told with what was found."""

    def __init__(self, say: Say) -> None:
        self._say, self._number = say, 0

    def __call__(self, what: str, found: object, expected: object) -> None:
        """Raises DidNotHold."""
        self._number += 1
        if found != expected:
            raise DidNotHold(f"{self._number}. {what}: expected {expected}, found {found}")
        self._say(f"{self._number}. {what}: {found}")


def _begun(house: House, step: Steps) -> str:
    made = house.call(Room.METADATA, "POST", "/buckets", json={"name": "studio"})
    step("A bucket is made", made.status_code, 201)
    plan = [{"id": id, "size": len(block)} for id, block in zip(IDS, BLOCKS, strict=True)]
    body = {"bucket": "studio", "path": "film", "size": len(DATA), "chunks": plan}
    opened = house.call(Room.CHUNKER, "POST", "/uploads", json=body).json()
    step(f"An upload of {len(DATA):,} bytes begins; blocks to be sent", len(opened["missing"]), len(BLOCKS))
    upload: str = opened["upload_id"]
    step("The first block is sent", _sent(house, upload, 0).status_code, 201)
    return upload


def _broken(house: House, step: Steps, upload: str) -> None:
    step("Metadata is killed in the middle; its exit status", house.rooms[Room.METADATA].kill(), -9)
    for what, answer in {
        "The second block is refused": _sent(house, upload, 1),
        "So is the commit": house.call(Room.CHUNKER, "POST", f"/uploads/{upload}/commit"),
        "So is another file, sent as a whole": house.call(
            Room.CHUNKER, "PUT", "/buckets/studio/content/other", content=b"other"
        ),
    }.items():
        step(what, answer.status_code, 503)
        step("  as a problem document", answer.headers["content-type"], "application/problem+json")
        step("  that says when to try again", int(answer.headers["retry-after"]) > 0, True)
    step("Storage came first: blocks in the store, one of them registered by nobody", house.in_store(), 2)


def _invisible(house: House, step: Steps, upload: str) -> None:
    house.rooms[Room.METADATA].start()
    wait_until(lambda: house.call(Room.METADATA, "GET", "/buckets").status_code == 200, 60)
    files = house.call(Room.METADATA, "GET", "/buckets/studio/files").json()["items"]
    step("Metadata is back. Files that anybody sees", files, [])
    changes = house.call(Room.METADATA, "GET", "/buckets/studio/changes", params={"after": 0}).json()["items"]
    step("Changes in the bucket's journal", changes, [])
    bucket = house.call(Room.METADATA, "GET", "/buckets/studio").json()
    step("Files and bytes that the bucket counts", (bucket["files"], bucket["version_bytes"]), (0, 0))
    step("Sweeping while the upload is open takes", _sweep(house), 0)
    state = house.call(Room.CHUNKER, "GET", f"/uploads/{upload}").json()
    step("The upload knows what it has; blocks that are missing", len(state["missing"]), len(BLOCKS) - 1)


def _done_after_all(house: House, step: Steps, upload: str) -> None:
    sent = [_sent(house, upload, number).status_code for number in range(1, len(BLOCKS))]
    step("The same upload goes on: the other blocks are sent", set(sent), {201})
    step("It is committed", house.call(Room.CHUNKER, "POST", f"/uploads/{upload}/commit").status_code, 201)
    step("The file is read back, byte for byte", _is_whole(house), True)
    step("Blocks in the store, one of them an orphan", house.in_store(), len(BLOCKS) + 1)


def _swept(house: House, step: Steps) -> None:
    """What the sync service does weekly, and some days later."""
    step("Sweeping now that the upload has ended takes", _sweep(house), 1)
    step("Its bytes are erased", erase(house.catalogue.collection, house.store, lambda: None), 1)
    step("Blocks in the store", house.in_store(), len(BLOCKS))
    step("The file is as it was", _is_whole(house), True)


def _sent(house: House, upload: str, number: int) -> httpx.Response:
    return house.call(Room.CHUNKER, "PUT", f"/uploads/{upload}/chunks/{IDS[number]}", content=BLOCKS[number])


def _sweep(house: House) -> int:
    truths = TwoTruths(house.catalogue.installation, house.store, house.catalogue.is_new)
    return sweep(house.catalogue.collection, house.store, truths.seen, lambda: None)


def _is_whole(house: House) -> bool:
    return house.call(Room.CHUNKER, "GET", "/buckets/studio/content/film").content == DATA


@contextmanager
def _house(folder: Path) -> Iterator[House]:
    rooms = (Room.IDENTITY, Room.METADATA, Room.BLOCK_STORAGE, Room.CHUNKER)
    port, *ports = free_ports(1 + len(rooms))
    at = dict(zip(rooms, ports, strict=True))
    environment = {
        "CAIRN_PORT": str(port),
        "CAIRN_SECRET": secrets.token_hex(32),
        "CAIRN_METADATA": f"http://127.0.0.1:{at[Room.METADATA]}",
        "CAIRN_IDENTITY": f"http://127.0.0.1:{at[Room.IDENTITY]}",
        "CAIRN_BLOCKS": f"http://127.0.0.1:{at[Room.BLOCK_STORAGE]}",
        # Days of grace, else, before the bytes of what nobody names are erased.
        "CAIRN_DEAD_NAME_DAYS": "0",
    }
    # SQLite belongs to one process: who somebody is stands in a folder of its own.
    folders = {room: folder / ("identity" if room is Room.IDENTITY else "rooms") for room in rooms}
    servers = {room: RoomServer(folders[room], room, at[room], environment) for room in rooms}
    tokens = ServiceTokens(environment["CAIRN_SECRET"].encode())
    with ExitStack() as stack:
        for room in (Room.IDENTITY, Room.METADATA):
            folders[room].mkdir()
            servers[room].cairn("migrate")
        for server in servers.values():
            stack.callback(lambda server=server: server.is_running and server.kill())  # type: ignore[misc]
            server.launch()
        for server in servers.values():
            server.await_ready()
        catalogue = metadata.http_catalogue(RoomClient(environment["CAIRN_METADATA"], Room.SYNC, tokens))
        stack.enter_context(closing(catalogue))
        store = open_block_store(environment["CAIRN_BLOCKS"], connect=lambda url: RoomClient(url, Room.SYNC, tokens))
        stack.enter_context(closing(store))
        yield House(servers, catalogue, store, servers[Room.IDENTITY].add_user(EMAIL))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="cairn-rollback-") as folder:
        try:
            demonstrate(Path(folder), _say)
        except DidNotHold as broken:
            sys.stderr.write(f"This did not hold: {broken}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
