"""Archives: everything asked for, under names that are safe, and never a whole archive that lacks bytes."""

import asyncio
import collections
import io
import stat
import subprocess
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from anyio import CapacityLimiter

from block_storage import MemoryBlockStore, open_block_store
from chunker import archive
from chunker.archive_names import SafeNames, common_root, is_link_inside
from chunker.assembly import Shared
from chunker.parts import Parts
from chunker.read_memory import ReadMemory
from chunker.zip64 import Directory, Entry
from foundation.blocks import MIB
from metadata import Batch, MakeFolder, Naming, NewBucket, Put, open_catalogue
from tests.chunker.served import Person, Served, id_of, served, some_bytes
from tests.servers.migrated import migrated_catalogue


def put(me: Person, path: str, data: bytes, **headers: str) -> None:
    made = me.http.put(f"{me.content}/{path}", content=data, headers=headers)
    assert made.status_code == 201, made.text


def ask(me: Person, *paths: Any, bucket: str | None = None) -> httpx.Response:
    return me.http.post("/archive", json={"bucket": bucket or str(me.bucket.id), "paths": paths})


def opened(answer: httpx.Response) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.text
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


def test_a_folder_comes_with_all_below_it_and_another_program_can_read_it(me: Person, tmp_path: Path) -> None:
    contents = {
        "photos/a.txt": b"a",
        "photos/empty": b"",
        "photos/großes Bild.bin": some_bytes(3 * MIB + 5),
        "photos/2026/b": some_bytes(700_000),
    }
    for path, data in contents.items():
        put(me, path, data)
    put(me, "photosynthesis", b"is not in the folder")
    answer = ask(me, "photos/")
    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="photos.zip"' in answer.headers["content-disposition"]
    archive = opened(answer)
    assert {name: archive.read(name) for name in archive.namelist()} == contents
    (tmp_path / "a.zip").write_bytes(answer.content)
    tested = subprocess.run(["unzip", "-t", str(tmp_path / "a.zip")], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert tested.stdout.count(" OK\n") == len(contents)


def test_a_form_is_answered_as_json_is(stack: Served, me: Person) -> None:
    for path in ("a & b/é=1", "a & b/2", "+c"):
        put(me, quote(path), path.encode())
    form = {"bucket": str(me.bucket.id), "path": ["a & b/", "+c"]}
    answer, asked = me.http.post("/archive", data=form), ask(me, "a & b/", "+c")
    assert opened(answer).namelist() == opened(asked).namelist() == ["+c", "a & b/2", "a & b/é=1"]
    assert answer.headers["content-disposition"] == asked.headers["content-disposition"]
    assert opened(me.http.post("/archive", data=form | {"path": ""})).namelist() == ["+c", "a & b/2", "a & b/é=1"]


@pytest.mark.parametrize(
    ("form", "status", "problem"),
    [
        ("", 422, "invalid"),
        ("bucket={bucket}", 422, "invalid"),
        ("bucket={bucket}&path=f&size=1", 422, "invalid"),
        ("bucket={bucket}&bucket={bucket}&path=f", 400, "malformed"),
        ("bucket={bucket}&path=%ff", 400, "malformed"),
        ("bucket={bucket}&path", 400, "malformed"),
        ("bucket={bucket}" + "&path=f" * 1_001, 422, "invalid"),
        ("bucket={bucket}" + "&path=f" * 2_000, 400, "malformed"),
        ("bucket={bucket}&path=" + "f" * 9 * MIB, 413, "too-large"),
        ("bucket={bucket}&path=none", 404, "file-not-found"),
        ("bucket=none&path=f", 404, "bucket-not-found"),
    ],
)
def test_a_bad_form_is_refused(me: Person, form: str, status: int, problem: str) -> None:
    put(me, "f", b"f")
    content = form.format(bucket=me.bucket.id)
    answer = me.http.post("/archive", content=content, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, problem), answer.text


def test_a_browsers_session_downloads_by_a_form_from_its_own_page_only(stack: Served, me: Person) -> None:
    put(me, "f", b"f")
    form = {"bucket": str(me.bucket.id), "path": "f"}
    address, session = f"{stack.address}/api/v1/archive", {"Cookie": f"cairn={me.identity.user}"}
    for origin, status in ((stack.address, 200), ("https://elsewhere.test", 403), ("null", 403)):
        answer = httpx.post(address, data=form, headers=session | {"Origin": origin}, trust_env=False)
        assert answer.status_code == status
    assert httpx.post(address, data=form, headers=session, trust_env=False).status_code == 403


def test_files_and_folders_of_all_places_come_once_each(me: Person) -> None:
    for path in ("x/y/1", "x/y/2", "x/z/3", "4"):
        put(me, path, path.encode())
    assert opened(ask(me, "x/y", "x/y/1", "x/y/", "x/z/3")).namelist() == ["y/1", "y/2", "z/3"]
    assert opened(ask(me, "x/z/3", "4")).namelist() == ["4", "x/z/3"]
    assert opened(ask(me, "x/z/3")).namelist() == ["3"]
    assert opened(ask(me, "", "4")).namelist() == ["4", "x/y/1", "x/y/2", "x/z/3"]


def test_an_empty_folder_the_time_and_the_executable_bit_are_kept(stack: Served, me: Person) -> None:
    folder = Batch(str(me.bucket.id), [MakeFolder("folder/empty")])
    stack.catalogue.commits.apply(me.identity, folder)
    put(me, "folder/a", b"a", **{"Cairn-Modified-At": "2024-02-29T12:34:56Z"})
    archive = opened(ask(me, "folder"))
    assert archive.namelist() == ["folder/a", "folder/empty/"]
    file, empty = archive.infolist()
    assert file.date_time == (2024, 2, 29, 12, 34, 56)
    assert stat.S_ISREG(file.external_attr >> 16)
    assert empty.is_dir()
    assert stat.S_ISDIR(empty.external_attr >> 16)


def test_an_empty_bucket_is_an_empty_archive(me: Person) -> None:
    assert opened(ask(me, "")).namelist() == []


def test_paths_that_are_not_there_are_named_before_anything_is_sent(me: Person) -> None:
    put(me, "a", b"a")
    refused = ask(me, "a", "b", "c/")
    assert (refused.status_code, refused.json()["missing"]) == (404, ["b", "c/"])


def test_a_stranger_gets_what_nobody_has(me: Person, stranger: Person) -> None:
    put(me, "a", b"a")
    refused, missing = ask(stranger, "a", bucket=str(me.bucket.id)), ask(stranger, "a", bucket=str(uuid4()))
    assert refused.status_code == missing.status_code == 404
    assert refused.json()["type"] == missing.json()["type"] == "urn:cairn:problem:bucket-not-found"


@pytest.mark.parametrize("paths", [[], [1], ["a\0b"], ["x"] * 1001, ["a" * 1025]])
def test_lists_of_paths_that_are_none_are_refused_by_name(me: Person, paths: list[Any]) -> None:
    refused = ask(me, *paths)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].startswith("paths")


def test_hostile_names_stay_inside_and_apart(stack: Served, me: Person) -> None:
    s3 = stack.catalogue.buckets.create(me.identity, NewBucket(title="Keys", naming=Naming.S3))
    keys = [
        "/etc/passwd",
        "../up",
        "a/../../b",
        "C:\\x",
        "C:/y",
        "a",
        "a/b",
        "a//b",
        "x\ny",
        "x_y",
        "ok/./z",
        "l" * 300,
    ]
    for key in keys:
        quoted = "".join(f"%{byte:02x}" for byte in key.encode())
        made = me.http.put(f"/buckets/{s3.id}/content/{quoted}", content=key.encode())
        assert made.status_code == 201, made.text
    archive = opened(ask(me, "", bucket=str(s3.id)))
    names = archive.namelist()
    assert sorted(archive.read(name).decode() for name in names) == sorted(keys)
    assert len(set(names)) == len(keys)
    for name in names:
        assert not {"", ".", ".."} & set(name.split("/")), name
        assert name[1:2] != ":"
        assert all(c.isprintable() and c != "\\" for c in name)
        assert all(len(part.encode()) <= 255 for part in name.split("/"))
        assert not any(other.startswith(name + "/") for other in names), "a file stands where a folder must"
    assert {"a", "x_y"} <= set(names)


def test_a_name_that_looks_like_a_changed_one_is_changed_as_well() -> None:
    changed = SafeNames("").name("a\\b")
    assert changed != "a_b"
    assert SafeNames("").name(changed) != changed


def test_the_folder_that_everything_lies_in_is_left_out() -> None:
    assert common_root(["a/b/c", "a/b/d/"]) == "a/b/"
    assert common_root(["a/b/c", "a/bc"]) == "a/"
    assert common_root(["a/b", "c"]) == common_root(["a/"]) == common_root([""]) == ""


@pytest.mark.parametrize(
    ("name", "target", "is_inside"),
    [
        ("a", b"b", True),
        ("x/y/a", b"../../b", True),
        ("x/y/a", b"../../../b", False),
        ("a", b"/etc/passwd", False),
        ("x/a", b"b/../../../c", False),
        ("a", b"..\\b", False),
        ("a", b"\xff", False),
        ("a", b"", False),
    ],
)
def test_links_out_of_the_archive_are_told_from_others(name: str, target: bytes, is_inside: bool) -> None:
    assert is_link_inside(name, target) is is_inside


@pytest.mark.parametrize("size", [2**32 - 2, 2**32 - 1, 5 * 2**30])
def test_members_and_places_beyond_4_gib_are_told_in_full(tmp_path: Path, size: int) -> None:
    """A sparse file stands for the bytes: only what is around them is ours."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    large = Entry("large", size, stat.S_IFREG | 0o644, moment, is_streamed=True, crc=7)
    behind = Entry("behind", 0, stat.S_IFREG | 0o755, moment)
    with (tmp_path / "a.zip").open("wb") as file, closing(Directory()) as directory:
        file.write(large.head())
        file.seek(size, io.SEEK_CUR)
        file.write(large.tail())
        directory.add(large)
        file.write(behind.head() + behind.tail())
        directory.add(behind)
        for piece in directory.pieces():
            file.write(piece)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        first, second = archive.infolist()
        assert (first.file_size, first.CRC, second.header_offset) == (size, 7, len(large.head() + large.tail()) + size)
        assert archive.read("behind") == b""
        with archive.open("large") as member:
            assert member.read(100) == bytes(100)


def test_more_entries_than_16_bits_count(tmp_path: Path) -> None:
    with (tmp_path / "a.zip").open("wb") as file, closing(Directory()) as directory:
        for number in range(70_000):
            entry = Entry(f"f{number}", 0, stat.S_IFREG | 0o644, datetime(2026, 1, 1, tzinfo=UTC))
            file.write(entry.head())
            directory.add(entry)
        for piece in directory.pieces():
            file.write(piece)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert len(archive.namelist()) == 70_000


def test_of_many_empty_files_few_are_in_memory_at_once(
    stack: Served, me: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their bytes are none; what is known of each is not."""
    monkeypatch.setattr(archive, "PAGE_FILES", 100)
    for first in range(0, 3_000, 1_000):
        batch = Batch(str(me.bucket.id), [Put(f"{first + number:04}", []) for number in range(1_000)])
        stack.catalogue.commits.apply(me.identity, batch)
    parts = Parts(stack.catalogue, MemoryBlockStore())
    selected = archive.selection(parts, me.identity, str(me.bucket.id), [""])

    async def seen() -> set[str]:
        """The files that are looked at before the first byte is sent."""
        shared = Shared(CapacityLimiter(1), ReadMemory(64 * MIB, 1))
        asked: set[str] = set()

        def named(names: SafeNames, path: str) -> str:
            asked.add(path)
            return SafeNames.name(names, path)

        monkeypatch.setattr(archive, "SafeNames", type("Counted", (SafeNames,), {"name": named}))
        await archive.Archive(parts, me.identity, selected, shared).ahead.first()
        return asked

    assert 100 < len(asyncio.run(seen())) < 2_000


@pytest.mark.parametrize("is_first", [True, False])
def test_damage_is_an_answer_or_a_visible_cut_and_never_an_archive(tmp_path: Path, is_first: bool) -> None:
    database = migrated_catalogue(tmp_path / "cairn.db")
    with (
        closing(open_catalogue(database)) as catalogue,
        closing(open_block_store(f"file://{tmp_path / 'blocks'}", initialise=True)) as store,
        served(catalogue, store) as stack,
    ):
        me = stack.person()
        data = some_bytes(16 * MIB, seed=9)
        put(me, "a", data)
        put(me, "b", b"behind it")
        block = data[:MIB] if is_first else data[-MIB:]
        (damaged,) = (path for path in (tmp_path / "blocks").rglob(f"{id_of(block)}.*") if path.is_file())
        damaged.write_bytes(b"other")
        if is_first:
            assert ask(me, "").json()["type"] == "urn:cairn:problem:content-damaged"
            return
        received = bytearray()
        whole = {"bucket": str(me.bucket.id), "paths": [""]}
        with pytest.raises(httpx.RemoteProtocolError), me.http.stream("POST", "/archive", json=whole) as answer:
            collections.deque(map(received.extend, answer.iter_raw()), maxlen=0)
        assert data[:MIB] in received
        with pytest.raises(zipfile.BadZipFile):
            zipfile.ZipFile(io.BytesIO(received))
