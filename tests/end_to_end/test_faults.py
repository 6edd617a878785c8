"""The product under faults: what was acknowledged is there and right afterwards, what was not is nowhere."""

import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.end_to_end.client_of import block_files, make_bucket, upload
from tests.servers.cairn_server import SignedInServer, running_server


def test_every_acknowledged_file_survives_kill_9_at_random_moments(product: SignedInServer) -> None:
    dice = random.Random(7)
    acknowledged: dict[str, bytes] = {}
    with product.http(product.token) as api:
        make_bucket(api)

    def put(number: int) -> None:
        data = dice.randbytes(dice.randint(1, 300_000))
        try:
            with product.http(product.token) as api:
                answer = api.put(f"/buckets/studio/content/file-{number}", content=data)
        except httpx.TransportError:
            return
        if answer.status_code == 201:
            acknowledged[f"file-{number}"] = data

    for round_number in range(3):
        killer = threading.Timer(dice.uniform(0.1, 0.6), product.kill)
        killer.start()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(put, range(round_number * 100, round_number * 100 + 60)))
        killer.join()
        product.start()
    with product.http(product.token) as api:
        listed = {
            item["path"]: item for item in api.get("/buckets/studio/files", params={"limit": 1000}).json()["items"]
        }
        assert acknowledged.keys() <= listed.keys()
        for path, data in acknowledged.items():
            assert api.get(f"/buckets/studio/content/{path}").content == data
    assert product.cairn("verify", "--download").returncode == 0


def test_sigterm_ends_the_server_cleanly(product: SignedInServer) -> None:
    with product.http(product.token) as api:
        make_bucket(api)
        upload(api, "kept", b"kept")
    assert product.kill(signal.SIGTERM) == 0
    product.start()
    with product.http(product.token) as api:
        assert api.get("/buckets/studio/content/kept").content == b"kept"


def test_a_flipped_bit_on_disk_is_never_served_and_verify_names_the_file(server: SignedInServer) -> None:
    with server.http(server.token) as api:
        make_bucket(api)
        upload(api, "whole", b"whole" * 1000)
        upload(api, "hurt", random.Random(2).randbytes(100_000))
    hurt = max(block_files(server.data), key=lambda file: file.stat().st_size)
    damaged = bytearray(hurt.read_bytes())
    damaged[5_000] ^= 1
    hurt.write_bytes(damaged)
    with server.http(server.token) as api:
        answer = api.get("/buckets/studio/content/hurt")
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
    verified = server.cairn("verify", check=False)
    assert verified.returncode == 1
    assert "hurt" in verified.stdout
    assert "whole" not in verified.stdout


def test_a_damaged_block_is_healed_by_the_next_upload_of_the_same_bytes(server: SignedInServer) -> None:
    data = random.Random(3).randbytes(50_000)
    with server.http(server.token) as api:
        make_bucket(api)
        upload(api, "hurt", data)
        (file,) = block_files(server.data)
        file.write_bytes(b"\0" * len(data))
        assert api.get("/buckets/studio/content/hurt").status_code == 500
        upload(api, "again", data)
        assert api.get("/buckets/studio/content/hurt").content == data


def test_a_second_server_on_the_same_folder_refuses(server: SignedInServer) -> None:
    second = server.cairn("serve", check=False)
    assert second.returncode != 0
    assert "already runs" in second.stderr


def test_purged_files_leave_the_disk_and_others_stay(tmp_path: object, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue("tmp_path")
    with running_server(folder / "server", CAIRN_DEAD_NAME_DAYS="0") as server, server.http(server.token) as api:
        make_bucket(api)
        kept, gone = random.Random(4).randbytes(10_000), random.Random(5).randbytes(20_000)
        upload(api, "kept", kept)
        file = upload(api, "gone", gone)
        assert api.delete(f"/files/{file['file_id']}").status_code in (200, 204)
