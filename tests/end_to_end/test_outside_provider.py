"""The whole product beside a foreign provider: as one process, and with identity as a service of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from foundation.jwt import outside_machine, outside_user
from tests.end_to_end.client_of import make_bucket, upload
from tests.end_to_end.conftest import settings_of
from tests.servers.cairn_server import SignedInServer, running, wait_until
from tests.servers.oidc_provider import OidcProvider
from tests.servers.stack import Stack


@dataclass(frozen=True)
class Beside:
    server: SignedInServer
    provider: OidcProvider

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=f"{self.server.url}/api/v1", headers={"Origin": self.server.url}, timeout=60)

    def sign_in(self, browser: httpx.Client, name: str) -> httpx.Response:
        begun = browser.get("/auth/login", params={"next": "/b/photos"})
        return browser.get(self.provider.sign_in(begun.headers["location"], name))


@pytest.fixture(scope="module", params=["one process", "stack"])
def beside(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    folder = tmp_path_factory.mktemp("beside")
    provider = OidcProvider("")
    environment = provider.environment | {"CAIRN_OIDC_INTROSPECTION": "true"}
    try:
        if request.param == "stack":
            server: SignedInServer = Stack(folder, **settings_of("stack", request), **environment)
        else:
            server = SignedInServer(folder, **environment)
        provider.cairn_url = server.url
        provider.start()
        with running(server):
            yield Beside(server, provider)
    finally:
        provider.close()


def test_a_person_signs_in_elsewhere_and_works_with_files_and_a_program_of_theirs_sees_them(beside: Beside) -> None:
    with beside.browser() as browser:
        assert beside.sign_in(browser, "ada").headers["location"] == "/b/photos"
        me = browser.get("/me").json()
        assert me["user_id"] == str(outside_user(beside.provider.issuer, "ada"))
        make_bucket(browser, "photos")
        upload(browser, "a.txt", b"from elsewhere", bucket="photos")
        with beside.server.http(beside.provider.person_token("ada")) as program:
            assert program.get("/buckets/photos/content/a.txt").content == b"from elsewhere"
            assert program.get("/sync/summary").status_code == 200
            assert program.get("/tokens").status_code == 403  # Which would outlive what the provider gave.
            assert program.get("/stats/store").status_code == 403
        assert browser.post("/auth/logout").status_code == 204
        assert browser.get("/buckets").status_code == 401


def test_a_machine_has_files_of_its_own_and_sees_nobodys(beside: Beside) -> None:
    with beside.server.http(beside.provider.machine_token()) as machine:
        assert machine.get("/me").json()["user_id"] == str(outside_machine(beside.provider.issuer, "web"))
        make_bucket(machine, "backups")
        upload(machine, "b.txt", b"by night", bucket="backups")
        assert [bucket["name"] for bucket in machine.get("/buckets").json()["items"]] == ["backups"]


EVERY_ROOM = ["/me", "/buckets", "/uploads", "/sync/summary"]


def test_every_room_refuses_what_is_meant_for_somebody_else_or_invented(beside: Beside) -> None:
    provider = beside.provider
    others = (provider.machine_token("https://other.example"), provider.person_token("ada", for_cairn=False), "x" * 43)
    for token in others:
        with beside.server.http(token) as program:
            assert [program.get(path).status_code for path in EVERY_ROOM] == [401] * len(EVERY_ROOM)


def test_every_room_takes_a_token_that_is_no_jwt_and_was_given_to_cairn_itself(beside: Beside) -> None:
    with beside.server.http(beside.provider.machine_token(None)) as machine:
        assert [machine.get(path).status_code for path in EVERY_ROOM] == [200] * len(EVERY_ROOM)


def test_while_the_provider_hangs_its_tokens_and_its_people_come_in(beside: Beside) -> None:
    token = beside.provider.person_token("grace")
    with beside.browser() as browser, beside.server.http(token) as program:
        beside.sign_in(browser, "grace")
        assert program.get("/buckets").status_code == 200
        beside.provider.freeze()
        try:
            for path in ("/buckets", "/uploads", "/sync/summary"):
                assert (program.get(path).status_code, browser.get(path).status_code) == (200, 200)
        finally:
            beside.provider.thaw()


@pytest.mark.full
def test_whose_account_is_deleted_here_is_out_of_every_room_however_long_their_token_lives(beside: Beside) -> None:
    with beside.browser() as browser, beside.server.http(beside.provider.person_token("leaver")) as program:
        beside.sign_in(browser, "leaver")
        user = browser.get("/me").json()["user_id"]
        make_bucket(browser, "theirs")
        upload(browser, "a", b"going", bucket="theirs")
        assert program.get("/buckets/theirs/content/a").status_code == 200
        # While their deletion runs; a person who is forgotten may come again, as a new one.
        beside.server.cairn("user", "delete", user, "--yes")
        wait_until(lambda: browser.get("/buckets").status_code == 401, 40)
        wait_until(lambda: program.get("/buckets/theirs/content/a").status_code in {401, 404}, 40)
