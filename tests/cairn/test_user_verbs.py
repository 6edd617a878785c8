"""The user's verbs, run as a user runs them."""

import json
import os
import random
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cairn.asked import answer, paths, status
from tests.servers.cairn_server import SignedInServer, wait_until

DICE = random.Random(31)


@pytest.mark.parametrize(
    ("target", "path"), [("", "a.txt"), ("/", "a.txt"), ("/in/", "in/a.txt"), ("/in", "in"), ("/x/y.bin", "x/y.bin")]
)
def test_a_file_goes_into_a_folder_or_takes_the_name_given(
    shared: SignedInServer, bucket: str, tmp_path: Path, target: str, path: str
) -> None:
    (tmp_path / "a.txt").write_text("hello")
    report = answer(shared, "cp", str(tmp_path / "a.txt"), f"cairn:{bucket}{target}")
    assert report == {"files": 1, "bytes": 5, "moved_bytes": 5, "skipped": 0, "refused": [], "left_out": []} or (
        report["files"] == 1 and report["moved_bytes"] == 0
    )
    assert paths(shared, bucket) == [path]
    assert shared.cairn("cat", f"cairn:{bucket}/{path}").stdout == "hello"


def test_a_folders_content_goes_below_the_target_and_comes_back(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    (tmp_path / "photos" / "may").mkdir(parents=True)
    (tmp_path / "photos" / "one").write_bytes(DICE.randbytes(3_000_000))
    (tmp_path / "photos" / "may" / "two").write_text("2")
    assert status(shared, "cp", str(tmp_path / "photos"), f"cairn:{bucket}/in") == 2
    shared.cairn("cp", "-r", str(tmp_path / "photos"), f"cairn:{bucket}/in")
    assert paths(shared, bucket) == ["in/may/two", "in/one"]
    assert answer(shared, "cp", "-r", str(tmp_path / "photos"), f"cairn:{bucket}/in")["skipped"] == 2
    shared.cairn("cp", "-r", f"cairn:{bucket}/in", str(tmp_path / "back"))
    done = subprocess.run(["diff", "-r", str(tmp_path / "photos"), str(tmp_path / "back")], check=False)
    assert done.returncode == 0


def test_listing_shows_buckets_folders_and_details(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("hello")
    shared.cairn("cp", str(tmp_path / "a"), f"cairn:{bucket}/in/deep/a")
    assert f"cairn:{bucket}\n" in shared.cairn("ls").stdout
    assert shared.cairn("ls", f"cairn:{bucket}").stdout == "in/\n"
    assert shared.cairn("ls", f"cairn:{bucket}/in").stdout == "in/deep/\n"
    assert shared.cairn("ls", "-r", f"cairn:{bucket}").stdout == "in/deep/a\n"
    assert shared.cairn("ls", "-l", f"cairn:{bucket}/in/deep/a").stdout.split()[:2] == ["5", "B"]


def test_names_cannot_steer_the_terminal_and_are_exact_as_json(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    name = "evil\u202egpj.exe\ufeff"
    (tmp_path / name).write_text("x")
    shared.cairn("cp", str(tmp_path / name), f"cairn:{bucket}")
    assert shared.cairn("ls", f"cairn:{bucket}").stdout == "evil\\u202egpj.exe\\ufeff\n"
    assert paths(shared, bucket) == [name]


def test_a_file_is_moved_deleted_and_restored(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("first")
    shared.cairn("cp", str(tmp_path / "a"), f"cairn:{bucket}")
    shared.cairn("mv", f"cairn:{bucket}/a", f"cairn:{bucket}/in/")
    assert paths(shared, bucket) == ["in/a"]
    (tmp_path / "a").write_text("second")
    shared.cairn("cp", str(tmp_path / "a"), f"cairn:{bucket}/in/a")
    versions = answer(shared, "versions", f"cairn:{bucket}/in/a")["items"]
    oldest = versions[-1]["version_id"]
    assert shared.cairn("cat", f"cairn:{bucket}/in/a", "--version", oldest).stdout == "first"
    shared.cairn("restore", f"cairn:{bucket}/in/a", oldest)
    assert shared.cairn("cat", f"cairn:{bucket}/in/a").stdout == "first"
    assert answer(shared, "rm", f"cairn:{bucket}/in/a")["deleted"] == 1
    assert status(shared, "cat", f"cairn:{bucket}/in/a") == 5
    shared.cairn("restore", f"cairn:{bucket}/in/a", "--to", "back")
    assert shared.cairn("cat", f"cairn:{bucket}/back").stdout == "first"


def test_a_folder_is_deleted_only_when_asked_for(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    for path in ("in/a", "in/b", "inner"):
        shared.cairn("cp", str(tmp_path / "a"), f"cairn:{bucket}/{path}")
    assert status(shared, "rm", f"cairn:{bucket}/in/") == 2
    assert status(shared, "rm", f"cairn:{bucket}") == 2
    assert answer(shared, "rm", "-r", f"cairn:{bucket}/in")["deleted"] == 2
    assert paths(shared, bucket) == ["inner"]


def test_verify_by_download_names_what_is_damaged_and_exits_with_1(server: SignedInServer, tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"good bytes")
    (tmp_path / "bad").write_bytes(DICE.randbytes(2_500_000))
    for name in ("good", "bad"):
        server.cairn("cp", str(tmp_path / name), "cairn:studio")
    assert "all is well" in server.cairn("verify", "--download").stdout
    damaged = sorted(place for place in (server.data / "blocks").glob("??/*") if place.stat().st_size == 2**20)[0]
    damaged.chmod(0o600)
    data = bytearray(damaged.read_bytes())
    data[1000] ^= 1
    damaged.write_bytes(data)
    found = server.cairn("verify", "--download", "cairn:studio", "--json", check=False)
    assert found.returncode == 1
    (damage,) = json.loads(found.stdout)["damaged"]
    assert (damage["bucket"], damage["path"]) == ("studio", "bad")
    assert status(server, "verify", "--download", "cairn:studio/good") == 0
    assert status(server, "cp", "cairn:studio/bad", str(tmp_path / "back")) == 1
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["ls", "cairn:nowhere-at-all"], 5),
        (["cat", "cairn:nowhere-at-all/x"], 5),
        (["cat", "cairn:b/../x"], 2),
        (["cat", "cairn:b//x"], 2),
        (["cat", "cairn:../x"], 2),
        (["cat", "plain"], 2),
        (["cp", "a", "b"], 2),
        (["cp", "cairn:nowhere/x", "cairn:other/y"], 5),
        (["cp", "/nowhere/at/all", "cairn:bucket"], 1),
        (["mv", "cairn:nowhere/x", "cairn:other/x"], 5),
        (["mv", "cairn:nowhere", "cairn:other/"], 2),
        (["mv", "cairn:nowhere/x"], 2),
        (["rm"], 2),
        (["rm", "--undo", "0", "cairn:nowhere/x"], 2),
        (["undo", "01890a5d-ac96-774b-bcce-b302099a8057"], 5),
        (["undelete"], 2),
        (["undelete", "cairn:nowhere/x", "--id", "0"], 2),
        (["search"], 2),
        (["bucket", "create"], 2),
        (["bucket", "set", "nowhere"], 2),
        (["bucket", "share", "nowhere", "0", "owner"], 2),
        (["trash", "ls", "cairn:nowhere/x"], 2),
        (["tags", "cairn:nowhere/x", "--set", "=1"], 2),
        (["frobnicate"], 2),
    ],
)
def test_the_exit_status_says_what_went_wrong(shared: SignedInServer, arguments: list[str], expected: int) -> None:
    assert status(shared, *arguments) == expected


def test_who_is_not_signed_in_and_what_cannot_be_asked_have_their_own_status(
    shared: SignedInServer, tmp_path: Path
) -> None:
    empty = {"CAIRN_URL": "", "CAIRN_TOKEN": "", "XDG_CONFIG_HOME": str(tmp_path)}
    assert status(shared, "ls", **empty) == 4
    assert status(shared, "ls", CAIRN_TOKEN="wrong") == 4
    assert status(shared, "ls", CAIRN_URL="http://127.0.0.1:1", CAIRN_RETRY_SECONDS="0") == 3


def test_login_tries_the_token_keeps_it_for_its_owner_alone_and_logout_forgets_it(
    shared: SignedInServer, tmp_path: Path
) -> None:
    fresh = {"CAIRN_URL": "", "CAIRN_TOKEN": "", "XDG_CONFIG_HOME": str(tmp_path)}
    refused = shared.cairn("login", shared.url, "--token-stdin", stdin="wrong\n", check=False, **fresh)
    assert (refused.returncode, list(tmp_path.iterdir())) == (4, [])
    shared.cairn("login", shared.url, "--token-stdin", stdin=f"{shared.token}\n", **fresh)
    kept = tmp_path / "cairn" / "credentials.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert status(shared, "ls", **fresh) == 0
    # A token that was kept for one server is never sent to another.
    assert status(shared, "ls", **fresh | {"CAIRN_URL": "http://127.0.0.1:1"}) == 4
    shared.cairn("logout", **fresh)
    assert not kept.exists()
    assert status(shared, "ls", **fresh) == 4


def test_an_interrupted_copy_exits_with_130_and_goes_on_with_the_same_command(
    server: SignedInServer, tmp_path: Path
) -> None:
    large, blocks = tmp_path / "large", server.data / "blocks"
    command = [sys.executable, "-m", "cairn", "cp", str(large), "cairn:studio/large"]
    status_of_copy, error = 0, ""
    # One that was done before the signal came tells nothing: another one then, of other bytes.
    for _ in range(5):
        large.write_bytes(DICE.randbytes(150_000_000))
        before = sum(1 for _ in blocks.glob("??/*"))
        copying = subprocess.Popen(command, env=server.environment, stderr=subprocess.PIPE, text=True)
        wait_until(
            lambda copying=copying, before=before: (  # type: ignore[misc]
                copying.poll() is not None or sum(1 for _ in blocks.glob("??/*")) > before + 10
            ),
            seconds=60,
        )
        copying.send_signal(signal.SIGINT)
        _, error = copying.communicate(timeout=60)
        if status_of_copy := copying.returncode:
            break
    assert status_of_copy == 130, error
    assert "Traceback" not in error
    report = answer(server, "cp", str(large), "cairn:studio/large")
    assert report["files"] == 1
    assert report["moved_bytes"] < report["bytes"]


def test_each_verb_is_found_where_the_command_looks_for_it() -> None:
    from cairn.__main__ import VERBS, command

    for verb in VERBS:
        apps = [group.typer_instance for group in command(verb).registered_groups]
        commands = [
            one.name or getattr(one.callback, "__name__", "") for app in apps for one in app.registered_commands
        ]
        groups = [group.name for app in apps for group in app.registered_groups]
        assert verb in [*commands, *groups]


def test_a_users_verb_loads_neither_the_server_nor_what_draws_progress() -> None:
    program = (
        "import sys; sys.argv = ['cairn', 'ls']; from cairn.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sorted({'fastapi', 'starlette', 'sqlalchemy', 'pydantic_settings', 'rich.progress', 'click'}"
        " & set(sys.modules)))"
    )
    environment = os.environ | {"CAIRN_URL": "http://127.0.0.1:1", "CAIRN_TOKEN": "t", "CAIRN_RETRY_SECONDS": "0"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
