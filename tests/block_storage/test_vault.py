"""What every vault of backups promises, on disk and in a bucket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from block_storage import BlockNotFound, StorageFailed, Vault, open_vault


@pytest.fixture(params=["folder", "bucket"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Vault]:
    is_folder = request.param == "folder"
    place = f"file://{tmp_path}/vault" if is_folder else request.getfixturevalue("seaweedfs").fresh_location()
    with pytest.raises(StorageFailed):
        open_vault(place)
    opened = open_vault(place, initialise=True)
    yield opened
    opened.close()


def test_what_was_written_is_read_and_replaced_and_listed_by_its_folder(vault: Vault) -> None:
    objects = {"mark": b"m", "rows/one/000000": b"r" * 9, "rows/one/000001": b"", "rows/two/000000": b"t"}
    objects |= {"blocks/ab/" + "ab" * 32: b"x" * 5_000_000}
    for key, data in objects.items():
        vault.write(key, b"of before")
        vault.write(key, data)
    vault.settle()
    assert {key: vault.read(key) for key in objects} == objects
    assert list(vault.keys("")) == [("mark", 1)]
    assert list(vault.folders("")) == ["blocks", "rows"]
    assert list(vault.folders("rows")) == ["one", "two"]
    assert list(vault.keys("rows")) == []
    assert list(vault.keys("rows/one")) == [("rows/one/000000", 9), ("rows/one/000001", 0)]
    assert list(vault.keys("none")) == []
    assert list(vault.folders("none")) == []


def test_what_is_erased_is_gone_and_nothing_else(vault: Vault) -> None:
    vault.write("a/b", b"1")
    vault.write("a/c", b"2")
    vault.erase(["a/b", "a/never"])
    vault.erase(["a/b"])
    assert list(vault.keys("a")) == [("a/c", 1)]
    with pytest.raises(BlockNotFound):
        vault.read("a/b")


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/..", ".a", "a b", "ä"])
def test_what_is_no_key_is_refused(vault: Vault, key: str) -> None:
    with pytest.raises(ValueError):
        vault.write(key, b"")
    with pytest.raises(ValueError):
        vault.read(key)


@pytest.mark.parametrize(
    "place", ["memory:", "file:relative", "file:///a?copies=2", "s3+http://host/bucket", "http://h"]
)
def test_no_other_place_is_one(place: str) -> None:
    with pytest.raises(ValueError):
        open_vault(place)


def test_a_disk_that_is_not_mounted_any_more_has_not_lost_anything(tmp_path: Path) -> None:
    vault = open_vault(f"file://{tmp_path}/vault", initialise=True)
    (tmp_path / "vault").rmdir()
    with pytest.raises(StorageFailed):
        list(vault.keys("snapshots"))
    with pytest.raises(StorageFailed):
        vault.write("a/b", b"")
    assert not (tmp_path / "vault").exists()


def test_what_a_write_that_was_cut_off_left_is_no_object_and_is_swept(tmp_path: Path) -> None:
    vault = open_vault(f"file://{tmp_path}/vault", initialise=True)
    vault.write("a/b", b"1")
    left = tmp_path / "vault" / "a" / ".tmp-0123"
    left.write_bytes(b"half")
    assert list(vault.keys("a")) == [("a/b", 1)]
    vault.sweep("a")
    vault.sweep("never")
    assert not left.exists()
    assert vault.read("a/b") == b"1"


def test_a_link_in_the_place_of_a_folder_leads_nobody_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "letter").write_text("of somebody else")
    (outside / ".tmp-letter").write_text("of somebody else")
    vault = open_vault(f"file://{tmp_path}/vault", initialise=True)
    (tmp_path / "vault" / "blocks").mkdir()
    (tmp_path / "vault" / "blocks" / "ab").symlink_to(outside)
    for attempt in (
        lambda: list(vault.keys("blocks/ab")),
        lambda: list(vault.folders("blocks/ab")),
        lambda: vault.erase(["blocks/ab/letter"]),
        lambda: vault.sweep("blocks/ab"),
        lambda: vault.write("blocks/ab/more", b"x"),
        lambda: vault.write("blocks/ab/cd/more", b"x"),
    ):
        with pytest.raises(StorageFailed):
            attempt()
    assert sorted(path.name for path in outside.iterdir()) == [".tmp-letter", "letter"]
