"""Letting a client in by a code (RFC 6749, 4.1; RFC 7636; RFC 8252; RFC 9207; RFC 9700): who is asked what, and where answers go."""

from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest

from identity.clients import CODE, CREDENTIALS, DEVICE, REFRESH, Client
from identity.errors import ClientInvalid
from tests.identity.house import EMAIL, PASSWORD, URL, House
from tests.identity.programs import (
    APP_URI,
    CHALLENGE,
    VERIFIER,
    Program,
    Visit,
    added,
    bearer,
    claims,
    parameters,
    visit,
)

pytestmark = pytest.mark.anyio


async def test_a_person_who_is_not_signed_in_signs_in_first_and_comes_back(
    cli: Program, http: httpx.AsyncClient
) -> None:
    answer = await Visit(http, None).authorizes(cli.asks())
    assert answer.status_code == 302
    page, _, query = answer.headers["location"].partition("?next=")
    assert page == "/sign-in"
    way_back = unquote(query)
    assert way_back.startswith("/oauth/authorize?")
    assert dict(parse_qsl(urlsplit(way_back).query)) == dict(parse_qsl(cli.asks()))
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")


async def test_the_page_asks_and_the_client_gets_a_code_that_names_its_issuer(
    house: House, cli: Program, ada: Visit
) -> None:
    answer = await ada.authorizes(cli.asks())
    assert answer.status_code == 302
    page, _, query = answer.headers["location"].partition("?")
    assert page == "/consent"
    asked = await ada.http.get(f"/api/v1/auth/consent?{query}", headers=ada.headers)
    assert asked.json() == {
        "client": {"id": "cairn-cli", "name": "Cairn command line"},
        "scopes": ["email", "files", "offline_access", "openid"],
        "redirect_host": "127.0.0.1:4711",
    }
    location = await ada.allows(query)
    assert location.startswith("http://127.0.0.1:4711/callback?")
    told = parameters(location)
    assert (told["state"], told["iss"]) == ("st", URL)
    tokens = (await cli.exchanges(told["code"], device_name="ada's laptop")).json()
    said = claims(house, tokens["id_token"])
    assert (said["iss"], said["aud"], said["nonce"], said["email"]) == (URL, "cairn-cli", "no", EMAIL)
    assert said["auth_time"] == int(house.clock().timestamp())
    me = (await ada.http.get("/api/v1/me", headers=bearer(tokens["access_token"]))).json()
    assert said["sub"] == me["user_id"]
    devices = house.room.parts.devices.list(house.room.user(EMAIL).id, None, 9)
    assert ("command-line", "ada's laptop") in {(device.kind.value, device.name) for device in devices}


async def test_an_access_token_is_a_jwt_of_ten_minutes_for_this_server(house: House, cli: Program, ada: Visit) -> None:
    tokens = await cli.signed_in(ada)
    said = claims(house, tokens["access_token"])
    assert (said["iss"], said["aud"], said["client_id"]) == (URL, URL, "cairn-cli")
    assert said["exp"] - said["iat"] == tokens["expires_in"] == 600
    for made_for_another_use in (tokens["id_token"], tokens["refresh_token"]):
        refused = await ada.http.get("/api/v1/me", headers=bearer(made_for_another_use))
        assert refused.status_code == 401


async def test_no_means_no(cli: Program, ada: Visit) -> None:
    told = parameters(await ada.allows(cli.asks(), allow=False))
    assert (told["error"], told["state"], told["iss"]) == ("access_denied", "st", URL)
    assert "code" not in told


async def test_consent_is_remembered_for_the_scopes_that_it_was_given_for_and_can_be_taken_back(
    frame: Program, ada: Visit
) -> None:
    tokens = await frame.signed_in(ada)
    again = await ada.authorizes(frame.asks())
    assert "code" in parameters(again.headers["location"])
    more = await ada.authorizes(frame.asks(scope="files:read"))
    assert more.headers["location"].startswith("/consent?")
    asked = await ada.authorizes(frame.asks(prompt="consent"))
    assert asked.headers["location"].startswith("/consent?")

    [grant] = (await ada.http.get("/api/v1/grants", headers=ada.headers)).json()["items"]
    assert (grant["client"]["name"], grant["scopes"]) == ("Photo frame", ["email", "files", "offline_access", "openid"])
    gone = await ada.http.delete(f"/api/v1/grants/{frame.client_id}", headers=ada.headers | {"Origin": URL})
    assert gone.status_code == 204
    assert (await frame.refreshes(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await ada.http.get("/api/v1/me", headers=bearer(tokens["access_token"]))).status_code == 401
    assert (await ada.authorizes(frame.asks())).headers["location"].startswith("/consent?")


async def test_what_a_program_was_allowed_and_has_not_fetched_ends_with_the_consent(
    house: House, http: httpx.AsyncClient, ada: Visit
) -> None:
    new = added(house, grants=frozenset({CODE, REFRESH, DEVICE}))
    program = Program(http, new.client.id, new.secret, APP_URI)
    await program.signed_in(ada)
    code = parameters(await ada.allows(program.asks()))["code"]
    begun = (await program.post("/oauth/device", scope="files")).json()
    shown = {"user_code": begun["user_code"], "allow": True}
    assert (await ada.answers("/api/v1/auth/device", shown)).status_code == 204
    gone = await http.delete(f"/api/v1/grants/{program.client_id}", headers=ada.headers | {"Origin": URL})
    assert gone.status_code == 204
    assert (await program.exchanges(code)).json()["error"] == "invalid_grant"
    assert (await program.polls(begun["device_code"])).json()["error"] == "access_denied"


async def test_consent_of_one_person_is_not_anothers(
    house: House, http: httpx.AsyncClient, frame: Program, ada: Visit
) -> None:
    await frame.signed_in(ada)
    house.room.add_user("bob@example.org", PASSWORD)
    bob = visit(house, http, "bob@example.org")
    assert (await bob.authorizes(frame.asks())).headers["location"].startswith("/consent?")
    theirs = await http.delete(f"/api/v1/grants/{frame.client_id}", headers=bob.headers | {"Origin": URL})
    assert theirs.status_code == 404


async def test_a_program_that_cannot_prove_itself_is_always_asked_about(
    house: House, http: httpx.AsyncClient, cli: Program, ada: Visit
) -> None:
    loopback = added(house, is_public=True, redirect_uris=frozenset({"http://127.0.0.1/done"}))
    app = added(house, is_public=True, redirect_uris=frozenset({"org.example.app:/done"}))
    programs = [
        cli,
        Program(http, loopback.client.id, None, "http://127.0.0.1:999/done"),
        Program(http, app.client.id, None, "org.example.app:/done"),
    ]
    for program in programs:
        await program.signed_in(ada)
        assert (await ada.authorizes(program.asks())).headers["location"].startswith("/consent?")
        silent = await ada.authorizes(program.asks(prompt="none"))
        assert parameters(silent.headers["location"])["error"] == "consent_required"


ELSEWHERE = [
    {"client_id": None},
    {"client_id": "nobody"},
    {"client_id": "cairn-cli\0"},
    {"redirect_uri": None},
    {"redirect_uri": "https://evil.example/callback"},
    {"redirect_uri": "http://127.0.0.1:4711/callback/"},
    {"redirect_uri": "http://127.0.0.1:4711/callback?x=1"},
    {"redirect_uri": "http://127.0.0.1:4711/callback#x"},
    {"redirect_uri": "http://127.0.0.1:4711/callback/../evil"},
    {"redirect_uri": "http://127.0.0.1:4711@evil.example/callback"},
    {"redirect_uri": "http://127.0.0.1.evil.example/callback"},
    {"redirect_uri": "https://127.0.0.1:4711/callback"},
    {"redirect_uri": "http://127.0.0.2:4711/callback"},
    {"redirect_uri": "http://127.0.0.1:4711/CALLBACK"},
    {"redirect_uri": "//127.0.0.1:4711/callback"},
    {"redirect_uri": "javascript:alert(1)"},
    {"redirect_uri": "http://127.0.0.1:4711/callback\r\nSet-Cookie: x"},
]


async def test_nobody_is_sent_where_the_client_is_not_known_to_be(cli: Program, ada: Visit) -> None:
    for changes in ELSEWHERE:
        for browser in (ada, Visit(ada.http, None)):
            answer = await browser.authorizes(cli.asks(**changes))
            assert answer.status_code == 400, changes
            assert answer.json()["type"] == "urn:cairn:problem:authorization-invalid"
            assert "location" not in answer.headers


PORTS = ["", ":1", ":65535"]
HOSTS = ["127.0.0.1", "[::1]", "localhost"]


async def test_a_program_on_the_persons_machine_listens_on_any_port(cli: Program, ada: Visit) -> None:
    for port in PORTS:
        for host in HOSTS:
            answer = await ada.authorizes(cli.asks(redirect_uri=f"http://{host}{port}/callback"))
            assert answer.headers["location"].startswith("/consent?")


ALMOST = [
    f"{APP_URI}/",
    f"{APP_URI}?a=b",
    "https://app.example:444/cb",
    "https://app.example.evil.example/cb",
    "http://app.example/cb",
    "https://APP.example/cb",
]


async def test_elsewhere_a_redirect_uri_is_taken_to_the_letter(frame: Program, ada: Visit) -> None:
    for uri in ALMOST:
        assert (await ada.authorizes(frame.asks(redirect_uri=uri))).status_code == 400, uri


WRONG = [
    ({"response_type": None}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": "plain", "code_challenge": VERIFIER}, "invalid_request"),
    ({"scope": None}, "invalid_scope"),
    ({"scope": "admin blocks:erase introspect"}, "invalid_scope"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"prompt": "dance"}, "invalid_request"),
    ({"nonce": "a\0b"}, "invalid_request"),
    ({"max_age": "-1"}, "invalid_request"),
    ({"max_age": "9" * 30}, "invalid_request"),
    ({"request": "x.y.z"}, "request_not_supported"),
    ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
]


async def test_what_a_known_client_asks_wrongly_is_told_where_its_answers_go(cli: Program, ada: Visit) -> None:
    for changes, error in WRONG:
        answer = await ada.authorizes(cli.asks(**changes))
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("http://127.0.0.1:4711/callback?")
        told = parameters(answer.headers["location"])
        assert (told["error"], told["state"], told["iss"]) == (error, "st", URL), changes


async def test_a_parameter_that_is_there_twice_is_refused(cli: Program, ada: Visit) -> None:
    twice = await ada.authorizes(cli.asks() + "&scope=files")
    assert parameters(twice.headers["location"])["error"] == "invalid_request"
    for name in ("client_id=cairn-cli", "redirect_uri=http://127.0.0.1/callback"):
        assert (await ada.authorizes(f"{cli.asks()}&{name}")).status_code == 400


async def test_a_client_without_state_gets_none_back_and_pkce_still_binds_the_answer(cli: Program, ada: Visit) -> None:
    told = parameters(await ada.allows(cli.asks(state=None)))
    assert set(told) == {"code", "iss"}
    stolen = await cli.exchanges(told["code"], code_verifier="another-verifier-of-more-than-forty-three-characters")
    assert stolen.json()["error"] == "invalid_grant"


async def test_a_state_comes_back_as_it_was_and_breaks_nothing(cli: Program, ada: Visit) -> None:
    state = "a b&code=stolen&iss=https://evil.example#\r\nX: y/ä"
    told = parameters(await ada.allows(cli.asks(state=state)))
    assert (told["state"], told["iss"]) == (state, URL)
    assert told["code"] != "stolen"


async def test_prompt_none_asks_nobody(frame: Program, ada: Visit) -> None:
    nobody = await Visit(ada.http, None).authorizes(frame.asks(prompt="none"))
    assert parameters(nobody.headers["location"])["error"] == "login_required"
    unasked = await ada.authorizes(frame.asks(prompt="none"))
    assert parameters(unasked.headers["location"])["error"] == "consent_required"
    await frame.signed_in(ada)
    silent = await ada.authorizes(frame.asks(prompt="none"))
    assert "code" in parameters(silent.headers["location"])


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "select_account"}], ids=str)
async def test_a_client_may_want_a_new_sign_in_and_the_way_back_does_not_ask_again(
    house: House, frame: Program, ada: Visit, changes: dict[str, str]
) -> None:
    await frame.signed_in(ada)
    house.clock.move(minutes=5)
    answer = await ada.authorizes(frame.asks(**changes))
    assert answer.headers["location"].startswith("/sign-in?next=")
    way_back = urlsplit(unquote(answer.headers["location"].partition("next=")[2])).query
    assert (await ada.authorizes(way_back)).headers["location"].startswith("/sign-in?next=")
    assert (await ada.allows(way_back)).startswith("/sign-in?next=")
    asked = await ada.http.get(f"/api/v1/auth/consent?{way_back}", headers=ada.headers)
    assert asked.status_code == 401
    told = parameters((await visit(house, ada.http).authorizes(way_back)).headers["location"])
    tokens = (await frame.exchanges(told["code"])).json()
    assert claims(house, tokens["id_token"])["auth_time"] == int(house.clock().timestamp())


async def test_max_age_wants_a_sign_in_that_is_not_older(house: House, frame: Program, ada: Visit) -> None:
    await frame.signed_in(ada)
    house.clock.move(seconds=60)
    assert "code" in parameters((await ada.authorizes(frame.asks(max_age="60"))).headers["location"])
    house.clock.move(seconds=1)
    assert (await ada.authorizes(frame.asks(max_age="60"))).headers["location"].startswith("/sign-in?next=")
    silent = await ada.authorizes(frame.asks(max_age="60", prompt="none"))
    assert parameters(silent.headers["location"])["error"] == "login_required"


async def test_a_session_that_has_ended_or_was_planted_lets_nobody_in(house: House, frame: Program, ada: Visit) -> None:
    await frame.signed_in(ada)
    assert ada.session
    token = house.room.create_token(EMAIL, "x", ["files", "account"]).secret
    for planted in ("cairnsession_" + "A" * 43, "x", token):
        answer = await Visit(ada.http, planted).authorizes(frame.asks())
        assert answer.headers["location"].startswith("/sign-in?next=")
    house.room.parts.sessions.end(ada.session)
    assert (await ada.authorizes(frame.asks())).headers["location"].startswith("/sign-in?next=")


async def test_only_the_person_in_their_own_browser_consents(
    house: House, http: httpx.AsyncClient, frame: Program, ada: Visit
) -> None:
    body = {"query": frame.asks(), "allow": True}
    token = house.room.create_token(EMAIL, "x", ["files", "account"]).secret
    assert (await http.post("/api/v1/auth/consent", json=body, headers=bearer(token))).status_code == 403
    access = (await frame.signed_in(ada))["access_token"]
    assert (await http.post("/api/v1/auth/consent", json=body, headers=bearer(access))).status_code == 403
    assert (await http.post("/api/v1/auth/consent", json=body)).status_code == 401
    for elsewhere in ("https://evil.example", "http://sub.cairn.test", "null"):
        assert (await ada.answers("/api/v1/auth/consent", body, Origin=elsewhere)).status_code == 403


async def test_the_page_cannot_be_made_to_answer_what_the_server_would_not_ask(frame: Program, ada: Visit) -> None:
    for changes in ({"redirect_uri": "https://evil.example/"}, {"code_challenge_method": "plain"}, {"client_id": "x"}):
        body = {"query": frame.asks(**changes), "allow": True}
        answer = await ada.answers("/api/v1/auth/consent", body)
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:cairn:problem:authorization-invalid")


async def test_a_client_that_was_revoked_is_known_no_more_and_all_that_it_had_ends(
    house: House, frame: Program, ada: Visit
) -> None:
    tokens = await frame.signed_in(ada)
    house.room.revoke_client(frame.client_id)
    assert (await ada.authorizes(frame.asks())).status_code == 400
    assert (await frame.refreshes(tokens["refresh_token"])).json()["error"] == "invalid_client"
    assert (await ada.http.get("/api/v1/me", headers=bearer(tokens["access_token"]))).status_code == 401
    assert (await ada.http.get("/api/v1/grants", headers=ada.headers)).json()["items"] == []


BROKEN = [
    ({"name": ""}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"name": "a\x1b[2Jb"}, "name"),
    ({"scopes": frozenset({"admin"})}, "scope"),
    ({"scopes": frozenset({"blocks:erase"})}, "scope"),
    ({"grants": frozenset()}, "grant"),
    ({"grants": frozenset({"password"})}, "grant"),
    ({"redirect_uris": frozenset()}, "redirect_uri"),
    ({"grants": frozenset({CREDENTIALS})}, "redirect_uri"),
    *(
        ({"redirect_uris": frozenset({uri})}, "redirect_uri")
        for uri in (
            "http://app.example/cb",
            "https://app.example/cb#x",
            "https://*.example/cb",
            "https://u@app.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "app:/cb",
            "https:///cb",
            "/cb",
            "https://app.example/c b",
            "https://äpp.example/cb",
            "org.example.app:/cb",
        )
    ),
]


def test_a_client_that_breaks_a_rule_is_not_added(house: House) -> None:
    for changes, field in BROKEN:
        with pytest.raises(ClientInvalid) as refused:
            added(house, **changes)
        assert refused.value.members["field"] == field, changes
        assert house.room.clients() == []


def test_a_public_client_has_no_credentials_of_its_own(house: House) -> None:
    with pytest.raises(ClientInvalid):
        added(house, is_public=True, grants=frozenset({CREDENTIALS}), redirect_uris=frozenset())


def test_the_secret_of_a_client_is_kept_only_as_its_hash(house: House) -> None:
    new = added(house)
    [kept] = house.room.clients()
    assert isinstance(kept, Client)
    assert new.secret
    assert new.secret not in repr(kept) + repr(new)
    assert kept.check_client_secret(new.secret)
    assert not kept.check_client_secret(CHALLENGE)
