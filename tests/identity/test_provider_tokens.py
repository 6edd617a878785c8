"""What clients get at the token endpoint, keep, and lose (RFC 6749; RFC 7009; RFC 7636; RFC 7662; RFC 9700)."""

import asyncio
import base64
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from identity.clients import CREDENTIALS
from identity.codes import KEPT, LIFETIME
from identity.refresh import IDLE
from identity.schema import codes, refresh_tokens
from tests.identity.house import EMAIL, URL, House
from tests.identity.programs import Program, Visit, added, bearer, claims, parameters

pytestmark = pytest.mark.anyio


async def lives(http: httpx.AsyncClient, access_token: str) -> bool:
    return (await http.get("/api/v1/me", headers=bearer(access_token))).status_code == 200


async def code_for(program: Program, browser: Visit) -> str:
    return parameters(await browser.allows(program.asks()))["code"]


async def test_a_code_that_comes_again_ends_what_it_began(cli: Program, ada: Visit) -> None:
    code = await code_for(cli, ada)
    tokens = (await cli.exchanges(code)).json()
    assert await lives(ada.http, tokens["access_token"])
    again = await cli.exchanges(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert not await lives(ada.http, tokens["access_token"])
    assert (await cli.refreshes(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_of_two_exchanges_of_one_code_at_once_one_wins(house: House, cli: Program, ada: Visit) -> None:
    code = await code_for(cli, ada)
    answers = await asyncio.gather(*(cli.exchanges(code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    assert len(house.room.parts.devices.list(house.room.user(EMAIL).id, None, 9)) <= 2


UNFIT = [
    ({"code_verifier": None}, "invalid_request"),
    ({"code_verifier": "wrong-verifier-of-more-than-forty-three-characters"}, "invalid_grant"),
    ({"code_verifier": "short"}, "invalid_request"),
    ({"code_verifier": "x" * 129}, "invalid_request"),
    ({"redirect_uri": None}, "invalid_grant"),
    ({"redirect_uri": "http://127.0.0.1:4712/callback"}, "invalid_grant"),
    ({"redirect_uri": "http://127.0.0.1:4711/callback/"}, "invalid_grant"),
    ({"code": None}, "invalid_request"),
    ({"code": "A" * 43}, "invalid_grant"),
    ({"client_id": None}, "invalid_client"),
    ({"client_id": "nobody"}, "invalid_client"),
    ({"client_secret": "x"}, "invalid_client"),
    ({"grant_type": None}, "invalid_request"),
    ({"grant_type": "password"}, "unsupported_grant_type"),
    ({"grant_type": "\x1b\u202e"}, "unsupported_grant_type"),
]


async def test_a_code_is_bound_to_its_client_redirect_uri_and_verifier(cli: Program, ada: Visit) -> None:
    code = await code_for(cli, ada)
    for changes, error in UNFIT:
        refused = await cli.exchanges(code, **changes)
        assert refused.json()["error"] == error, changes
        assert refused.status_code in {400, 401}
        assert refused.headers["cache-control"] == "no-store"
    assert (await cli.exchanges(code)).status_code == 200


async def test_a_code_of_one_client_is_nothing_to_another(cli: Program, frame: Program, ada: Visit) -> None:
    code = await code_for(cli, ada)
    assert (await frame.exchanges(code)).json()["error"] == "invalid_grant"
    assert (await cli.exchanges(code)).status_code == 200


async def test_a_code_ends_after_a_minute(house: House, cli: Program, ada: Visit) -> None:
    code = await code_for(cli, ada)
    house.clock.move(seconds=LIFETIME.total_seconds())
    assert (await cli.exchanges(code)).json()["error"] == "invalid_grant"


async def test_a_code_is_worth_nothing_once_its_person_is_disabled(house: House, cli: Program, ada: Visit) -> None:
    code = await code_for(cli, ada)
    house.room.disable_user(EMAIL)
    assert (await cli.exchanges(code)).json()["error"] == "invalid_grant"


async def test_a_refresh_token_is_replaced_when_it_is_used(house: House, cli: Program, ada: Visit) -> None:
    first = await cli.signed_in(ada)
    house.clock.move(days=80)
    second = (await cli.refreshes(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert await lives(ada.http, second["access_token"])
    before, after = claims(house, first["id_token"]), claims(house, second["id_token"])
    assert (before["sub"], before["auth_time"]) == (after["sub"], after["auth_time"])
    old, new = claims(house, first["access_token"]), claims(house, second["access_token"])
    assert (old["sub"], old["device"]) == (new["sub"], new["device"])
    house.clock.move(days=80)
    assert (await cli.refreshes(second["refresh_token"])).status_code == 200


async def test_a_client_whose_answer_was_lost_asks_again_within_30_seconds_and_goes_on(
    house: House, cli: Program, ada: Visit
) -> None:
    first = await cli.signed_in(ada)
    lost = await cli.refreshes(first["refresh_token"])
    house.clock.move(seconds=30)
    second = (await cli.refreshes(first["refresh_token"])).json()
    assert lost.json()["refresh_token"] != second["refresh_token"]
    house.clock.move(minutes=30)
    third = (await cli.refreshes(second["refresh_token"])).json()
    assert await lives(ada.http, third["access_token"])


@pytest.mark.parametrize(("seconds", "is_followed"), [(31, False), (1, True)])
async def test_a_refresh_token_that_comes_again_later_ends_its_family_and_signs_the_device_out(
    house: House, cli: Program, ada: Visit, seconds: float, is_followed: bool
) -> None:
    first = await cli.signed_in(ada)
    newest = (await cli.refreshes(first["refresh_token"])).json()
    if is_followed:  # The answer had arrived: its token is used.
        newest = (await cli.refreshes(newest["refresh_token"])).json()
    house.clock.move(seconds=seconds)
    stolen = await cli.refreshes(first["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert (await cli.refreshes(newest["refresh_token"])).json()["error"] == "invalid_grant"
    assert not await lives(ada.http, newest["access_token"])
    [device] = house.room.parts.devices.list(house.room.user(EMAIL).id, None, 9)
    assert device.kind.value == "browser"


async def test_the_answer_that_was_thought_lost_ends_the_family_when_somebody_else_has_it(
    house: House, cli: Program, ada: Visit
) -> None:
    first = await cli.signed_in(ada)
    overheard = (await cli.refreshes(first["refresh_token"])).json()
    second = (await cli.refreshes(first["refresh_token"])).json()
    third = (await cli.refreshes(second["refresh_token"])).json()
    assert (await cli.refreshes(overheard["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await cli.refreshes(third["refresh_token"])).json()["error"] == "invalid_grant"


async def test_two_refreshes_at_once_both_get_on_and_only_the_last_lives_long(
    house: House, cli: Program, ada: Visit
) -> None:
    first = await cli.signed_in(ada)
    both = await asyncio.gather(*(cli.refreshes(first["refresh_token"]) for _ in range(2)))
    assert [one.status_code for one in both] == [200, 200]
    newest = house.database.read(
        lambda connection: connection.execute(
            select(func.count()).where(refresh_tokens.c.replaced_at.is_(None))
        ).scalar_one()
    )
    assert newest == 1


async def test_a_refresh_token_of_one_client_is_nothing_to_another(cli: Program, frame: Program, ada: Visit) -> None:
    tokens = await cli.signed_in(ada)
    assert (await frame.refreshes(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await cli.refreshes(tokens["refresh_token"])).status_code == 200


async def test_a_refresh_token_ends_when_it_is_not_used_for_90_days_and_its_device_with_it(
    house: House, cli: Program, ada: Visit
) -> None:
    tokens = await cli.signed_in(ada)
    house.clock.move(seconds=IDLE.total_seconds())
    assert (await cli.refreshes(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    house.room.expire()
    assert house.room.parts.devices.list(house.room.user(EMAIL).id, None, 9) == []


async def test_a_refreshed_token_may_carry_less_and_never_more(cli: Program, ada: Visit) -> None:
    tokens = await cli.signed_in(ada)
    less = (await cli.refreshes(tokens["refresh_token"], scope="files")).json()
    assert less["scope"] == "files"
    assert "id_token" not in less
    more = await cli.refreshes(less["refresh_token"], scope="files account")
    assert more.json()["error"] == "invalid_scope"
    full = (await cli.refreshes(less["refresh_token"])).json()
    assert set(full["scope"].split()) == set(tokens["scope"].split())


NO_TOKENS = ["", "x", "cairnrefresh_" + "A" * 43, "cairnrefresh_", "\u202e", "x" * 10_000]


async def test_what_is_no_refresh_token_is_refused(cli: Program) -> None:
    for token in NO_TOKENS:
        refused = await cli.refreshes(token)
        assert refused.status_code == 400
        assert refused.json()["error"] in {"invalid_grant", "invalid_request"}


async def test_without_offline_access_there_is_no_refresh_token_and_the_device_ends_with_its_code(
    house: House, frame: Program, ada: Visit
) -> None:
    location = await ada.allows(frame.asks(scope="openid files"))
    tokens = (await frame.exchanges(parameters(location)["code"])).json()
    assert "refresh_token" not in tokens
    house.clock.move(seconds=(LIFETIME + KEPT).total_seconds())
    house.room.expire()
    rows = house.database.read(lambda connection: connection.execute(select(codes)).all())
    assert rows == []
    kinds = {device.kind.value for device in house.room.parts.devices.list(house.room.user(EMAIL).id, None, 9)}
    assert kinds == {"browser"}


async def test_a_program_of_somebody_elses_stands_among_the_devices_by_its_name(
    house: House, frame: Program, ada: Visit
) -> None:
    await frame.signed_in(ada)
    devices = house.room.parts.devices.list(house.room.user(EMAIL).id, None, 9)
    [name] = [device.name for device in devices if device.kind.value == "application"]
    assert name == house.room.clients()[0].name


async def test_a_device_with_a_refresh_token_outlives_its_code(house: House, cli: Program, ada: Visit) -> None:
    tokens = await cli.signed_in(ada)
    house.clock.move(seconds=(LIFETIME + KEPT + timedelta(seconds=1)).total_seconds())
    house.room.expire()
    assert (await cli.refreshes(tokens["refresh_token"])).status_code == 200


async def test_signing_a_device_out_ends_all_that_its_program_has(house: House, cli: Program, ada: Visit) -> None:
    tokens = await cli.signed_in(ada)
    device = claims(house, tokens["access_token"])["device"]
    gone = await ada.http.delete(f"/api/v1/devices/{device}", headers=ada.headers | {"Origin": URL})
    assert gone.status_code == 204
    assert (await cli.refreshes(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert not await lives(ada.http, tokens["access_token"])


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
async def test_a_revoked_token_ends_with_all_that_its_device_has(cli: Program, ada: Visit, kind: str) -> None:
    tokens = await cli.signed_in(ada)
    for _ in range(2):  # A client that missed the answer asks again.
        form = {"token": tokens[kind], "token_type_hint": "nonsense"}
        answer = await cli.post("/oauth/revoke", **form)
        assert answer.status_code == 200
    assert (await cli.refreshes(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert not await lives(ada.http, tokens["access_token"])


async def test_nobody_revokes_what_another_client_has(cli: Program, frame: Program, ada: Visit) -> None:
    tokens = await cli.signed_in(ada)
    for token in (tokens["refresh_token"], tokens["access_token"]):
        assert (await frame.post("/oauth/revoke", token=token)).status_code == 400
    assert (await cli.post("/oauth/revoke", token="unknown")).status_code == 200
    assert (await cli.post("/oauth/revoke")).json()["error"] == "invalid_request"
    assert (await frame.post("/oauth/revoke", token=tokens["refresh_token"], client_secret="x")).status_code in {
        400,
        401,
    }
    assert (await cli.refreshes(tokens["refresh_token"])).status_code == 200


async def test_a_client_with_a_secret_learns_what_a_token_is_good_for(frame: Program, cli: Program, ada: Visit) -> None:
    tokens = await cli.signed_in(ada)
    said = (await frame.post("/oauth/introspect", token=tokens["access_token"])).json()
    assert (said["active"], said["client_id"], said["iss"]) == (True, "cairn-cli", URL)
    assert (await frame.post("/oauth/introspect", token=tokens["refresh_token"])).json() == {"active": False}
    own = await frame.signed_in(ada)
    held = (await frame.post("/oauth/introspect", token=own["refresh_token"])).json()
    assert (held["active"], held["client_id"]) == (True, frame.client_id)
    await cli.post("/oauth/revoke", token=tokens["refresh_token"])
    for inactive in (tokens["access_token"], "x", "a.b.c", ada.session):
        assert (await frame.post("/oauth/introspect", token=inactive)).json() == {"active": False}
    assert (await cli.post("/oauth/introspect", token=own["access_token"])).status_code in {400, 401}


async def test_a_client_proves_itself_by_basic_or_in_the_form_and_not_by_both(
    http: httpx.AsyncClient, frame: Program, ada: Visit
) -> None:
    tokens = await frame.signed_in(ada)
    secret, frame.secret = frame.secret, None
    assert (await frame.refreshes(tokens["refresh_token"])).json()["error"] == "invalid_client"
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert secret
    wrong = await http.post("/oauth/token", data=form, auth=(frame.client_id, secret + "x"))
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert wrong.headers["www-authenticate"].startswith("Basic")
    twice = await http.post("/oauth/token", data=form | {"client_secret": secret}, auth=(frame.client_id, secret))
    assert twice.json()["error"] == "invalid_request"
    assert (await http.post("/oauth/token", data=form, auth=(frame.client_id, secret))).status_code == 200


UNREADABLE = ["", "!", base64.b64encode(b"\xff:\xff").decode(), base64.b64encode(b"a\0:b").decode()]


async def test_a_client_that_cannot_be_read_is_refused(http: httpx.AsyncClient) -> None:
    for text in UNREADABLE:
        headers = {"Authorization": f"Basic {text}", "Content-Type": "application/x-www-form-urlencoded"}
        answer = await http.post("/oauth/token", content="grant_type=refresh_token&refresh_token=x", headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_userinfo_tells_what_the_scopes_allow(http: httpx.AsyncClient, frame: Program, ada: Visit) -> None:
    tokens = await frame.signed_in(ada)
    for method in ("GET", "POST"):
        said = (await http.request(method, "/oauth/userinfo", headers=bearer(tokens["access_token"]))).json()
        assert (said["email"], said["email_verified"]) == (EMAIL, False)
    less = (await frame.refreshes(tokens["refresh_token"], scope="openid")).json()
    said = (await http.get("/oauth/userinfo", headers=bearer(less["access_token"]))).json()
    assert set(said) == {"sub"}
    none = (await frame.refreshes(less["refresh_token"], scope="files")).json()
    assert (await http.get("/oauth/userinfo", headers=bearer(none["access_token"]))).status_code == 403
    assert (await http.get("/oauth/userinfo")).status_code == 401
    assert (await http.get("/oauth/userinfo", headers=ada.headers)).status_code == 401
    assert (await http.get("/oauth/userinfo", headers=bearer(tokens["id_token"]))).status_code == 401
    in_address = await http.get("/oauth/userinfo", params={"access_token": tokens["access_token"]})
    assert in_address.status_code == 401


async def test_a_program_that_speaks_for_itself_is_an_account_of_its_own(house: House, http: httpx.AsyncClient) -> None:
    new = added(
        house, grants=frozenset({CREDENTIALS}), redirect_uris=frozenset(), scopes=frozenset({"files", "account"})
    )
    robot = Program(http, new.client.id, new.secret)
    answer = (await robot.post("/oauth/token", grant_type=CREDENTIALS)).json()
    assert (answer["scope"], answer["expires_in"]) == ("account files", 600)
    assert "refresh_token" not in answer
    me = (await http.get("/api/v1/me", headers=bearer(answer["access_token"]))).json()
    assert (me["user_id"], me["device_id"], me["is_admin"]) == (new.client.id, new.client.id, False)
    assert not me["has_password"]
    await robot.post("/oauth/revoke", token=answer["access_token"])
    assert (await http.get("/api/v1/me", headers=bearer(answer["access_token"]))).status_code == 200
    said = (await robot.post("/oauth/introspect", token=answer["access_token"])).json()
    assert (said["active"], said["sub"], said["client_id"]) == (True, new.client.id, new.client.id)
    assert (await robot.post("/oauth/token", grant_type=CREDENTIALS, scope="admin")).json()["error"] == "invalid_scope"
    house.room.revoke_client(new.client.id)
    assert (await http.get("/api/v1/me", headers=bearer(answer["access_token"]))).status_code == 401
    assert (await robot.post("/oauth/token", grant_type=CREDENTIALS)).json()["error"] == "invalid_client"


async def test_only_clients_that_may_have_credentials_of_their_own(frame: Program, cli: Program) -> None:
    assert (await frame.post("/oauth/token", grant_type=CREDENTIALS)).json()["error"] == "unauthorized_client"
    assert (await cli.post("/oauth/token", grant_type=CREDENTIALS)).json()["error"] == "invalid_client"


async def test_what_a_person_may_no_longer_do_their_programs_cannot(house: House, cli: Program, ada: Visit) -> None:
    tokens = await cli.signed_in(ada)
    house.room.disable_user(EMAIL)
    assert not await lives(ada.http, tokens["access_token"])
    assert (await cli.refreshes(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_person_who_is_deleted_leaves_nothing_of_their_programs(
    house: House, frame: Program, ada: Visit
) -> None:
    await frame.signed_in(ada)
    user = house.room.close_user(EMAIL)
    house.room.forget_user(user.id)
    for table in (codes, refresh_tokens):
        assert house.database.read(lambda connection, table=table: connection.execute(select(table)).all()) == []
