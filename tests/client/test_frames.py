"""Framed bodies, and the paths and local files that copies are made of."""

import random
from pathlib import Path

import pytest

from client.addresses import check_path, path_fault
from client.errors import AddressInvalid, LocalFileUnreadable
from client.frames import CutBlock, frame_pieces, frame_size, frames
from client.local_files import LocalFile, Stamp, read_blocks, walk
from foundation.blocks import MIB, BlockId, Chunking

DICE = random.Random(8)


def block(size: int) -> CutBlock:
    data = DICE.randbytes(size)
    return CutBlock(BlockId.of(data), data)


@pytest.mark.parametrize("sizes", [[1], [5, 7], [4 * MIB], [300_000, 1, 300_000], [1000] * 700, [MIB, 10, MIB]])
def test_a_body_is_its_blocks_one_after_another_however_it_is_cut(sizes: list[int]) -> None:
    blocks = [block(size) for size in sizes]
    body = b"".join(frame_pieces(blocks))
    assert len(body) == frame_size(blocks)
    assert body == b"".join(one.id + len(one.data).to_bytes(4, "big") + one.data for one in blocks)


def test_frames_keep_the_order_and_the_size_unless_a_block_alone_is_larger() -> None:
    blocks = [block(size) for size in (10, 50, 900, 10, 2000, 10)]
    found = list(frames(blocks, 1000))
    assert [one for frame in found for one in frame] == blocks
    assert [frame_size(frame) for frame in found if len(frame) > 1 and frame_size(frame) > 1000] == []
    assert [len(frame) for frame in found] == [2, 2, 1, 1]
    assert list(frames([], 1000)) == []


@pytest.mark.parametrize("path", ["a", "a/", "a/b", "...", "a/..b", "x" * 255, "é" * 127, "a/" * 511 + "a", "\u202e"])
def test_paths_that_the_server_takes_are_good(path: str) -> None:
    assert check_path(path) == path


@pytest.mark.parametrize(
    "path",
    ["", "/", "/a", "a//b", ".", "..", "a/../b", "../a", "a/..", "a\0", "a\nb", "\x7f", "\x85", "\udcff", "x" * 256],
)
def test_paths_that_the_server_refuses_never_leave(path: str) -> None:
    assert path_fault(path) is not None
    with pytest.raises(AddressInvalid):
        check_path(path)


@pytest.mark.parametrize("chunking", list(Chunking))
@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 256 * 1024 + 1, MIB, MIB + 1, 3 * MIB])
def test_a_file_is_read_as_the_blocks_it_is_cut_into(tmp_path: Path, chunking: Chunking, size: int) -> None:
    place = tmp_path / "a"
    place.write_bytes(DICE.randbytes(size))
    stamp, blocks = read_blocks(str(place), chunking)
    assert stamp == Stamp.of(place.stat())
    assert b"".join(one.data for one in blocks) == place.read_bytes()
    assert all(one.id == BlockId.of(one.data) for one in blocks)


def test_a_walk_names_files_below_the_prefix_and_empty_folders(tmp_path: Path) -> None:
    (tmp_path / "a" / "empty").mkdir(parents=True)
    (tmp_path / "b").write_bytes(b"x")
    found = [one for one in walk(str(tmp_path), "in/") if isinstance(one, LocalFile)]
    assert [(one.path, one.stamp is None) for one in found] == [("in/a/empty/", True), ("in/b", False)]


@pytest.mark.parametrize("name", ["absent", "folder"])
def test_what_is_no_file_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(LocalFileUnreadable):
        read_blocks(str(tmp_path / name), Chunking.FIXED)
