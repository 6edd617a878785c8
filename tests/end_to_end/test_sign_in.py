"""A person lets a machine in, and out: the command, the page's requests, the provider and every room, as they are."""

import json
import threading
from pathlib import Path

import httpx
import pytest

from tests.cairn.machine import Machine
from tests.end_to_end.visitors import answer, browser, let_in
from tests.servers.cairn_server import SignedInServer


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "home").mkdir()
    return Machine(tmp_path / "home")


@pytest.fixture
def let_in_machine(lasting_product: SignedInServer, machine: Machine) -> Machine:
    let_in(lasting_product, lasting_product.email, machine)
    return machine


def is_let_in(machine: Machine) -> bool:
    done = machine.cairn("ls")
    assert done.returncode in {0, 4}, done.stderr
    return done.returncode == 0


def devices(page: httpx.Client) -> list[dict[str, str]]:
    found: list[dict[str, str]] = page.get("/devices").json()["items"]
    return found


def test_a_machine_is_let_in_from_a_browser_and_signed_out_again(
    lasting_product: SignedInServer, machine: Machine
) -> None:
    (machine.home / "letter").write_text("Dear Ada")
    running = machine.begin("login", lasting_product.url, "--json")
    assert running.stdout is not None
    code = json.loads(running.stdout.readline())
    assert code["verification_uri"] == f"{lasting_product.url}/device"
    with browser(lasting_product, lasting_product.email) as page:
        assert answer(page, code["user_code"].lower().replace("-", " ")).status_code == 204
        out, error = running.communicate(timeout=60)
        assert running.returncode == 0, error
        assert json.loads(out)["email"] == lasting_product.email
        copied = machine.cairn("cp", str(machine.home / "letter"), "cairn:letters/")
        assert copied.returncode == 0, copied.stderr
        assert machine.cairn("cat", "cairn:letters/letter").stdout == "Dear Ada"
        (mine,) = [one for one in devices(page) if one["kind"] == "command-line"]
        assert mine["name"].startswith("cairn on ")
        kept = machine.document()
        assert machine.cairn("logout").returncode == 0
        assert mine["id"] not in [one["id"] for one in devices(page)]
    again = {"grant_type": "refresh_token", "client_id": "cairn-cli", "refresh_token": kept["renewal"]["refresh_token"]}
    refused = httpx.post(f"{lasting_product.url}/oauth/token", data=again)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


@pytest.mark.full
def test_a_machine_that_is_not_let_in_is_told_so(lasting_server: SignedInServer, machine: Machine) -> None:
    running = machine.begin("login", lasting_server.url, "--json")
    assert running.stdout is not None
    code = json.loads(running.stdout.readline())
    with browser(lasting_server, lasting_server.email) as page:
        assert answer(page, code["user_code"], allow=False).status_code == 204
    _, error = running.communicate(timeout=60)
    assert running.returncode == 4
    assert json.loads(error)["error"] == "access_denied"
    assert not machine.kept.exists()


def test_a_token_that_ends_is_renewed_once_for_all_commands_that_need_it(let_in_machine: Machine) -> None:
    machine = let_in_machine
    document = machine.document()
    machine.age()
    running = [machine.begin("ls") for _ in range(6)]
    assert [(one.communicate(timeout=60)[1], one.returncode) for one in running] == [("", 0)] * 6
    renewed = machine.document()
    assert renewed["token"] != document["token"]
    assert renewed["renewal"]["refresh_token"] != document["renewal"]["refresh_token"]
    assert is_let_in(machine)


def test_a_machine_that_was_copied_is_signed_out_with_its_copy(let_in_machine: Machine, tmp_path: Path) -> None:
    """Two hands on one refresh token: the second use of an old one ends both (RFC 9700, 4.14)."""
    thief = Machine(tmp_path / "thief")
    thief.kept.parent.mkdir(parents=True)
    thief.kept.write_bytes(let_in_machine.kept.read_bytes())
    for hand in (let_in_machine, let_in_machine, thief):
        hand.age()
        hand.cairn("ls")
    assert not is_let_in(thief)
    let_in_machine.age()
    assert not is_let_in(let_in_machine)


def test_a_machine_that_is_revoked_on_the_page_is_told_to_sign_in_again(
    lasting_server: SignedInServer, machine: Machine
) -> None:
    let_in(lasting_server, lasting_server.email, machine)
    assert is_let_in(machine)
    with browser(lasting_server, lasting_server.email) as page:
        (mine,) = [one for one in devices(page) if one["kind"] == "command-line"]
        assert page.delete(f"/devices/{mine['id']}").status_code == 204
    machine.age()
    done = machine.cairn("ls")
    assert done.returncode == 4
    assert f"cairn login {lasting_server.url}" in done.stderr


def test_every_room_takes_the_token_and_none_lets_it_manage_the_account(
    lasting_product: SignedInServer, let_in_machine: Machine
) -> None:
    token = let_in_machine.document()["token"]
    assert token.count(".") == 2, "it is a signed one: rooms verify it by themselves"
    with lasting_product.http(token) as api:
        assert api.get("/me").json()["email"] == lasting_product.email
        assert api.post("/buckets", json={"name": "studio"}).status_code == 201
        assert api.put("/buckets/studio/content/a", content=b"x").status_code == 201
        assert api.get("/sync/summary").status_code == 200
        for method, path in [("GET", "/devices"), ("GET", "/tokens"), ("GET", "/grants")]:
            assert api.request(method, path).status_code == 403
        assert api.post("/tokens", json={"name": "more"}).status_code == 403


def test_only_a_person_in_their_browser_can_let_a_machine_in(lasting_server: SignedInServer, machine: Machine) -> None:
    let_in(lasting_server, lasting_server.email, machine)
    form = {"client_id": "cairn-cli", "scope": "files"}
    code = httpx.post(f"{lasting_server.url}/oauth/device", data=form).json()["user_code"]
    for token in (machine.document()["token"], lasting_server.token):
        with lasting_server.http(token) as api:
            assert api.get("/auth/device", params={"user_code": code}).status_code == 403
            assert api.post("/auth/device", json={"user_code": code, "allow": True}).status_code == 403
    with browser(lasting_server, lasting_server.email) as page:
        page.headers["Origin"], page.headers["Sec-Fetch-Site"] = "https://evil.example", "cross-site"
        assert page.post("/auth/device", json={"user_code": code, "allow": True}).status_code == 403


def test_one_code_lets_one_machine_in_however_many_ask_at_once(lasting_product: SignedInServer) -> None:
    begun = httpx.post(
        f"{lasting_product.url}/oauth/device", data={"client_id": "cairn-cli", "scope": "files offline_access"}
    ).json()
    with browser(lasting_product, lasting_product.email) as page:
        answer(page, begun["user_code"]).raise_for_status()
    form = {
        "client_id": "cairn-cli",
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": begun["device_code"],
    }
    answers: list[int] = []

    def ask() -> None:
        answers.append(httpx.post(f"{lasting_product.url}/oauth/token", data=form).status_code)

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert sorted(answers) == [200] + [400] * 7
