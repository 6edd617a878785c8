"""Cairn as an OpenID provider, as others meet it: Authlib's own client against the server, and the operator's verbs."""

import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import joserfc.jwt
import pytest
from authlib.deprecate import AuthlibDeprecationWarning
from joserfc.jwk import KeySet

from tests.cairn.asked import answer, refused
from tests.servers.cairn_server import SignedInServer

with warnings.catch_warnings():  # It would rather have httpx's successor, and works with httpx.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client

PASSWORD = "correct horse battery"
APP = "https://photos.example.org/signed-in"
SCOPE = "openid email offline_access files"


@pytest.fixture
def browser(server: SignedInServer) -> Iterator[httpx.Client]:
    """In which the server's user is signed in."""
    with httpx.Client(base_url=server.url, headers={"Origin": server.url}, timeout=60) as http:
        login = {"email": server.email, "password": PASSWORD}
        http.post("/api/v1/auth/login", json=login).raise_for_status()
        yield http


def discovered(server: SignedInServer) -> dict[str, Any]:
    document: dict[str, Any] = httpx.get(f"{server.url}/.well-known/openid-configuration").json()
    return document


def allowed(browser: httpx.Client, address: str) -> str:
    """Where the browser ends once its person has been asked and said yes."""
    asked = browser.get(address)
    assert asked.status_code == 302, asked.text
    page, _, query = asked.headers["location"].partition("?")
    if page != "/consent":
        return str(asked.headers["location"])
    said = browser.post("/api/v1/auth/consent", json={"query": query, "allow": True})
    location: str = said.json()["redirect_to"]
    return location


def test_authlibs_client_signs_a_person_in_refreshes_and_revokes(server: SignedInServer, browser: httpx.Client) -> None:
    facts = discovered(server)
    made = answer(server, "client", "add", "Photos", "--redirect-uri", APP)
    client = OAuth2Client(
        made["id"], made["secret"], scope=SCOPE, redirect_uri=APP, code_challenge_method="S256", timeout=60
    )
    with client:
        verifier = "v" * 64
        address, state = client.create_authorization_url(
            facts["authorization_endpoint"], code_verifier=verifier, nonce="n-1"
        )
        location = allowed(browser, address)
        assert dict(parse_qsl(urlsplit(location).query))["iss"] == facts["issuer"] == server.url
        token = client.fetch_token(
            facts["token_endpoint"], authorization_response=location, code_verifier=verifier, state=state
        )
        keys = KeySet.import_key_set(httpx.get(facts["jwks_uri"]).json())
        said = joserfc.jwt.decode(token["id_token"], keys, algorithms=["ES256"]).claims
        assert (said["iss"], said["aud"], said["nonce"]) == (server.url, made["id"], "n-1")
        told = client.get(facts["userinfo_endpoint"]).json()
        assert (told["sub"], told["email"]) == (said["sub"], server.email)
        assert client.get(f"{server.url}/api/v1/buckets").status_code == 200

        renewed = client.refresh_token(facts["token_endpoint"])
        assert renewed["refresh_token"] != token["refresh_token"]
        assert client.introspect_token(facts["introspection_endpoint"], renewed["access_token"]).json()["active"]
        client.revoke_token(facts["revocation_endpoint"], renewed["refresh_token"])
        assert client.get(f"{server.url}/api/v1/me").status_code == 401
        assert not client.introspect_token(facts["introspection_endpoint"], renewed["access_token"]).json()["active"]

    [listed] = answer(server, "client", "list")["items"]
    assert (listed["id"], listed["name"], listed["is_public"]) == (made["id"], "Photos", False)
    assert "secret" not in listed
    answer(server, "client", "revoke", made["id"])
    assert browser.get(address).status_code == 400
    assert refused(server, "client", "revoke", made["id"])[0] == 5


def test_a_client_whose_server_was_killed_before_it_heard_asks_again_and_goes_on(
    server: SignedInServer, browser: httpx.Client
) -> None:
    begun = httpx.post(f"{server.url}/oauth/device", data={"client_id": "cairn-cli", "scope": SCOPE}).json()
    answered = browser.post("/api/v1/auth/device", json={"user_code": begun["user_code"], "allow": True})
    assert answered.status_code == 204
    device = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": begun["device_code"],
        "client_id": "cairn-cli",
    }
    tokens = httpx.post(f"{server.url}/oauth/token", data=device).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "cairn-cli"}
    assert httpx.post(f"{server.url}/oauth/token", data=refresh).status_code == 200  # and nobody heard
    server.kill()
    server.start()
    again = httpx.post(f"{server.url}/oauth/token", data=refresh)
    assert again.status_code == 200
    token = {"Authorization": f"Bearer {again.json()['access_token']}"}
    assert httpx.get(f"{server.url}/api/v1/me", headers=token).json()["email"] == server.email


def test_a_new_key_signs_and_what_the_old_one_signed_stays_good(server: SignedInServer) -> None:
    exchange = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": server.token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    }
    old = httpx.post(f"{server.url}/oauth/token", data=exchange).json()["access_token"]
    kid = answer(server, "key", "rotate")["kid"]
    server.kill()  # A running one follows within a minute; tests/identity/test_keys.py shows it without the wait.
    server.start()
    new = httpx.post(f"{server.url}/oauth/token", data=exchange).json()["access_token"]
    assert joserfc.jws.extract_compact(new.encode()).headers()["kid"] == kid
    for token in (old, new):
        assert httpx.get(f"{server.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
