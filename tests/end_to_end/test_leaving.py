"""The catalogue is lost: `cairn rebuild` on what a server left, killed while it wrote manifests, and the reader without Cairn."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from time import monotonic

import httpx
import pytest
from sqlalchemy import text

from foundation.database import opened
from tests.end_to_end.client_of import make_bucket, upload
from tests.project.sources import PROJECT
from tests.servers.cairn_server import CairnServer, SignedInServer, running_server, wait_until
from tests.servers.postgresql_server import Databases
from tests.servers.redis_server import RedisServer
from tests.servers.seaweedfs_server import Buckets
from tests.servers.stack import Stack, running_stack

BUCKETS = 8


def manifests(server: SignedInServer) -> set[str]:
    return {file.name for file in (server.data / "blocks" / "meta").glob("manifest=*")}


def behind(server: CairnServer) -> float:
    text = httpx.get(f"{server.url}/metrics", timeout=30).text
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith("cairn_manifests_behind ")))


def content(number: int) -> bytes:
    return hashlib.sha256(f"{number}".encode()).digest() * (number % 100 + 1)


def all_files(api: httpx.Client) -> dict[str, tuple[str, bytes]]:
    """By bucket and path: the file's id and its bytes."""
    found = {}
    for bucket in api.get("/buckets").json()["items"]:
        for file in api.get(f"/buckets/{bucket['id']}/files").json()["items"]:
            answer = api.get(f"/files/{file['file_id']}/versions/{file['version_id']}/content")
            assert answer.status_code == 200, answer.text
            found[f"{bucket['name']}/{file['path']}"] = (file["file_id"], answer.content)
    return found


def lose_catalogue(server: SignedInServer) -> None:
    for file in server.data.glob("cairn.db*"):
        file.unlink()


@pytest.mark.parametrize("killed", [False, pytest.param(True, marks=pytest.mark.full)])
def test_the_catalogue_lost_every_file_is_had_back_also_of_a_server_killed_while_it_wrote_manifests(
    tmp_path: Path, killed: bool
) -> None:
    with running_server(tmp_path / "server") as server:
        with server.http(server.token) as api:
            for number in range(BUCKETS):
                make_bucket(api, f"bucket-{number}")
                upload(api, f"ordner/ä{number}", content(number), f"bucket-{number}")
            if killed:
                wait_until(lambda: len(manifests(server)) >= 2, 60)
        if killed:
            server.kill()
            server.start()
        with server.http(server.token) as api:
            upload(api, "late", content(99), "bucket-0")
            wait_until(lambda: behind(server) == 0, 200)
            before = all_files(api)
        server.kill()
        out = tmp_path / "out"
        reader = [sys.executable, "-I", "-S", str(PROJECT / "tools" / "read_cairn.py")]
        secret = ["--secret-file", str(server.data / "secret")]
        subprocess.run(
            [*reader, *secret, str(server.data / "blocks"), "extract", str(out)], env={}, check=True, timeout=60
        )
        assert {str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()} == {
            path: data for path, (_, data) in before.items()
        }

        refused = server.cairn("rebuild", check=False)
        assert refused.returncode != 0
        assert "There is something in `buckets` already" in refused.stderr
        lose_catalogue(server)
        said = server.cairn("rebuild").stdout
        assert f"{BUCKETS} buckets, {BUCKETS + 1} files" in said
        assert "no password" in said
        server.cairn("user", "password", server.email, "--password-stdin", stdin="a new long password\n")
        server.start()
        token = server.add_token(server.email, "files", "account")
        with server.http(token) as api:
            assert all_files(api) == before
            upload(api, "after", b"goes on", "bucket-0")
            wait_until(lambda: behind(server) == 0, 60)
        assert server.cairn("doctor", check=False).returncode == 0


@pytest.mark.full
def test_a_stack_whose_workers_were_killed_while_they_wrote_manifests_is_had_back_from_its_s3_store(
    tmp_path: Path, postgresql: Databases, seaweedfs: Buckets
) -> None:
    places = {"CAIRN_DATABASE": postgresql.fresh_database(), "CAIRN_STORE": seaweedfs.fresh_location()}
    with (
        RedisServer.running() as broker,
        running_stack(tmp_path / "stack", CAIRN_BROKER=broker.location, **places) as stack,
    ):
        stack.sign_in()
        with stack.http(stack.token) as api:
            for number in range(BUCKETS):
                make_bucket(api, f"bucket-{number}")
            for turn in range(2):
                with at_work(stack, turn):
                    kill_who_writes_manifests(stack)
            wait_until(lambda: behind(stack.workers[0]) == 0, 300)
            before = all_files(api)
        stack.kill()
    anew = {"CAIRN_DATABASE": postgresql.fresh_database(), "CAIRN_SECRET": stack.environment["CAIRN_SECRET"]}
    server = SignedInServer(tmp_path / "anew", CAIRN_STORE=places["CAIRN_STORE"], **anew)
    assert f"{BUCKETS} buckets, {len(before)} files" in server.cairn("rebuild", "--deep").stdout
    server.cairn("user", "password", stack.email, "--password-stdin", stdin="a new long password\n")
    server.start()
    try:
        with server.http(server.add_token(stack.email, "files", "account")) as api:
            assert all_files(api) == before
        assert server.cairn("doctor", check=False).returncode == 0
    finally:
        server.kill()


@contextmanager
def at_work(stack: Stack, turn: int) -> Iterator[None]:
    """Somebody puts files into every bucket."""
    is_over = threading.Event()

    def work() -> None:
        with stack.http(stack.token) as api:
            for number in count():
                upload(api, f"{turn}/ä{number % 40}", content(number), f"bucket-{number % BUCKETS}")
                if is_over.is_set():
                    return

    with ThreadPoolExecutor(1) as threads:
        hand = threads.submit(work)
        try:
            yield
        finally:
            is_over.set()
            hand.result()


def kill_who_writes_manifests(stack: Stack) -> None:
    """Every process that works, in the moment in which one has a bucket's manifests in hand."""
    with opened(stack.environment["CAIRN_DATABASE"]) as database:
        # What was killed before has a lease of a minute that nobody renews.
        held = text("SELECT count(*) FROM manifests WHERE lease_until > now() + interval '58 seconds'")
        ends = monotonic() + 240
        # No pause: a bucket is somebody's for some milliseconds.
        while not database.read(lambda connection: connection.execute(held).scalar()):
            assert monotonic() < ends, "nobody writes manifests"
    for hand in [hand for worker in stack.workers for hand in worker.hands()]:
        with suppress(ProcessLookupError):
            os.kill(hand, signal.SIGKILL)


@pytest.mark.full
@pytest.mark.parametrize("damage", ["the secret is another", pytest.param("no manifests", marks=pytest.mark.full)])
def test_what_cannot_be_rebuilt_is_told_with_what_to_do_and_makes_nothing(tmp_path: Path, damage: str) -> None:
    with running_server(tmp_path / "server") as server:
        with server.http(server.token) as api:
            make_bucket(api)
            upload(api, "one", b"one")
            wait_until(lambda: bool(manifests(server)), 60)
        server.kill()
        lose_catalogue(server)
        if damage == "no manifests":
            for name in manifests(server):
                (server.data / "blocks" / "meta" / name).unlink()
            assert "no manifests" in server.cairn("rebuild", check=False).stderr
            return
        (server.data / "secret").write_text("0" * 64)
        done = server.cairn("rebuild", check=False)
        assert done.returncode != 0
        assert "--without-secret" in done.stderr
        asked = server.cairn("rebuild", "--without-secret", check=False, stdin="n\n")
        assert asked.returncode != 0
        made = json.loads(server.cairn("rebuild", "--without-secret", "--yes", "--json").stdout)
        assert (made["buckets"], made["files"], made["told"]) == (1, 1, [])
