"""Wrong bytes never leave: damage is an error before the first byte, and a visible cut after it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from block_storage import open_block_store
from foundation.blocks import MIB, BlockId
from metadata import BlockState, EventQuery, EventStatus, open_catalogue
from tests.chunker.served import Person, Served, id_of, served, some_bytes
from tests.servers.migrated import migrated_catalogue

DATA = some_bytes(8 * MIB, seed=5)


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[Served]:
    """A server over a folder that a test may damage."""
    database = migrated_catalogue(tmp_path / "cairn.db")
    with (
        closing(open_catalogue(database)) as catalogue,
        closing(open_block_store(f"file://{tmp_path / 'blocks'}", initialise=True)) as store,
        served(catalogue, store) as stack,
    ):
        yield stack


def block_file(folder: Path, index: int) -> Path:
    id = id_of(DATA[index * MIB : (index + 1) * MIB])
    (found,) = (path for path in (folder / "blocks").rglob(f"{id}.*") if path.is_file())
    return found


def flip_a_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def state_of(stack: Served, me: Person, index: int) -> BlockState:
    version = stack.catalogue.files.find(me.identity, str(me.bucket.id), "folder/a")
    assert version.content
    return stack.catalogue.files.chunks(version.content, index, 1)[0].state


@pytest.mark.parametrize(
    ("damage", "state"),
    [(flip_a_bit, BlockState.DAMAGED), (truncate, BlockState.DAMAGED), (Path.unlink, BlockState.MISSING)],
)
def test_damage_in_the_first_block_is_an_answer_that_names_file_and_chunk(
    damaged: Served, tmp_path: Path, damage: object, state: BlockState
) -> None:
    me = damaged.person()
    me.http.put(f"{me.content}/folder/a", content=DATA)
    damage(block_file(tmp_path, 0))  # type: ignore[operator]
    answer = me.http.get(f"{me.content}/folder/a")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:cairn:problem:content-damaged")
    assert (answer.json()["path"], answer.json()["chunk"]) == ("folder/a", 0)
    assert state_of(damaged, me, 0) is state
    assert me.http.get(f"{me.content}/folder/a", headers={"Range": f"bytes={MIB}-"}).content == DATA[MIB:]


def test_damage_that_a_reader_meets_is_told_to_every_file_of_the_block(damaged: Served, tmp_path: Path) -> None:
    me = damaged.person()
    for path in ("folder/a", "folder/twin"):
        me.http.put(f"{me.content}/{path}", content=DATA)
    # The second one's own copy waits to be erased.
    for file in (tmp_path / "blocks").rglob(f"{id_of(DATA[:MIB])}.*"):
        flip_a_bit(file)
    assert me.http.get(f"{me.content}/folder/a").status_code == 500
    while damaged.catalogue.jobs.tell():
        pass
    failed = damaged.catalogue.sync_records.events(me.identity, EventQuery(status=EventStatus.FAILED)).items
    assert {event.path for event in failed} == {"folder/a", "folder/twin"}
    assert {event.error for event in failed} == {"parts-damaged"}


def test_damage_further_behind_cuts_the_connection_before_the_end(damaged: Served, tmp_path: Path) -> None:
    me = damaged.person()
    me.http.put(f"{me.content}/folder/a", content=DATA)
    flip_a_bit(block_file(tmp_path, 6))
    received = bytearray()
    with me.http.stream("GET", f"{me.content}/folder/a") as answer:
        assert answer.headers["content-length"] == str(len(DATA))
        with pytest.raises(httpx.RemoteProtocolError):
            received.extend(byte for piece in answer.iter_raw() for byte in piece)
    assert bytes(received) == DATA[: len(received)]
    assert len(received) <= 6 * MIB
    assert state_of(damaged, me, 6) is BlockState.DAMAGED


def test_sending_the_bytes_again_heals_every_file_that_uses_them(damaged: Served, tmp_path: Path) -> None:
    me = damaged.person()
    me.http.put(f"{me.content}/folder/a", content=DATA)
    flip_a_bit(block_file(tmp_path, 0))
    assert me.http.get(f"{me.content}/folder/a").status_code == 500
    upload = me.http.post("/uploads", json={}).json()["upload_id"]
    block = DATA[:MIB]
    assert me.http.put(f"/uploads/{upload}/chunks/{BlockId.of(block)}", content=block).status_code == 201
    assert me.http.get(f"{me.content}/folder/a").content == DATA
