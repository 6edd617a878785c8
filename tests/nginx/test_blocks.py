"""Whole blocks from the disk itself: only for who says that it verifies and may read them, never wrong bytes for anybody else."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from client import CairnClient, PartDamaged
from client.partial_file import partial_file
from foundation.blocks import MIB, BlockId
from tests.nginx.conftest import House
from tests.servers.cairn_server import SignedInServer, running_server, wait_until
from tests.servers.nginx import Nginx
from tests.servers.ports import free_ports

ROOMS = ("metadata", "chunker", "sync", "identity")
VERIFIES = {"Cairn-Verifies": "sha-256"}
LIST_TYPE = "application/vnd.cairn.whole-blocks"
DIRECTIVE = b'<!--#include virtual="/api/v1/me" --><!--#echo var="remote_addr" -->'


@dataclass(frozen=True)
class Stored:
    """A file of whole blocks and a rest, as its owner knows it."""

    data: bytes
    file_id: str
    version_id: str

    def address(self, index: int, count: int = 1) -> str:
        return f"/files/{self.file_id}/versions/{self.version_id}/chunks/{index}?count={count}"


@dataclass(frozen=True)
class Door:
    """A server with two copies of everything, and a front door that has the first of them."""

    server: SignedInServer
    nginx: Nginx
    folder: Path

    def client(self, token: str | None = None, **headers: str) -> httpx.Client:
        shown = {"Authorization": f"Bearer {self.server.token if token is None else token}"} if token != "" else {}
        return httpx.Client(base_url=f"{self.nginx.url}/api/v1", headers=shown | headers, timeout=60)

    def stored(self, data: bytes, name: str = "", **headers: str) -> Stored:
        with self.client() as client:
            client.post("/buckets", json={"name": "studio"})
            path = f"/buckets/studio/content/{name or os.urandom(8).hex()}"
            made = client.put(path, content=data, headers=headers).raise_for_status().json()
            return Stored(data, made["file_id"], made["version_id"])

    def checked(self, data: bytes, name: str = "") -> Stored:
        """As `stored`, and read back: nobody looks at its blocks by himself soon, or would heal what a test breaks."""
        stored, status = self.stored(data, name), "sync_status"
        with self.client() as client:
            address = f"/sync-events/{stored.file_id}/status"
            wait_until(lambda: client.get(address).json()[status] == "completed", 60)
        return stored

    def block(self, data: bytes) -> Path:
        """Where the block of these bytes lies in the first copy."""
        id = str(BlockId.of(data))
        (found,) = (self.folder / id[:2]).glob(f"{id}.*")
        return found


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("blocks")
    first, second = folder / "first", folder / "second"
    with running_server(folder / "server", CAIRN_STORE=f"file://{first}?also={second}") as server:
        port, secure_port = free_ports(2)
        at = dict.fromkeys(ROOMS, (server.port,))
        nginx = Nginx(folder / "nginx", port, secure_port, at, blocks_folder=str(first))
        nginx.start()
        try:
            yield Door(server, nginx, first)
        finally:
            nginx.stop()


def is_from_disk(answer: httpx.Response) -> bool:
    return "Cairn-Unverified" in answer.headers


def test_whole_blocks_come_from_the_disk_one_or_several_of_them(door: Door) -> None:
    stored = door.stored(os.urandom(3 * MIB + 77))
    with door.client(**VERIFIES) as client:
        one, last = client.get(stored.address(1)), client.get(stored.address(3))
        several, rest = client.get(stored.address(0, 3)), client.get(stored.address(2, 16))
    assert all(map(is_from_disk, (one, last, several, rest)))
    assert one.content == stored.data[MIB : 2 * MIB]
    assert last.content == stored.data[3 * MIB :]
    assert several.content == stored.data[: 3 * MIB]
    assert rest.content == stored.data[2 * MIB :]
    # Kept by nobody, told of as what they are, and nothing of the file's own.
    assert all(answer.headers["Cache-Control"] == "no-store" for answer in (one, several))
    assert all(answer.headers["X-Content-Type-Options"] == "nosniff" for answer in (one, several))
    assert all(answer.headers["Content-Security-Policy"] == "sandbox" for answer in (one, several))
    assert one.headers["ETag"] == f'"{BlockId.of(one.content)}"'
    assert "Last-Modified" not in one.headers


def test_who_does_not_say_that_it_verifies_gets_verified_bytes(door: Door) -> None:
    stored = door.stored(os.urandom(2 * MIB))
    for headers in ({}, {"Cairn-Verifies": "md5"}, {"Cairn-Front-Door": "blocks"}):
        with door.client(**headers) as client:
            for count in (1, 2):
                answer = client.get(stored.address(0, count))
                assert not is_from_disk(answer)
                assert answer.content == stored.data[: count * MIB]


@pytest.mark.parametrize(
    "header",
    [
        {"Range": "bytes=0-99"},
        {"If-Range": '"x"', "Range": "bytes=0-9"},
        {"If-Match": "*"},
        {"If-Modified-Since": "Sun, 22 Nov 2126 00:00:00 GMT"},
        {"If-Unmodified-Since": "Sun, 22 Nov 2020 00:00:00 GMT"},
    ],
)
def test_neither_ranges_nor_conditions_are_left_to_nginx(door: Door, header: dict[str, str]) -> None:
    stored = door.stored(os.urandom(2 * MIB))
    with door.client(**VERIFIES, **header) as client:
        for count in (1, 2):
            answer = client.get(stored.address(0, count))
            assert (answer.status_code, is_from_disk(answer)) == (200, False)
            assert answer.content == stored.data[: count * MIB]


def test_contents_and_their_ranges_never_come_from_the_disk(door: Door) -> None:
    stored = door.stored(os.urandom(2 * MIB), "ranged")
    with door.client(**VERIFIES) as client:
        for address in (
            "/buckets/studio/content/ranged",
            f"/files/{stored.file_id}/versions/{stored.version_id}/content",
        ):
            whole, part = client.get(address), client.get(address, headers={"Range": f"bytes=0-{MIB - 1}"})
            assert (whole.content, part.content) == (stored.data, stored.data[:MIB])
            assert not is_from_disk(whole)
            assert not is_from_disk(part)


def test_nobody_reads_a_block_that_is_not_theirs_to_read(door: Door) -> None:
    stored = door.stored(os.urandom(2 * MIB))
    stranger = door.server.add_user("stranger@example.org")
    for token, status in (("", 401), (stranger, 404), ("wrong", 401)):
        with door.client(token, **VERIFIES) as client:
            for count in (1, 2):
                answer = client.get(stored.address(0, count))
                assert (answer.status_code, is_from_disk(answer)) == (status, False)
                assert stored.data[:64] not in answer.content


def test_a_block_that_no_version_of_the_callers_names_is_not_served(door: Door) -> None:
    """Its bytes lie there until they are collected."""
    stored = door.stored(os.urandom(2 * MIB))
    file = door.block(stored.data[:MIB])
    with door.client(**VERIFIES) as client:
        client.delete(f"/files/{stored.file_id}").raise_for_status()
        client.delete(f"/buckets/studio/trash?file_id={stored.file_id}").raise_for_status()
        assert file.is_file()
        assert client.get(stored.address(0)).status_code == 404
        assert client.get(stored.address(0, 2)).status_code == 404


def asked_raw(door: Door, target: str) -> bytes:
    """What is answered to an address as it is written here."""
    with socket.create_connection(("127.0.0.1", door.nginx.port), 30) as connection:
        head = f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.server.token}\r\nConnection: close\r\n"
        connection.sendall(f"{head}Cairn-Verifies: sha-256\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_no_address_from_outside_leads_to_the_disk(door: Door) -> None:
    stored = door.stored(os.urandom(MIB))
    file = door.block(stored.data)
    place = f"{file.parent.name}/{file.name}"
    for target in (
        f"/stored-block/{place}",
        f"/stored-blocks/{place}",
        f"//stored-blocks/{place}",
        f"/%73tored-blocks/{place}",
        f"/api/v1/../../stored-block/{place}",
        f"/api/v1/files/x/../../../../stored-blocks/{place}",
        f"/stored-blocks/../stored-blocks/{place}",
        "/stored-blocks/cairn-store",
    ):
        answer = asked_raw(door, target)
        assert answer.split(b" ", 2)[1] in {b"400", b"404"}, (target, answer[:200])
        assert stored.data[:64] not in answer


def test_damage_reaches_only_who_verifies_and_heals_when_it_asks_again(door: Door) -> None:
    stored = door.checked(os.urandom(3 * MIB))
    file = door.block(stored.data[MIB : 2 * MIB])
    wrong = b"\0" * MIB
    file.chmod(0o600)
    file.write_bytes(wrong)
    with door.client() as client:
        verifying = client.get(stored.address(0, 3), headers=VERIFIES)
        assert is_from_disk(verifying)
        assert verifying.content == stored.data[:MIB] + wrong + stored.data[2 * MIB :]
        again = client.get(stored.address(1))
        assert (again.content, is_from_disk(again)) == (stored.data[MIB : 2 * MIB], False)
        assert file.read_bytes() == stored.data[MIB : 2 * MIB]
        assert client.get(stored.address(0, 3), headers=VERIFIES).content == stored.data


@pytest.mark.parametrize("how", ["gone", "link", "folder", "locked"])
def test_a_block_that_cannot_be_read_there_comes_through_the_room_from_another_copy(
    door: Door, how: str, tmp_path: Path
) -> None:
    stored = door.checked(os.urandom(MIB))
    file, elsewhere = door.block(stored.data), tmp_path / "elsewhere"
    elsewhere.write_bytes(b"what else the front door may read")
    file.unlink()
    if how == "link":
        file.symlink_to(elsewhere)
    if how == "folder":
        file.mkdir()
    if how == "locked":
        os.mkfifo(file, 0)
    with door.client(**VERIFIES) as client:
        answer = client.get(stored.address(0))
    assert (answer.status_code, answer.content, is_from_disk(answer)) == (200, stored.data, False)


def test_one_of_several_that_is_gone_is_missed_by_who_verifies_and_told_of_when_it_asks_for_it(door: Door) -> None:
    stored = door.checked(os.urandom(2 * MIB))
    id = str(BlockId.of(stored.data[:MIB]))
    for copy in (door.folder, door.folder.with_name("second")):
        (file,) = (copy / id[:2]).glob(f"{id}.*")
        file.unlink()
    with door.client(**VERIFIES) as client:
        several = client.get(stored.address(0, 2))
        assert is_from_disk(several)
        assert len(several.content) < 2 * MIB
        one = client.get(stored.address(0))
        assert (one.status_code, one.json()["type"]) == (500, "urn:cairn:problem:content-damaged")


@pytest.mark.parametrize("content_type", [LIST_TYPE, "text/html", "application/octet-stream"])
def test_what_people_store_is_never_read_as_directives(door: Door, content_type: str) -> None:
    data = DIRECTIVE + os.urandom(MIB - len(DIRECTIVE)) + DIRECTIVE
    stored = door.stored(data, f"page-{len(content_type)}", **{"Content-Type": content_type})
    for headers in ({}, VERIFIES):
        with door.client(**headers) as client:
            assert client.get(stored.address(0, 2)).content == data
            assert client.get(stored.address(1)).content == DIRECTIVE
            assert client.get(f"/buckets/studio/content/page-{len(content_type)}").content == data
    # An address that nginx reads as a block's, and the room as a content's.
    path = f"{stored.file_id}/versions/{stored.version_id}/chunks/0"
    for up in ("x/../../../../../files", "x%2f..%2f..%2f..%2f..%2f..%2ffiles"):
        assert b'"email"' not in asked_raw(door, f"/api/v1/buckets/studio/content/{up}/{path}")


@pytest.mark.parametrize("query", ["?count=0", "?count=17", "?count=x"])
def test_too_many_at_once_are_refused_by_name(door: Door, query: str) -> None:
    stored = door.stored(b"bytes")
    with door.client(**VERIFIES) as client:
        answer = client.get(f"/files/{stored.file_id}/versions/{stored.version_id}/chunks/0{query}")
    assert answer.status_code == 422
    assert "count" in answer.text


def test_without_a_folder_the_room_is_never_told_of_one_whatever_a_client_says(house: House) -> None:
    address = f"/api/v1/files/{'0' * 8}-0000-0000-0000-{'0' * 12}/versions/{'0' * 8}-0000-0000-0000-{'0' * 12}/chunks/0"
    with house.plain(**VERIFIES, **{"Cairn-Front-Door": "blocks"}) as client:
        told: dict[str, Any] = client.get(address).json()
    assert told["room"] == "chunker"
    assert "cairn-front-door" not in {name.lower() for name, _ in told["headers"]}


def test_no_rooms_word_sends_anybody_to_another_address(house: House) -> None:
    with house.plain() as client:
        for address in (
            "/api/v1/buckets",
            "/api/v1/buckets/b/content/a",
            "/api/v1/me",
            "/api/v1/files/f/versions/v/chunks/0",
        ):
            answer = client.get(f"{address}?sends=/stored-blocks/a")
            assert answer.json()["target"].startswith(address)
            assert "X-Accel-Redirect" not in answer.headers


def downloaded(door: Door, name: str, target: Path, url: str = "") -> list[str]:
    """What the copy of the file asked of the front door for its bytes."""
    before = len(door.nginx.logged())
    with CairnClient(url or door.nginx.url, door.server.token) as client:
        client.download_file(client.find("studio", name), target)
    asked = [str(one["path"]) for one in door.nginx.logged()[before:]]
    return [path.rpartition("/versions/")[2].partition("/")[2] for path in asked if "/versions/" in path]


@pytest.mark.parametrize("is_secure", [False, True])
def test_the_client_copies_whole_blocks_from_the_disk(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_secure: bool
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(door.nginx.certificate))
    stored = door.stored(os.urandom(40 * MIB + 77), "large")
    asked = downloaded(door, "large", tmp_path / "large", door.nginx.secure_url if is_secure else door.nginx.url)
    assert (tmp_path / "large").read_bytes() == stored.data
    assert sorted(asked) == ["chunks/0", "chunks/16", "chunks/32"]


@pytest.mark.parametrize("how", ["damaged", "gone"])
def test_the_client_asks_the_room_for_what_is_not_right_on_the_disk_which_heals_it(
    door: Door, how: str, tmp_path: Path
) -> None:
    stored = door.checked(os.urandom(6 * MIB), how)
    file = door.block(stored.data[2 * MIB : 3 * MIB])
    file.unlink()
    if how == "damaged":
        file.write_bytes(b"\0" * MIB)
    asked = downloaded(door, how, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == stored.data
    assert asked == ["chunks/0", "content"]
    assert file.read_bytes() == stored.data[2 * MIB : 3 * MIB]


def test_the_client_names_a_part_that_no_copy_has(door: Door, tmp_path: Path) -> None:
    stored = door.checked(os.urandom(3 * MIB), "lost")
    name = door.block(stored.data[MIB : 2 * MIB]).relative_to(door.folder)
    for copy in (door.folder, door.folder.with_name("second")):
        (copy / name).unlink()
    with pytest.raises(PartDamaged) as caught:
        downloaded(door, "lost", tmp_path / "lost")
    assert caught.value.members["chunk"] == 1
    assert not (tmp_path / "lost").exists()


def test_what_a_copy_had_when_it_broke_off_is_not_asked_for_again(door: Door, tmp_path: Path) -> None:
    stored = door.stored(os.urandom(20 * MIB), "resumed")
    with CairnClient(door.nginx.url, door.server.token) as client:
        file = client.find("studio", "resumed")
        with partial_file(tmp_path / "resumed", file) as part:
            part.write(0, stored.data[: 18 * MIB])
        copied = client.download_file(file, tmp_path / "resumed")
    assert copied.received_bytes == 2 * MIB
    assert (tmp_path / "resumed").read_bytes() == stored.data
