"""A data folder says which version it is of: an older one is taken up, a newer or a foreign one refused and left alone."""

import json
import os
import sys
from pathlib import Path

import pytest

from cairn.data_folder import FORMAT, check_data_folder, prepare_data_folder
from cairn.errors import DataFolderForeign, DataFolderTooNew
from tests.servers.warm import run


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_new_folder_says_its_format_and_who_made_it(tmp_path: Path) -> None:
    prepare_data_folder(tmp_path / "data", "7.1")
    assert contents(tmp_path / "data") == {"cairn.json": b'{"format": 1, "made_by": "cairn 7.1"}\n'}
    prepare_data_folder(tmp_path / "data", "8")
    assert json.loads((tmp_path / "data" / "cairn.json").read_bytes())["made_by"] == "cairn 7.1"


@pytest.mark.parametrize("own", ["cairn.db", "secret", "server.lock"])
def test_a_folder_of_before_the_mark_gets_one(tmp_path: Path, own: str) -> None:
    (tmp_path / own).write_bytes(b"mine")
    (tmp_path / "blocks").mkdir()
    assert check_data_folder(tmp_path) == 0
    prepare_data_folder(tmp_path, "7.1")
    assert check_data_folder(tmp_path) == FORMAT
    assert contents(tmp_path)[own] == b"mine"


@pytest.mark.parametrize("there", ["lost+found", ".gitkeep"])
def test_what_an_empty_disk_holds_does_not_count(tmp_path: Path, there: str) -> None:
    (tmp_path / there).mkdir()
    prepare_data_folder(tmp_path, "7.1")
    assert check_data_folder(tmp_path) == FORMAT


def test_a_folder_of_somebody_else_is_not_filled(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(DataFolderForeign, match=r"thesis\.txt.*CAIRN_DATA"):
        prepare_data_folder(tmp_path, "7.1")
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"null", b"\xff", b'{"format": 1}'])
def test_a_mark_that_cannot_be_read_is_refused_and_kept(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "cairn.json").write_bytes(text)
    with pytest.raises(DataFolderForeign):
        prepare_data_folder(tmp_path, "7.1")
    assert contents(tmp_path) == {"cairn.json": text}


def test_a_newer_folder_is_refused_and_says_which_version_to_run(tmp_path: Path) -> None:
    (tmp_path / "cairn.json").write_text('{"format": 2, "made_by": "cairn 9.3"}')
    with pytest.raises(DataFolderTooNew, match=r"cairn 9\.3"):
        prepare_data_folder(tmp_path, "7.1")


@pytest.mark.parametrize("verb", [["serve"], ["migrate"], ["doctor"]])
def test_no_verb_of_the_server_touches_a_newer_folder(tmp_path: Path, verb: list[str]) -> None:
    mark = b'{"format": 2, "made_by": "cairn 9.3"}'
    (tmp_path / "cairn.json").write_bytes(mark)
    done = run([sys.executable, "-m", "cairn", *verb], os.environ | {"CAIRN_DATA": str(tmp_path)}, "", timeout=60)
    assert done.returncode == 1
    assert "cairn 9.3" in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(tmp_path) == {"cairn.json": mark}
