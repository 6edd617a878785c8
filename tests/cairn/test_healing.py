"""Parts that the server lacks, found in a folder and sent, by a real client to a real server."""

import os
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from chunker.cutting import cut_file
from client import CairnClient, ClientSettings, Healing, Step, Unusual
from foundation.blocks import MIB, BlockId, Chunking
from tests.servers.cairn_server import SignedInServer

DICE = random.Random(57)


@pytest.fixture
def client(shared: SignedInServer) -> Iterator[CairnClient]:
    with CairnClient(shared.url, shared.token) as connected:
        yield connected


def blocks(place: Path, chunking: Chunking) -> dict[BlockId, int]:
    with place.open("rb", buffering=0) as file:
        return {BlockId.of(block): len(block) for block in cut_file(file, chunking)}


def stored(server: SignedInServer, wanted: dict[BlockId, int]) -> set[BlockId]:
    """Which of `wanted` lie in the store."""
    return {id for id in wanted if list((server.data / "blocks").glob(f"??/{id.hex()}.*"))}


def looked(client: CairnClient, folder: Path, wanted: dict[BlockId, int]) -> tuple[Healing, list[Unusual]]:
    left_out: list[Unusual] = []
    return client.heal(folder, wanted, left_out=left_out.append), left_out


@pytest.mark.parametrize("chunking", Chunking)
@pytest.mark.parametrize("size", [1, 200_000, 300_000, MIB, MIB + 1, 9_500_000])
def test_every_part_of_a_file_is_found_however_its_bucket_cuts_and_wherever_it_lies(
    shared: SignedInServer, client: CairnClient, tmp_path: Path, chunking: Chunking, size: int
) -> None:
    place = tmp_path / "some" / "where else" / "under another name"
    place.parent.mkdir(parents=True)
    place.write_bytes(DICE.randbytes(size))
    wanted = blocks(place, chunking)
    (tmp_path / "some" / "other").write_bytes(DICE.randbytes(size))
    found, left_out = looked(client, tmp_path, wanted)
    assert (found.wanted, found.found, found.left, left_out) == (len(wanted), len(wanted), set(), [])
    assert found.found_bytes == size
    assert found.places == [str(place)]
    assert stored(shared, wanted) == set(wanted)


def test_only_what_is_wanted_travels_and_what_is_not_found_is_told(
    shared: SignedInServer, client: CairnClient, tmp_path: Path
) -> None:
    (tmp_path / "large").write_bytes(DICE.randbytes(5 * MIB))
    there = blocks(tmp_path / "large", Chunking.FIXED)
    one, lost = next(iter(there)), BlockId.of(b"nobody has this")
    found, _ = looked(client, tmp_path, {one: MIB, lost: 15})
    assert (found.found, found.left) == (1, {lost})
    assert stored(shared, there) == {one}
    with shared.http(shared.token) as http:
        assert http.get("/uploads").json()["items"] == [], "the upload has ended"


def test_a_rehearsal_finds_the_same_and_sends_nothing(
    shared: SignedInServer, client: CairnClient, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(DICE.randbytes(3 * MIB))
    wanted = blocks(tmp_path / "a", Chunking.FIXED)
    found = client.heal(tmp_path, wanted, is_rehearsal=True)
    assert (found.found, found.left) == (3, set())
    assert stored(shared, wanted) == set()


def test_it_ends_as_soon_as_nothing_is_wanted_any_more(client: CairnClient, tmp_path: Path) -> None:
    data = DICE.randbytes(1000)
    for number in range(50):
        (tmp_path / str(number)).write_bytes(data)
    found, _ = looked(client, tmp_path, {BlockId.of(data): len(data)})
    assert (found.files, len(found.places)) == (1, 1)


def test_links_are_not_followed_and_what_is_no_file_is_passed_over(
    shared: SignedInServer, client: CairnClient, tmp_path: Path
) -> None:
    (tmp_path / "outside").write_bytes(DICE.randbytes(1000))
    wanted = blocks(tmp_path / "outside", Chunking.FIXED)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "round and round").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "pipe")
    found, left_out = looked(client, folder, wanted)
    assert (found.files, found.found) == (0, 0)
    assert {Path(one.place).name: one.reason for one in left_out} == {
        "link": "a link",
        "round and round": "a link",
        "pipe": "neither file nor folder",
    }
    assert stored(shared, wanted) == set()


def test_what_vanishes_while_it_is_looked_for_is_told_and_the_others_are_found(
    client: CairnClient, tmp_path: Path
) -> None:
    names = [f"{number:03}" for number in range(100)]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())

    class Remover:
        """Once something was looked at, half of the others go."""

        def expect(self, files: int, size: int) -> None: ...

        def step(self, _step: Step) -> None:
            for name in names[:50]:
                (tmp_path / name).unlink(missing_ok=True)

    left_out: list[Unusual] = []
    wanted = {BlockId.of(name.encode()): 3 for name in names}
    found = client.heal(tmp_path, wanted, Remover(), left_out.append)
    gone = {Path(one.place).name for one in left_out}
    assert gone <= set(names[:50])
    assert len(gone) in {49, 50}
    assert found.found == 100 - len(gone)
    assert {one.reason.rpartition(": ")[2] for one in left_out} == {"No such file or directory"}


def test_a_folder_that_is_not_there_is_told(client: CairnClient, tmp_path: Path) -> None:
    found, left_out = looked(client, tmp_path / "nowhere", {BlockId.of(b"x"): 1})
    assert (found.files, [one.reason for one in left_out]) == (0, ["No such file or directory"])


def test_memory_does_not_grow_with_what_is_looked_through(shared: SignedInServer, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(150 * MIB)
    settings = ClientSettings(jobs=1)
    with CairnClient(shared.url, shared.token, settings) as client:
        tracemalloc.start()
        found = client.heal(tmp_path, {BlockId.of(b"no such block"): MIB})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert found.bytes == 150 * MIB
    assert peak < 30 * MIB


def test_names_that_are_no_text_are_looked_at_as_well(client: CairnClient, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\xfe")).write_bytes(b"odd")
    found, _ = looked(client, tmp_path, {BlockId.of(b"odd"): 3})
    assert found.found == 1
