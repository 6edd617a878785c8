"""kill -9 of the server in the middle: what was acknowledged is there, what was not is asked for again, nothing is half."""

import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from foundation.blocks import MIB
from foundation.identity import Identity, Scope
from metadata import NewBucket, open_catalogue
from tests.chunker.served import FRAMED, chunk_list, client, cut, framed, id_of, some_bytes
from tests.full_run import few
from tests.servers.migrated import migrated_catalogue

PROJECT = Path(__file__).resolve().parents[2]
DATA = some_bytes(24 * MIB + 5, seed=42)


@pytest.fixture
def place(tmp_path: Path) -> tuple[str, str]:
    """A database and a store for one server process after the other."""
    database = migrated_catalogue(tmp_path / "cairn.db")
    return database, f"file://{tmp_path / 'blocks'}"


@contextmanager
def process(place: tuple[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "tests.chunker.serve_chunker", *place]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            yield server, server.stdout.readline().strip()
        finally:
            server.kill()


def owner_and_bucket(database: str) -> tuple[str, UUID]:
    owner = uuid4()
    with closing(open_catalogue(database)) as catalogue:
        caller = Identity(owner, owner, frozenset({Scope.FILES}))
        return str(owner), catalogue.buckets.create(caller, NewBucket(title="Things")).id


@pytest.mark.parametrize("seed", few(range(4)))
def test_a_server_killed_in_a_put_shows_nothing_of_it_and_takes_it_again(place: tuple[str, str], seed: int) -> None:
    token, bucket = owner_and_bucket(place[0])
    killed_after = random.Random(seed).randrange(len(DATA))
    path = f"/buckets/{bucket}/content/a"
    with process(place) as (server, address):
        url = httpx.URL(address)
        with socket.create_connection((url.host, url.port or 0), timeout=20) as connection:
            head = f"PUT /api/v1{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(DATA)}\r\n\r\n"
            connection.sendall(head.encode() + DATA[:killed_after])
            server.kill()
    with process(place) as (_, address), client(address, token) as http:
        assert http.get(path).status_code == 404
        assert http.put(path, content=DATA).status_code == 201
        assert http.get(path).content == DATA


@pytest.mark.parametrize("seed", few(range(4)))
def test_a_server_killed_between_blocks_has_all_it_acknowledged_and_asks_for_the_rest(
    place: tuple[str, str], seed: int
) -> None:
    token, bucket = owner_and_bucket(place[0])
    blocks = cut(DATA)
    dice = random.Random(seed)
    acknowledged: set[str] = set()
    with process(place) as (server, address), client(address, token) as http:
        plan = {"bucket": str(bucket), "path": "a", "size": len(DATA), "chunks": chunk_list(DATA)}
        upload = http.post("/uploads", json=plan).json()["upload_id"]
        for block in blocks[: dice.randrange(1, 10)]:
            http.put(f"/uploads/{upload}/chunks/{id_of(block)}", content=block)
            acknowledged.add(id_of(block))
        answer = http.post(f"/uploads/{upload}/chunks", content=framed(*blocks[10:13]), headers=FRAMED).json()
        acknowledged |= {one["id"] for one in answer["results"]}
        url = httpx.URL(address)
        with socket.create_connection((url.host, url.port or 0), timeout=20) as connection:
            body = framed(*blocks[13:])
            head = (
                f"POST /api/v1/uploads/{upload}/chunks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: {FRAMED['Content-Type']}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            connection.sendall(head.encode() + body[: dice.randrange(len(body))])
            server.kill()
    with process(place) as (_, address), client(address, token) as http:
        missing = http.get(f"/uploads/{upload}").json()["missing"]
        assert acknowledged.isdisjoint(missing)
        wanted = [block for block in blocks if id_of(block) in missing]
        http.post(f"/uploads/{upload}/chunks", content=framed(*wanted), headers=FRAMED)
        assert http.post(f"/uploads/{upload}/commit").status_code == 201
        assert http.get(f"/buckets/{bucket}/content/a").content == DATA
