"""`cairn login` by device, what it keeps, and `cairn logout`, against a provider that answers what a test wants."""

import json
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cairn.credentials import only_one
from tests.cairn.machine import Machine
from tests.client.scripted_provider import ScriptedProvider, form_of, scripted_provider
from tests.client.scripted_server import Answer, Asked
from tests.servers.cairn_server import wait_until


@pytest.fixture
def house() -> Iterator[ScriptedProvider]:
    with scripted_provider() as provider:
        yield provider


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def signed_in(house: ScriptedProvider, machine: Machine) -> Machine:
    machine.keep(house.url, *house.issue(), house.user_id)
    return machine


@pytest.fixture
def expired(house: ScriptedProvider, machine: Machine) -> Machine:
    """Signed in, with an access token that has ended."""
    machine.keep(house.url, *house.issue(), house.user_id, lasts=-1)
    house.current = ""
    return machine


@contextmanager
def held_back(machine: Machine, count: int = 1) -> Iterator[list[subprocess.Popen[str]]]:
    """Commands that wait for their turn to renew the token, until the block ends."""
    with only_one(machine.kept):
        running = [machine.begin("ls") for _ in range(count)]
        wait_until(lambda: all(waits_for_its_turn(one.pid) for one in running), seconds=120)
        yield running


def waits_for_its_turn(process: int) -> bool:
    with suppress(FileNotFoundError):  # A file that was closed while we looked.
        return any(file.readlink().name == "credentials.lock" for file in Path(f"/proc/{process}/fd").iterdir())
    return False


def test_login_shows_the_address_and_the_code_waits_and_keeps_the_tokens_for_their_owner_alone(
    house: ScriptedProvider, machine: Machine
) -> None:
    house.polls = ["authorization_pending"]
    done = machine.cairn("login", house.url)
    assert (done.returncode, done.stdout) == (0, f"Signed in at {house.url} as ada@example.org.\n"), done.stderr
    assert f"    {house.url}/device\n    WDJB-MJHT\n" in done.stderr
    assert house.device_names == [f"cairn on {socket.gethostname()}"]
    assert stat.S_IMODE(machine.kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(machine.kept.parent.stat().st_mode) == 0o700
    document = machine.document()
    assert (document["token"], document["renewal"]["refresh_token"]) == (house.current, house.family[-1])
    assert machine.cairn("ls").stdout == "cairn:studio\n"


def test_login_tells_programs_each_event_on_a_line_as_it_happens(house: ScriptedProvider, machine: Machine) -> None:
    house.polls = ["authorization_pending"] * 999
    running = machine.begin("login", house.url, "--json")
    assert running.stdout is not None
    code = json.loads(running.stdout.readline())
    assert code == {
        "event": "code",
        "verification_uri": f"{house.url}/device",
        "verification_uri_complete": f"{house.url}/device?user_code=WDJB-MJHT",
        "user_code": "WDJB-MJHT",
        "expires_in": 600,
    }
    house.polls = []
    out, error = running.communicate(timeout=30)
    signed = json.loads(out)
    assert (signed["event"], signed["email"], signed["kept_in"]) == ("signed-in", "ada@example.org", str(machine.kept))
    assert (running.returncode, error) == (0, "")


def test_ctrl_c_ends_the_wait_with_130_and_keeps_nothing(house: ScriptedProvider, machine: Machine) -> None:
    house.polls = ["authorization_pending"] * 999
    running = machine.begin("login", house.url, "--json")
    assert running.stdout is not None
    running.stdout.readline()
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=30)
    assert running.returncode == 130, error
    assert "Traceback" not in error
    assert not machine.kept.exists()


@pytest.mark.parametrize(("error", "said"), [("access_denied", "not allowed"), ("expired_token", "another code")])
def test_a_refused_login_says_why_with_its_status_and_keeps_what_was_there(
    house: ScriptedProvider, signed_in: Machine, error: str, said: str
) -> None:
    before = signed_in.kept.read_bytes()
    house.polls = [error]
    done = signed_in.cairn("login", house.url)
    assert (done.returncode, done.stdout) == (4, "")
    assert said in done.stderr
    assert signed_in.kept.read_bytes() == before


def test_a_server_without_the_device_flow_is_signed_in_to_by_a_personal_token_and_login_says_so(
    house: ScriptedProvider, machine: Machine
) -> None:
    house.instead["/.well-known/openid-configuration"] = lambda _: Answer.json(
        {"issuer": house.url, "token_endpoint": f"{house.url}/oauth/token"}
    )
    done = machine.cairn("login", house.url)
    assert done.returncode == 3
    assert f"cairn login {house.url} --token-stdin" in done.stderr
    access, _ = house.issue()
    assert machine.cairn("login", house.url, "--token-stdin", stdin=f"{access}\n").returncode == 0
    assert machine.cairn("ls").returncode == 0


def test_another_client_id_and_another_way_to_the_browser_are_obeyed(
    house: ScriptedProvider, machine: Machine, tmp_path: Path
) -> None:
    asked: list[Asked] = []

    def device(request: Asked) -> Answer:
        asked.append(request)
        return Answer.json(house.code(expires_in=0))

    house.instead["/oauth/device"] = device
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    browser.chmod(0o755)
    done = machine.cairn("login", house.url, "--browser", CAIRN_CLI_CLIENT_ID="ours", BROWSER=f"{browser} %s")
    assert done.returncode == 4, done.stderr
    assert form_of(asked[0])["client_id"] == "ours"
    assert opened.read_text() == f"{house.url}/device?user_code=WDJB-MJHT"
    assert "browser" not in machine.cairn("login", house.url, BROWSER=f"{browser} %s").stderr.replace("a browser", "")


def test_an_address_that_is_not_https_is_warned_of_before_anything_is_sent(
    house: ScriptedProvider, machine: Machine
) -> None:
    port = house.url.rpartition(":")[2]
    done = machine.cairn("login", f"http://127.1:{port}")
    assert "is not https" in done.stderr.splitlines()[0]
    assert done.returncode == 3  # Its issuer is another name.


def test_a_sign_in_that_cannot_be_kept_is_ended_again(house: ScriptedProvider, machine: Machine) -> None:
    (machine.home / "cairn").write_text("a file where the folder should be")
    done = machine.cairn("login", house.url)
    assert done.returncode == 1, done.stderr
    assert "cannot be written" in done.stderr
    assert house.revoked == [house.family[-1]]


def test_a_sign_in_that_the_server_itself_does_not_take_is_ended_again(
    house: ScriptedProvider, machine: Machine
) -> None:
    house.instead["/api/v1/me"] = lambda _: Answer.problem("forbidden", 403)
    assert machine.cairn("login", house.url).returncode == 4
    assert house.revoked == [house.family[-1]]
    assert not machine.kept.exists()


def test_login_ends_the_sign_in_that_was_there_once_the_new_one_is_kept(
    house: ScriptedProvider, signed_in: Machine
) -> None:
    before = house.family[-1]
    assert signed_in.cairn("login", house.url).returncode == 0
    assert house.revoked == [before]
    assert signed_in.document()["renewal"]["refresh_token"] == house.family[-1]


def test_logout_revokes_and_forgets(house: ScriptedProvider, signed_in: Machine) -> None:
    done = signed_in.cairn("logout", "--json")
    assert json.loads(done.stdout) == {"was_signed_in": True, "was_revoked": True}
    assert (done.returncode, house.revoked) == (0, [house.family[-1]])
    assert not signed_in.kept.exists()
    assert json.loads(signed_in.cairn("logout", "--json").stdout) == {"was_signed_in": False, "was_revoked": None}
    assert signed_in.cairn("ls").returncode == 4


@pytest.mark.parametrize("answer", [Answer(503), Answer(404), Answer.json({"error": "invalid_client"}, 401)])
def test_logout_forgets_what_the_server_does_not_revoke_and_says_3(
    house: ScriptedProvider, signed_in: Machine, answer: Answer
) -> None:
    house.instead["/oauth/revoke"] = lambda _: answer
    done = signed_in.cairn("logout")
    assert (done.returncode, done.stdout) == (3, "Signed out.\n")
    assert "under its devices" in done.stderr
    assert not signed_in.kept.exists()


def test_logout_of_a_server_that_is_away_forgets_too(machine: Machine) -> None:
    machine.keep("http://127.0.0.1:1", "a", "r", "u")
    done = machine.cairn("logout", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (3, {"was_signed_in": True, "was_revoked": False})
    assert not machine.kept.exists()


def test_a_personal_token_is_forgotten_and_not_revoked(house: ScriptedProvider, machine: Machine) -> None:
    access, _ = house.issue()
    machine.cairn("login", house.url, "--token-stdin", stdin=access)
    done = machine.cairn("logout", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"was_signed_in": True, "was_revoked": None})
    assert house.revoked == []


def test_a_token_that_ends_is_renewed_and_the_new_one_kept(house: ScriptedProvider, expired: Machine) -> None:
    assert expired.cairn("ls").stdout == "cairn:studio\n"
    document = expired.document()
    assert (document["token"], document["renewal"]["refresh_token"]) == (house.current, house.family[-1])
    assert stat.S_IMODE(expired.kept.stat().st_mode) == 0o600
    assert expired.cairn("ls").returncode == 0
    assert house.refreshes == 1


def test_a_token_that_is_refused_is_renewed_though_our_clock_says_that_it_is_good(
    house: ScriptedProvider, signed_in: Machine
) -> None:
    house.current = "another"
    assert signed_in.cairn("ls").returncode == 0
    assert house.refreshes == 1


def test_twenty_commands_at_once_with_a_token_that_has_ended_renew_it_once(
    house: ScriptedProvider, expired: Machine
) -> None:
    with held_back(expired, 20) as running:
        pass
    answers = [(*one.communicate(timeout=120), one.returncode) for one in running]
    assert answers == [("cairn:studio\n", "", 0)] * 20
    assert house.refreshes == 1
    assert sorted(path.name for path in expired.kept.parent.iterdir()) == ["credentials.json", "credentials.lock"]


def test_a_sign_in_that_was_ended_at_the_server_says_what_to_do(house: ScriptedProvider, expired: Machine) -> None:
    house.end()
    done = expired.cairn("ls")
    assert done.returncode == 4
    assert f"cairn login {house.url}" in done.stderr


@pytest.mark.parametrize("grace", [True, False])
def test_a_command_killed_between_the_answer_and_the_disk_leaves_the_token_that_has_its_grace(
    house: ScriptedProvider, expired: Machine, grace: bool
) -> None:
    old = expired.document()["renewal"]["refresh_token"]
    running = expired.begin("ls")

    def answer(asked: Asked) -> Answer:
        answered = house.token(asked)
        os.kill(running.pid, signal.SIGKILL)
        return answered

    house.instead["/oauth/token"] = answer
    running.communicate(timeout=30)
    assert (running.returncode, house.refreshes) == (-signal.SIGKILL, 1)
    del house.instead["/oauth/token"]
    assert expired.document()["renewal"]["refresh_token"] == old
    house.grace = grace
    done = expired.cairn("ls")
    assert done.returncode == (0 if grace else 4), done.stderr
    assert grace or f"cairn login {house.url}" in done.stderr
    assert sorted(path.name for path in expired.kept.parent.iterdir()) == ["credentials.json", "credentials.lock"]


def test_ctrl_c_does_not_cut_a_renewal_off(house: ScriptedProvider, expired: Machine) -> None:
    running = expired.begin("ls")

    def answer(asked: Asked) -> Answer:
        answered = house.token(asked)
        os.kill(running.pid, signal.SIGINT)
        return answered

    house.instead["/oauth/token"] = answer
    _, error = running.communicate(timeout=30)
    assert running.returncode == 130, error
    assert expired.document()["renewal"]["refresh_token"] == house.family[-1]


def test_nothing_is_renewed_where_the_new_token_could_not_be_kept(house: ScriptedProvider, expired: Machine) -> None:
    """The limit stands for a full disk: the old refresh token must still be good once there is room again."""
    command = "ulimit -f 4; trap '' XFSZ; exec \"$@\""
    done = subprocess.run(
        ["bash", "-c", command, "cairn", *Machine.command(["ls"])],
        env=dict(expired.environment) | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "cannot be written" in done.stderr
    assert house.refreshes == 0
    assert expired.cairn("ls").returncode == 0


def test_who_signed_out_meanwhile_is_not_signed_in_again_by_a_command_that_runs(
    house: ScriptedProvider, expired: Machine
) -> None:
    with held_back(expired) as (running,):
        expired.kept.unlink()
    _, error = running.communicate(timeout=30)
    assert running.returncode == 4, error
    assert "signed out meanwhile" in error
    assert not expired.kept.exists()


def test_a_command_never_goes_on_as_somebody_else(house: ScriptedProvider, expired: Machine) -> None:
    with held_back(expired) as (running,):
        expired.keep(house.url, *house.issue(), "01890a5d-ac96-774b-bcce-b302099a8051")
    _, error = running.communicate(timeout=30)
    assert running.returncode == 4, error
    assert "somebody else" in error


def test_a_command_goes_on_with_the_new_sign_in_of_the_same_person(house: ScriptedProvider, expired: Machine) -> None:
    with held_back(expired) as (running,):
        expired.keep(house.url, *house.issue(), house.user_id)
    out, error = running.communicate(timeout=30)
    assert (running.returncode, out) == (0, "cairn:studio\n"), error
    assert house.refreshes == 0


def test_a_server_that_is_away_signs_nobody_out(house: ScriptedProvider, expired: Machine) -> None:
    before = expired.kept.read_bytes()
    house.instead["/oauth/token"] = lambda _: Answer(503)
    done = expired.cairn("ls", CAIRN_RETRY_SECONDS="1")
    assert done.returncode == 3, done.stderr
    assert expired.kept.read_bytes() == before


def test_the_last_minute_of_a_token_serves_while_it_cannot_be_renewed(
    house: ScriptedProvider, machine: Machine
) -> None:
    machine.keep(house.url, *house.issue(), house.user_id, lasts=50)
    house.instead["/oauth/token"] = lambda _: Answer(503)
    assert machine.cairn("ls").returncode == 0


def test_a_token_of_the_environment_is_never_renewed_nor_kept(house: ScriptedProvider, expired: Machine) -> None:
    before = expired.kept.read_bytes()
    assert expired.cairn("ls", CAIRN_TOKEN="other").returncode == 4
    assert expired.cairn("ls", CAIRN_URL=house.url, CAIRN_TOKEN="other").returncode == 4
    assert (house.refreshes, expired.kept.read_bytes()) == (0, before)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"url": "http://x", "token": "t", "renewal": {}}', '{"url": "u", "token": "t", "renewal": 1}'],
)
def test_what_was_kept_and_cannot_be_read_says_what_to_do(machine: Machine, text: str) -> None:
    machine.keep("http://127.0.0.1:1", "a", "r", "u")
    machine.kept.write_text(text)
    done = machine.cairn("ls")
    assert done.returncode == 4
    assert "cairn login" in done.stderr
    assert machine.cairn("logout").returncode == 0
    assert not machine.kept.exists()
