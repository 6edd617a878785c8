"""People of an outside provider sign their machines in here, as everybody does: the provider hears nothing of it."""

import httpx
import pytest

from foundation.database import Database
from tests.identity.house import URL
from tests.identity.outside import Shifted, browser_of, room_on, sign_in
from tests.identity.programs import EVERYTHING, Program, bearer
from tests.servers.oidc_provider import OidcProvider

SAME = {"Origin": URL}
pytestmark = pytest.mark.anyio


@pytest.fixture
def location(sqlite_location: str) -> str:
    return sqlite_location


async def test_a_machine_is_let_in_and_stays_in_when_the_browser_signs_out(
    database: Database, shared_elsewhere: OidcProvider
) -> None:
    room = room_on(database, shared_elsewhere, Shifted())
    async with browser_of(room) as browser, browser_of(room) as machine:
        await sign_in(browser, shared_elsewhere)
        me = (await browser.get("/me")).json()
        machine.base_url, program = httpx.URL(URL), Program(machine)
        begun = (await program.post("/oauth/device", scope=EVERYTHING, device_name="laptop")).json()
        allowed = await browser.post(
            "/auth/device", json={"user_code": begun["user_code"], "allow": True}, headers=SAME
        )
        assert allowed.status_code == 204, allowed.text
        tokens = (await program.polls(begun["device_code"])).json()
        assert (await browser.post("/auth/logout", headers=SAME)).status_code == 204
        tokens = (await program.refreshes(tokens["refresh_token"])).json()
        mine = (await machine.get("/api/v1/me", headers=bearer(tokens["access_token"]))).json()
    assert (mine["user_id"], mine["email"]) == (me["user_id"], me["email"])
    assert (mine["device"]["kind"], mine["device"]["name"]) == ("command-line", "laptop")
