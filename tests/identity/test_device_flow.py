"""Signing in a program without a browser (RFC 8628): by a code that a person types elsewhere."""

import asyncio
import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from foundation.settings import ServiceSettings
from identity import create_app
from identity.attempts import DEVICE_CODES, PER_NETWORK_AND_ACCOUNT
from identity.model import DeviceKind
from tests.identity.house import EMAIL, HOME, PASSWORD, URL, House
from tests.identity.programs import DEVICE_GRANT, EVERYTHING, Program, Visit, added, bearer, claims

pytestmark = pytest.mark.anyio


async def began(cli: Program, **changes: Any) -> dict[str, Any]:
    answer = await cli.post("/oauth/device", **({"scope": EVERYTHING, "device_name": "ada's laptop"} | changes))
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def answered(browser: Visit, user_code: str, *, allow: bool = True) -> httpx.Response:
    return await browser.answers("/api/v1/auth/device", {"user_code": user_code, "allow": allow})


async def test_a_program_is_let_in_by_a_code_and_acts_as_a_device_of_the_person(
    house: House, http: httpx.AsyncClient, cli: Program, ada: Visit
) -> None:
    begun = await began(cli)
    assert re.fullmatch("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", begun["user_code"])
    assert begun["verification_uri"] == f"{URL}/device"
    assert begun["verification_uri_complete"] == f"{URL}/device?user_code={begun['user_code']}"
    assert (begun["interval"], begun["expires_in"]) == (5, 900)
    assert (await cli.polls(begun["device_code"])).json()["error"] == "authorization_pending"

    typed = begun["user_code"].replace("-", " ").lower()
    asked = await http.get("/api/v1/auth/device", params={"user_code": typed}, headers=ada.headers)
    question = asked.json()
    assert question["client"] == {"id": "cairn-cli", "name": "Cairn command line"}
    assert (question["device_name"], question["scopes"]) == ("ada's laptop", sorted(EVERYTHING.split()))
    assert question["address"] is None  # This machine's own says nothing.
    assert (await answered(ada, typed)).status_code == 204

    tokens = (await cli.polls(begun["device_code"])).json()
    assert set(tokens["scope"].split()) == set(EVERYTHING.split())
    me = (await http.get("/api/v1/me", headers=bearer(tokens["access_token"]))).json()
    assert me["email"] == EMAIL
    devices = house.room.parts.devices.list(UUID(me["user_id"]), None, 10)
    [device] = [one for one in devices if str(one.id) == me["device_id"]]
    assert (device.kind, device.name) == (DeviceKind.COMMAND_LINE, "ada's laptop")
    assert claims(house, tokens["id_token"])["sub"] == me["user_id"]
    assert (await cli.refreshes(tokens["refresh_token"])).status_code == 200


async def test_the_person_sees_where_the_program_asked_from(house: House, cli: Program, ada: Visit) -> None:
    app = create_app(house.room.parts, ServiceSettings(public_url=URL))
    far = httpx.ASGITransport(app, client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=far, base_url=URL) as elsewhere:
        begun = await began(Program(elsewhere))
    asked = await cli.http.get("/api/v1/auth/device", params={"user_code": begun["user_code"]}, headers=ada.headers)
    assert asked.json()["address"] == "192.0.2.7"


async def test_a_device_code_is_good_once(cli: Program, ada: Visit) -> None:
    begun = await began(cli)
    await answered(ada, begun["user_code"])
    both = await asyncio.gather(cli.polls(begun["device_code"]), cli.polls(begun["device_code"]))
    assert sorted(one.status_code for one in both) == [200, 400]
    assert (await cli.polls(begun["device_code"])).json()["error"] == "invalid_grant"


async def test_a_person_who_says_no_is_believed(cli: Program, ada: Visit) -> None:
    begun = await began(cli)
    await answered(ada, begun["user_code"], allow=False)
    assert (await cli.polls(begun["device_code"])).json()["error"] == "access_denied"
    assert (await answered(ada, begun["user_code"])).status_code == 404


async def test_who_asks_too_often_is_told_to_slow_down_and_has_to(house: House, cli: Program) -> None:
    code = (await began(cli))["device_code"]
    assert (await cli.polls(code)).json()["error"] == "authorization_pending"
    assert (await cli.polls(code)).json()["error"] == "slow_down"
    house.clock.move(seconds=6)
    assert (await cli.polls(code)).json()["error"] == "slow_down"
    house.clock.move(seconds=15)
    assert (await cli.polls(code)).json()["error"] == "authorization_pending"


async def test_a_code_ends_after_15_minutes(house: House, cli: Program, ada: Visit) -> None:
    begun = await began(cli)
    house.clock.move(minutes=15)
    assert (await cli.polls(begun["device_code"])).json()["error"] == "expired_token"
    assert (await answered(ada, begun["user_code"])).status_code == 404


async def test_a_code_that_was_allowed_is_worth_nothing_to_a_person_who_was_disabled_meanwhile(
    house: House, cli: Program, ada: Visit
) -> None:
    begun = await began(cli)
    await answered(ada, begun["user_code"])
    house.room.disable_user(EMAIL)
    assert (await cli.polls(begun["device_code"])).json()["error"] == "invalid_grant"


async def test_another_client_cannot_fetch_what_was_allowed(house: House, cli: Program, ada: Visit) -> None:
    begun = await began(cli)
    await answered(ada, begun["user_code"])
    new = added(house, is_public=True, grants=frozenset({DEVICE_GRANT, "refresh_token"}), redirect_uris=frozenset())
    other = Program(cli.http, new.client.id)
    assert (await other.polls(begun["device_code"])).json()["error"] == "invalid_grant"
    assert (await cli.polls(begun["device_code"])).status_code == 200


async def test_codes_cannot_be_guessed(http: httpx.AsyncClient, ada: Visit, cli: Program) -> None:
    begun = await began(cli)
    for number in range(PER_NETWORK_AND_ACCOUNT.free):
        guess = f"BCDFGHJ{'BCDFGHJKLM'[number]}"
        assert (await answered(ada, guess)).status_code == 404
    refused = await http.get("/api/v1/auth/device", params={"user_code": begun["user_code"]}, headers=ada.headers)
    assert refused.status_code == 429
    assert "retry-after" in refused.headers


NO_CODES = ["", "BCDF", "BCDF-GHJA", "ＢＣＤＦＧＨＪＫ", "BCDF\0GHJK"[:8], "B" * 99]


async def test_what_no_code_can_be_is_not_found(ada: Visit) -> None:
    for typed in NO_CODES:
        assert (await answered(ada, typed)).status_code == 404


WRONG = [
    ({"client_id": "nobody"}, "invalid_client"),
    ({"client_id": None}, "invalid_client"),
    ({"client_secret": "x"}, "invalid_client"),
    ({"scope": None}, "invalid_scope"),
    ({"scope": "admin blocks:erase"}, "invalid_scope"),
]


async def test_what_a_program_asks_wrongly_begins_nothing(cli: Program) -> None:
    for changes, error in WRONG:
        answer = await cli.post("/oauth/device", **({"scope": "files"} | changes))
        assert answer.json()["error"] == error, changes
        assert answer.status_code in {400, 401}


async def test_scopes_that_a_client_may_not_have_are_left_out(house: House, cli: Program, ada: Visit) -> None:
    begun = await began(cli, scope="files admin catalogue")
    await answered(ada, begun["user_code"])
    tokens = (await cli.polls(begun["device_code"])).json()
    assert tokens["scope"] == "files"
    assert "refresh_token" not in tokens
    assert "id_token" not in tokens


async def test_a_hostile_device_name_is_shown_as_text_and_short(
    cli: Program, http: httpx.AsyncClient, ada: Visit
) -> None:
    begun = await began(cli, device_name="\u202e\0\x1b[2J<script>" + "x" * 500)
    asked = await http.get("/api/v1/auth/device", params={"user_code": begun["user_code"]}, headers=ada.headers)
    assert asked.json()["device_name"] == "[2J<script>" + "x" * 89


async def test_only_a_person_in_their_own_browser_lets_programs_in(
    house: House, http: httpx.AsyncClient, cli: Program, ada: Visit
) -> None:
    begun = await began(cli)
    body = {"user_code": begun["user_code"], "allow": True}
    token = house.room.create_token(EMAIL, "x", ["files", "account"]).secret
    session = house.room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    by_token = await http.post("/api/v1/auth/device", json=body, headers=bearer(token))
    assert by_token.json()["type"].endswith("browser-only")
    assert (await http.post("/api/v1/auth/device", json=body)).status_code == 401
    for elsewhere in ({"Origin": "https://evil.example"}, {"Origin": "http://sub.cairn.test"}, {"Origin": "null"}):
        assert (await ada.answers("/api/v1/auth/device", body, **elsewhere)).status_code == 403
    no_origin = await http.post("/api/v1/auth/device", json=body, headers={"Cookie": f"cairn={session}"})
    assert no_origin.status_code == 403
    assert (await cli.polls(begun["device_code"])).json()["error"] == "authorization_pending"


async def test_nobody_takes_all_the_room_that_there_is_for_codes(house: House) -> None:
    app = create_app(house.room.parts, ServiceSettings(public_url=URL))

    async def asked_from(address: str) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(address, 4711))
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            return await Program(client).post("/oauth/device", scope="files")

    for number in range(DEVICE_CODES.free):
        assert (await asked_from(f"2001:db8::{number:x}")).status_code == 200
    refused = await asked_from("2001:db8::ffff")
    assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    assert (await asked_from("2001:db8:0:1::1")).status_code == 200
