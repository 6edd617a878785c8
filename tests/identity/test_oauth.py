"""The issuer's root: discovery, keys, and token exchange with its own errors."""

import json
from typing import Any

import httpx
import pytest

from foundation.jwks import FetchedKeys
from foundation.jwt import JwtVerifier, TrustedIssuer
from identity.oauth import ACCESS_TOKEN, TOKEN_EXCHANGE
from tests.identity.house import EMAIL, HOME, PASSWORD, URL, House

pytestmark = pytest.mark.anyio


def form(subject: str, **changes: Any) -> dict[str, Any]:
    right = {"grant_type": TOKEN_EXCHANGE, "subject_token": subject, "subject_token_type": ACCESS_TOKEN}
    return {name: value for name, value in (right | changes).items() if value is not None}


async def test_a_personal_token_is_exchanged_for_one_that_every_service_can_verify(
    http: httpx.AsyncClient, house: House
) -> None:
    secret = house.room.create_token(EMAIL, "x", ["files", "account"]).secret
    answer = await http.post("/oauth/token", data=form(secret, scope="files", audience=URL))
    body = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 600, "files")
    assert body["issued_token_type"] == ACCESS_TOKEN

    discovery = (await http.get("/.well-known/openid-configuration")).json()
    keys = (await http.get(discovery["jwks_uri"])).json()
    assert "d" not in keys["keys"][0]
    source = FetchedKeys(lambda: json.dumps(keys).encode())
    issuer = TrustedIssuer(discovery["issuer"], URL, source, is_own=True)
    elsewhere = JwtVerifier([issuer], lambda: house.clock().timestamp())
    personal = house.room.verifier.verify(secret)
    there = elsewhere.verify(body["access_token"])
    assert (there.user, there.device, there.scopes) == (personal.user, personal.device, {"files"})
    me = await http.get("/api/v1/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.json()["email"] == EMAIL


async def test_a_session_is_exchanged_too(http: httpx.AsyncClient, house: House) -> None:
    session = house.room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    assert (await http.post("/oauth/token", data=form(session))).json()["scope"] == "account files"


async def test_a_signed_token_cannot_renew_itself(http: httpx.AsyncClient, house: House) -> None:
    first = (await http.post("/oauth/token", data=form(house.room.create_token(EMAIL, "x").secret))).json()
    again = await http.post("/oauth/token", data=form(first["access_token"]))
    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token": "cairn_" + "A" * 43}, "invalid_request"),
        ({"subject_token": "\0"}, "invalid_request"),
        ({"subject_token_type": None}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"actor_token": "x"}, "invalid_request"),
        ({"scope": "files admin"}, "invalid_scope"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"audience": "https://other.example"}, "invalid_target"),
        ({"resource": "https://other.example"}, "invalid_target"),
        ({"audience": ["http://cairn.test", "http://cairn.test"]}, "invalid_request"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_told_as_oauth_tells_it(
    http: httpx.AsyncClient, house: House, changes: dict[str, Any], error: str
) -> None:
    secret = house.room.create_token(EMAIL, "x").secret
    answer = await http.post("/oauth/token", data=form(secret, **changes))
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.headers["cache-control"] == "no-store"
    assert secret not in answer.text


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{}", "application/json"),
        (b"", "application/x-www-form-urlencoded"),
        (b"novalue", "application/x-www-form-urlencoded"),
        (b"\xff=\xff", "application/x-www-form-urlencoded"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(60)), "application/x-www-form-urlencoded"),
        (b"a=" + b"x" * 100_000, "application/x-www-form-urlencoded"),
    ],
    ids=range(7),
)
async def test_what_is_no_form_is_refused(http: httpx.AsyncClient, content: bytes, kind: str) -> None:
    answer = await http.post("/oauth/token", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_discovery_names_only_what_is_there(http: httpx.AsyncClient) -> None:
    discovery = (await http.get("/.well-known/openid-configuration")).json()
    assert discovery["issuer"] == URL
    assert TOKEN_EXCHANGE in discovery["grant_types_supported"]
    named = {name for name in discovery if name.endswith("_endpoint")} | {"jwks_uri"}
    assert {"authorization_endpoint", "device_authorization_endpoint", "userinfo_endpoint"} <= named
    for name in named:
        is_get = name in {"jwks_uri", "authorization_endpoint", "userinfo_endpoint"}
        answer = await http.request("GET" if is_get else "POST", discovery[name])
        assert answer.status_code not in {404, 405}, name
    assert discovery["code_challenge_methods_supported"] == ["S256"]
    assert discovery["authorization_response_iss_parameter_supported"] is True
