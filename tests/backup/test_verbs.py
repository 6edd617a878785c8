"""`cairn backup` as an operator uses it: beside the running server, into another place, and back."""

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.client_of import make_bucket, upload
from tests.servers.cairn_server import CairnServer, SignedInServer, running_server, wait_until
from tests.servers.postgresql_server import Databases
from tests.servers.seaweedfs_server import Buckets

OLD, NEW = b"of yesterday " * 1000, b"of today " * 1000
KEY = "k" * 32
NOTHING: Mapping[str, str] = {}
OTHER = {"CAIRN_SECRET": "x" * 32}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SignedInServer]:
    place = f"file://{tmp_path / 'backup'}"
    with running_server(tmp_path / "server", CAIRN_BACKUP=place, CAIRN_DEAD_NAME_DAYS="0") as running:
        with running.http(running.token) as api:
            make_bucket(api)
            upload(api, "old", OLD)
        yield running


def backup(server: CairnServer, *arguments: str, status: int = 0, env: Mapping[str, str] = NOTHING) -> Any:
    done = server.cairn("backup", *arguments, "--json", check=False, **env)
    assert done.returncode == status, done
    return json.loads(done.stdout if status == 0 or not done.stderr.startswith("{") else done.stderr)


def elsewhere(server: SignedInServer, folder: Path) -> CairnServer:
    """An installation that is not there yet, with the same secret and backup."""
    secret = (server.data / "secret").read_text().strip()
    where = {name: value for name, value in server.environment.items() if name.startswith("CAIRN_BACKUP")}
    return CairnServer(folder, CAIRN_SECRET=secret, **where)


def test_what_was_backed_up_beside_the_server_is_whole_again_elsewhere(server: SignedInServer, tmp_path: Path) -> None:
    with server.http(server.token) as api:
        first = backup(server, "create", "--new")
        journal = api.get("/buckets/studio/changes?after=0").json()
        upload(api, "new", NEW)
        second = backup(server, "create")
        upload(api, "newer", NEW + OLD)
    assert (first["files"], first["blocks"], first["new_blocks"]) == (1, 1, 1)
    assert (second["files"], second["blocks"], second["new_blocks"], second["new_bytes"]) == (2, 2, 1, len(NEW))
    assert [one["id"] for one in backup(server, "list")["items"]] == [first["id"], second["id"]]
    verified = backup(server, "verify")
    assert verified.pop("rows") > 20
    assert verified == {"snapshots": 2, "blocks": 2, "bytes": len(OLD + NEW), "damage": []}

    other = elsewhere(server, tmp_path / "other")
    told = backup(other, "restore", first["id"])
    assert (told["snapshot"], told["files"], told["missing"]) == (first["id"], 1, [])
    assert json.loads(other.cairn("doctor", "--deep", "--json").stdout)["findings"] == []
    other.start()
    try:
        with other.http(server.token) as api:  # A token of a program goes on being one.
            assert api.get("/buckets/studio/content/old").content == OLD
            assert api.get("/buckets/studio/content/new").status_code == 404
            assert api.get("/buckets/studio/changes?after=0").json() == journal
            # A cursor of the lost future lists anew, one of before goes on.
            assert api.get("/buckets/studio/changes?after=2").status_code == 410
            assert api.get("/buckets/studio/changes?after=1").json()["items"] == []
            upload(api, "new", NEW)
            assert [one["sequence"] for one in api.get("/buckets/studio/changes?after=1").json()["items"]] == [2]
        assert collection(other) == "ok"
        assert other.kill(15) == 0
        # Beside the store that it was taken of, which has gone on, it is noticed, and nothing is erased.
        assert server.kill(15) == 0
        other.environment["CAIRN_STORE"] = f"file://{server.data / 'blocks'}"
        other.start()
        assert collection(other) == "foreign-store"
    finally:
        if other.is_running:
            other.kill()


def collection(server: CairnServer) -> str:
    return str(httpx.get(f"{server.url}/readyz", timeout=30).json()["services"]["collection"])


def slug(problem: Any) -> str:
    return str(problem["type"]).rpartition(":")[2]


def test_nothing_is_restored_over_what_is_there_or_with_another_secret(server: SignedInServer, tmp_path: Path) -> None:
    backup(server, "create", "--new")
    assert slug(backup(server, "restore", status=3)) == "data-folder-in-use"
    assert server.kill(15) == 0
    before = sorted(path for path in server.data.rglob("*") if path.is_file())
    # The database is of a life of its own; an empty database before a store that is not.
    assert slug(backup(server, "restore", status=1)) == "restore-refused"
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    assert slug(backup(server, "restore", status=1, env={"CAIRN_DATABASE": empty})) == "restore-refused"
    assert sorted(path for path in server.data.rglob("*") if path.is_file()) == before

    other = elsewhere(server, tmp_path / "other")
    assert slug(backup(other, "restore", status=1, env=OTHER)) == "restore-refused"
    assert not other.data.exists()
    backup(other, "restore", "--new-secret", env=OTHER)
    assert json.loads(other.cairn("doctor", "--json", CAIRN_SECRET=OTHER["CAIRN_SECRET"]).stdout)["findings"] == []


def test_a_backup_is_begun_on_purpose_only_and_never_among_other_things(server: SignedInServer, tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    place = f"file://{tmp_path / 'mount'}"
    assert slug(backup(server, "create", "--at", place, status=5)) == "backup-not-found"
    (tmp_path / "mount" / "holiday.jpg").touch()
    assert slug(backup(server, "create", "--new", "--at", place, status=1)) == "backup-foreign"
    assert [path.name for path in (tmp_path / "mount").iterdir()] == ["holiday.jpg"]
    assert slug(backup(server, "create", "--at", "s3+http://KEY:SECRET@host/bucket", status=2)) == "setting-invalid"


def test_an_encrypted_backup_tells_nothing_without_its_key(server: SignedInServer, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    key = {"CAIRN_BACKUP_KEY_FILE": str(tmp_path / "key")}
    first = backup(server, "create", "--new", env=key)
    assert backup(server, "create", env=key)["new_blocks"] == 0
    for wrong in ({}, {"CAIRN_BACKUP_KEY": "w" * 32}):
        assert slug(backup(server, "list", status=4, env=wrong)) == "backup-key-wrong"
    hashes = [path.name.split(".")[0] for path in (server.data / "blocks").glob("??/*")]
    for path in (tmp_path / "backup").rglob("*"):
        assert not any(path.name == known for known in hashes)
        assert path.is_dir() or b"yesterday" not in path.read_bytes()
        assert path.is_dir() or path.stat().st_mode & 0o077 == 0
    assert backup(server, "verify", env=key)["damage"] == []
    other = elsewhere(server, tmp_path / "other")
    assert (
        backup(other, "restore", env=key)["snapshot"]
        == backup(server, "list", env=key)["items"][-1]["id"]
        != first["id"]
    )


def test_a_backup_under_load_restores_to_a_state_in_which_every_part_is_right(
    server: SignedInServer, tmp_path: Path
) -> None:
    back_up_under_load(server, tmp_path)


@pytest.mark.full
def test_a_backup_of_real_servers_under_load_restores_into_one_process(
    postgresql: Databases, seaweedfs: Buckets, tmp_path: Path
) -> None:
    places = {"CAIRN_DATABASE": postgresql.fresh_database(), "CAIRN_STORE": seaweedfs.fresh_location()}
    where = {"CAIRN_BACKUP": seaweedfs.fresh_location(), "CAIRN_BACKUP_KEY": KEY}
    with running_server(tmp_path / "server", CAIRN_DEAD_NAME_DAYS="0", **places, **where) as server:
        with server.http(server.token) as api:
            make_bucket(api)
        other = back_up_under_load(server, tmp_path)
        require_verified(other, server.token)


def require_verified(restored: CairnServer, token: str) -> None:
    """By the server, which reads every byte again, and by a client that downloads them."""
    restored.start()
    try:
        restored.cairn("login", restored.url, "--token-stdin", stdin=token)
        for how in ([], ["--download"]):
            assert restored.cairn("verify", *how, check=False).returncode == 0
    finally:
        restored.kill()


def back_up_under_load(server: SignedInServer, tmp_path: Path) -> CairnServer:
    """An installation that was restored from it, and not started."""
    is_over = threading.Event()
    files = [0] * 3

    def work(hand: int) -> None:
        with server.http(server.token) as api:
            while not is_over.is_set():
                number = files[hand]
                made = upload(api, f"{hand}/{number}", f"{hand} {number} ".encode() * 30_000)
                if number % 3 == 0:
                    assert api.delete(f"/files/{made['file_id']}", params={"purge": "true"}).is_success
                files[hand] += 1

    hands = [threading.Thread(target=work, args=(hand,)) for hand in range(len(files))]
    try:
        for hand in hands:
            hand.start()
        wait_until(lambda: min(files) > 2)
        made = [backup(server, "create", "--new"), backup(server, "create")]
    finally:
        is_over.set()
        for hand in hands:
            hand.join()
    assert made[1]["files"] > made[0]["files"] > 1
    assert backup(server, "verify")["damage"] == []
    other = elsewhere(server, tmp_path / "other")
    assert backup(other, "restore", made[0]["id"])["missing"] == []
    report = json.loads(other.cairn("doctor", "--deep", "--json").stdout)
    assert (report["findings"], report["audit"]["registered"]) == ([], made[0]["blocks"])
    return other
