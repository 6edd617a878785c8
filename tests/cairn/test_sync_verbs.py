"""Damage, seen, told and healed, by the command line and a real server."""

import json
import os
import pty
import random
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cairn.serve import ADMIN
from tests.cairn.asked import answer, refused, someone, status
from tests.client.scripted_server import Answer, ScriptedServer, scripted_server
from tests.servers.cairn_server import SignedInServer, running_server, wait_until

DICE = random.Random(91)
SECRET = "an old saying that nobody guesses, 1"


@pytest.fixture
def three_copies(tmp_path: Path) -> Iterator[SignedInServer]:
    copies = [tmp_path / name for name in ("one", "two", "three")]
    also = "".join(f"&also={copy}" for copy in copies[1:])
    with running_server(tmp_path / "server", CAIRN_STORE=f"file://{copies[0]}?copies=3{also}") as server:
        yield server


def admin(server: SignedInServer) -> dict[str, str]:
    return {"CAIRN_TOKEN": server.add_token(ADMIN, "files", "account", "admin")}


def filled(server: SignedInServer, folder: Path) -> None:
    """Three files in a bucket, all verified."""
    folder.mkdir()
    for name, size in (("small", 1000), ("large", 2_500_000), ("other", 3000)):
        (folder / name).write_bytes(DICE.randbytes(size))
    server.cairn("cp", "-r", str(folder), "cairn:studio")
    wait_until(lambda: state(server) == "safe", 60)


def state(server: SignedInServer, **environment: str) -> str:
    with server.http(environment.get("CAIRN_TOKEN", server.token)) as http:
        return str(http.get("/sync/summary").json()["sentence"]["state"])


def blocks_of(server: SignedInServer, path: str, *folders: Path) -> list[Path]:
    """The block files of a file, copy by copy, in the order of its chunks."""
    with server.http(server.token) as http:
        (file,) = (one for one in http.get("/buckets/studio/files").json()["items"] if one["path"] == path)
        ids = [chunk["id"] for chunk in http.get(f"/files/{file['file_id']}/chunks").json()["items"]]
    roots = folders or (server.data / "blocks",)
    return [next(root.glob(f"??/{id}.*")) for id in ids for root in roots]


def damage(place: Path) -> None:
    place.chmod(0o600)
    data = bytearray(place.read_bytes())
    data[len(data) // 2] ^= 1
    place.write_bytes(data)


def test_everything_is_safe_once_it_was_read_back(server: SignedInServer, tmp_path: Path) -> None:
    filled(server, tmp_path / "files")
    done = server.cairn("status")
    assert done.stdout.startswith("Everything is safe.\nLast proved ")
    summary = answer(server, "status")
    assert (summary["sentence"]["state"], summary["counts"]["failed"]) == ("safe", 0)
    assert answer(server, "verify") == {"files": 3, "failed": []}
    assert "3 files read and hashed by the server: all is well." in server.cairn("verify", "cairn:studio").stdout
    assert answer(server, "verify", "cairn:studio/small", "cairn:studio/other")["files"] == 2
    assert status(server, "verify", "cairn:studio/nowhere") == 5
    assert answer(server, "retry") == {"retried": 0, "events": []}
    with _Terminal(server, "verify") as terminal:
        terminal.read_until("Verifying")
        terminal.read_until("all is well")


def test_damage_is_named_with_its_reason_and_healed_from_a_folder_of_any_layout(
    server: SignedInServer, tmp_path: Path
) -> None:
    filled(server, tmp_path / "files")
    bad, gone = blocks_of(server, "large")[0], blocks_of(server, "small")[0]
    damage(bad)
    gone.unlink()
    found = server.cairn("verify", "cairn:studio", check=False)
    assert found.returncode == 1
    assert "FAILED studio: large: " in found.stdout
    assert "FAILED studio: small: " in found.stdout
    assert "3 files read and hashed by the server: 2 failed." in found.stdout
    wait_until(lambda: state(server) == "needs-you")  # What is told may be a second old.
    told = server.cairn("status", check=False)
    assert told.returncode == 1
    assert told.stdout.startswith("Two files need you. The other one is safe.\n")
    assert re.search(r"  ! studio: large  \(\d+ seconds?\)\n    1 part is damaged", told.stdout)
    assert re.search(r"  ! studio: small  \(\d+ seconds?\)\n    1 part is missing", told.stdout)

    elsewhere = tmp_path / "elsewhere" / "deep"
    elsewhere.mkdir(parents=True)
    (tmp_path / "files" / "large").rename(elsewhere / "another name")
    rehearsal = server.cairn("verify", "--heal", str(tmp_path / "elsewhere"), "--dry-run", "--json", check=False)
    assert rehearsal.returncode == 7
    assert json.loads(rehearsal.stdout)["found"] == 1
    assert json.loads(rehearsal.stdout)["healed"] == 0
    assert status(server, "cat", "cairn:studio/large") == 1
    healed = server.cairn("verify", "--heal", str(tmp_path / "elsewhere"), "--json", check=False)
    report = json.loads(healed.stdout)
    assert (healed.returncode, report["wanted"], report["healed"], len(report["left"])) == (7, 2, 1, 1)
    assert report["places"] == [str(elsewhere / "another name")]
    assert server.cairn("verify", "cairn:studio/large").returncode == 0
    last = server.cairn("verify", "--heal", str(tmp_path / "files"))
    assert "1 of 1 wanted part found and sent, 1 healed." in last.stdout
    assert "Nothing is wanted" in server.cairn("verify", "--heal", str(tmp_path / "files")).stdout
    wait_until(lambda: state(server) == "safe", 60)
    assert {event["path"] for event in answer(server, "status")["healed"]} == {"large", "small"}
    back = subprocess.run(
        [sys.executable, "-m", "cairn", "cat", "cairn:studio/large"],
        env=server.environment, capture_output=True, check=True,
    )  # fmt: skip
    assert back.stdout == (elsewhere / "another name").read_bytes()


@pytest.mark.full
def test_a_round_of_proof_mends_from_copies_and_names_what_it_could_not(
    three_copies: SignedInServer, tmp_path: Path
) -> None:
    server, roots = three_copies, [tmp_path / name for name in ("one", "two", "three")]
    filled(server, tmp_path / "files")
    damage(blocks_of(server, "small", *roots)[1])
    for copy in blocks_of(server, "other", *roots):
        damage(copy)
    done = server.cairn("scrub", "--now", "--json", check=False, **admin(server))
    report = json.loads(done.stdout)
    assert done.returncode == 1, report
    assert [event["path"] for event in report["failed"]] == ["other"]
    assert report["failed"][0]["reason"].startswith("1 part is damaged on ")
    assert [event["path"] for event in report["healed"]] == ["small"]
    assert report["round"]["ended_at"] is not None
    server.cairn("cp", str(tmp_path / "files" / "other"), "cairn:studio/again")
    wait_until(lambda: state(server) == "safe", 60)
    done = server.cairn("scrub", "--now", **admin(server))
    assert "everything is whole." in done.stdout


@pytest.mark.full
def test_a_gentle_round_is_begun_or_joined_and_not_waited_for(server: SignedInServer) -> None:
    done = server.cairn("scrub", **admin(server))
    assert re.match(r"Round \d+ goes on: ", done.stdout)
    assert answer(server, "scrub", **admin(server))["failed"] == []


@pytest.mark.full
def test_only_administrators_begin_a_round(server: SignedInServer) -> None:
    for arguments in (["scrub"], ["scrub", "--now"]):
        code, problem = refused(server, *arguments)
        assert (code, problem["type"]) == (4, "urn:cairn:problem:forbidden")
        assert "cairn token create --admin" in problem["detail"]


def test_an_administrators_token_is_made_for_administrators_alone(server: SignedInServer) -> None:
    token = answer(server, "token", "create", "--email", ADMIN, "--admin")["token"]
    assert status(server, "scrub", CAIRN_TOKEN=token) == 0
    assert status(server, "token", "create", "--email", server.email, "--admin") == 1
    assert status(server, "token", "create", "--email", ADMIN, "--admin", "--read-only") == 2


def test_nobody_learns_of_damage_to_the_files_of_others(server: SignedInServer, tmp_path: Path) -> None:
    filled(server, tmp_path / "files")
    damage(blocks_of(server, "other")[0])
    assert status(server, "verify") == 1
    _, other = someone(server, "other@example.org")
    assert state(server, **other) == "safe"
    assert answer(server, "verify", **other) == {"files": 0, "failed": []}
    assert answer(server, "verify", "--heal", str(tmp_path / "files"), **other)["wanted"] == 0
    assert state(server, **admin(server)) == "needs-you"


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "--dry-run"],
        ["verify", "--heal", "/nowhere/at/all"],
        ["verify", "--heal", "/tmp", "cairn:studio"],
        ["verify", "--heal", "/tmp", "--download"],
        ["verify", "studio"],
        ["status", "--watch"],
        ["status", "--watch", "--json"],
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(shared: SignedInServer, arguments: list[str]) -> None:
    assert status(shared, *arguments) == 2


@pytest.mark.full
def test_one_failed_file_is_tried_again_by_its_place(server: SignedInServer, tmp_path: Path) -> None:
    filled(server, tmp_path / "files")
    (gone,) = blocks_of(server, "small")
    gone.rename(tmp_path / "aside")
    assert status(server, "verify", "cairn:studio/small") == 1
    (tmp_path / "aside").rename(gone)
    tried = answer(server, "retry", "cairn:studio/small")
    assert (tried["retried"], tried["events"][0]["path"]) == (1, "small")
    wait_until(lambda: state(server) == "safe", 60)
    assert status(server, "retry", "01890a5d-ac96-774b-bcce-b302099a8057") == 5


@pytest.mark.full
def test_watching_shows_what_changes_and_ends_with_0_by_ctrl_c(server: SignedInServer, tmp_path: Path) -> None:
    filled(server, tmp_path / "files")
    with _Terminal(server, "status", "--watch") as terminal:
        terminal.read_until("Everything is safe.")
        evil = tmp_path / "evil\u202egpj.exe"
        evil.write_bytes(b"bytes")
        server.cairn("cp", str(evil), "cairn:studio")
        wait_until(lambda: state(server) == "safe", 60)
        damage(blocks_of(server, evil.name)[0])
        assert status(server, "verify") == 1
        terminal.read_until("One file needs you.")
        terminal.read_until("evil\\u202egpj.exe")
        server.kill()
        terminal.read_until("Not known since ")
        server.start()
        terminal.read_until("One file needs you.")
        assert terminal.interrupt() == 0
        assert "\u202e" not in terminal.output


class _Terminal:
    """A command at a terminal of 200 columns and 60 lines."""

    def __init__(self, server: SignedInServer, *arguments: str) -> None:
        self._command = [sys.executable, "-m", "cairn", *arguments]
        self._environment = server.environment | {"COLUMNS": "200", "LINES": "60", "TERM": "xterm"}
        self.output = ""

    def __enter__(self) -> "_Terminal":
        self._mine, theirs = pty.openpty()
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        return self

    def __exit__(self, *_: Any) -> None:
        self._process.kill()
        self._process.wait(20)
        os.close(self._mine)

    def read_until(self, text: str, seconds: float = 60) -> None:
        """What is written from here on comes to contain `text`."""
        seen, end = "", time.monotonic() + seconds
        while text not in seen:
            assert time.monotonic() < end, f"{text!r} was not shown: {seen[-2000:]!r}"
            if select.select([self._mine], [], [], 0.1)[0]:
                seen += os.read(self._mine, 65536).decode()
        self.output += seen

    def interrupt(self) -> int:
        self._process.send_signal(signal.SIGINT)
        with suppress(OSError):  # Its end of the terminal is closed with it.
            while data := os.read(self._mine, 65536):
                self.output += data.decode()
        return self._process.wait(20)


@pytest.fixture
def receiver() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        server.answers(Answer(204))
        yield server


@pytest.mark.full
def test_the_webhook_is_told_when_a_file_is_damaged_and_when_it_is_healed(
    tmp_path: Path, receiver: ScriptedServer
) -> None:
    told = {"CAIRN_WEBHOOK_URL": f"{receiver.url}/hook", "CAIRN_WEBHOOK_SECRET": SECRET}
    with running_server(tmp_path / "server", **told) as server:
        filled(server, tmp_path / "files")
        damage(blocks_of(server, "large")[1])
        assert status(server, "verify") == 1
        wait_until(lambda: len(receiver.asked) == 1, 60)
        server.cairn("verify", "--heal", str(tmp_path / "files"))
        wait_until(lambda: len(receiver.asked) == 2, 60)
    damaged, healed = (json.loads(asked.body) for asked in receiver.asked)
    assert (damaged["type"], healed["type"]) == ("file.damaged", "file.healed")
    assert damaged["data"]["path"] == healed["data"]["path"] == "large"


def test_copying_the_same_folder_again_heals_what_the_server_lost(server: SignedInServer, tmp_path: Path) -> None:
    filled(server, tmp_path / "files")
    blocks_of(server, "small")[0].unlink()
    assert status(server, "verify", "cairn:studio") == 1
    server.cairn("cp", "-r", str(tmp_path / "files"), "cairn:studio/")
    wait_until(lambda: state(server) == "safe", 60)
    server.cairn("cp", "-r", str(tmp_path / "files"), "cairn:studio/")
    assert server.cairn("versions", "cairn:studio/small", "--json").stdout.count("version_id") == 2
