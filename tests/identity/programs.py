"""A program that asks people for access, and the browser of a person, as the provider's tests use them."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import joserfc.jwt
from joserfc.jwk import KeySet

from identity.clients import CLI_CLIENT, CODE, EMAIL, OFFLINE, OPENID, REFRESH, Client, NewClient
from tests.identity.house import EMAIL as ADA
from tests.identity.house import HOME, PASSWORD, URL, House

VERIFIER = "a-verifier-of-more-than-forty-three-characters-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
APP_URI = "https://app.example/cb"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
EVERYTHING = "openid email offline_access files"


def added(house: House, *, is_public: bool = False, **changes: Any) -> NewClient:
    """A client that an operator added."""
    facts = {
        "id": "", "name": "Photo frame", "redirect_uris": frozenset({APP_URI}),
        "scopes": frozenset({OPENID, EMAIL, OFFLINE, "files", "files:read"}), "grants": frozenset({CODE, REFRESH}),
    }  # fmt: skip
    return house.room.parts.provider.clients.add(Client(**(facts | changes)), is_public=is_public)


@dataclass
class Program:
    """A client at the provider's door. `secret`: of one that has one."""

    http: httpx.AsyncClient
    client_id: str = CLI_CLIENT
    secret: str | None = None
    redirect_uri: str = "http://127.0.0.1:4711/callback"

    def asks(self, **changes: Any) -> str:
        """The query of an authorization request."""
        right = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.redirect_uri,
            "scope": EVERYTHING, "state": "st", "nonce": "no", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        }  # fmt: skip
        return urlencode([(name, value) for name, value in (right | changes).items() if value is not None])

    async def post(self, path: str, **form: Any) -> httpx.Response:
        proof = {"client_id": self.client_id} | ({"client_secret": self.secret} if self.secret else {})
        fields = {name: value for name, value in (proof | form).items() if value is not None}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self.http.post(path, content=urlencode(fields), headers=headers)

    async def exchanges(self, code: str, /, **changes: Any) -> httpx.Response:
        right = {"grant_type": CODE, "code": code, "redirect_uri": self.redirect_uri, "code_verifier": VERIFIER}
        return await self.post("/oauth/token", **(right | changes))

    async def refreshes(self, refresh_token: str, **changes: Any) -> httpx.Response:
        return await self.post("/oauth/token", **({"grant_type": REFRESH, "refresh_token": refresh_token} | changes))

    async def polls(self, device_code: str) -> httpx.Response:
        return await self.post("/oauth/token", grant_type=DEVICE_GRANT, device_code=device_code)

    async def signed_in(self, browser: "Visit") -> dict[str, Any]:
        """All that it gets once the person of `browser` lets it in."""
        location = await browser.allows(self.asks())
        answer = await self.exchanges(parameters(location)["code"])
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens


@dataclass
class Visit:
    """A browser in which somebody is signed in, or nobody."""

    http: httpx.AsyncClient
    session: str | None

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"cairn={self.session}"} if self.session else {}

    async def authorizes(self, query: str) -> httpx.Response:
        return await self.http.get(f"/oauth/authorize?{query}", headers=self.headers)

    async def answers(self, path: str, body: object, **headers: str) -> httpx.Response:
        return await self.http.post(path, json=body, headers=self.headers | {"Origin": URL} | headers)

    async def allows(self, query: str, *, allow: bool = True) -> str:
        """Where the browser goes after the person's answer."""
        answer = await self.answers("/api/v1/auth/consent", {"query": query, "allow": allow})
        assert answer.status_code == 200, answer.text
        location: str = answer.json()["redirect_to"]
        return location


def visit(house: House, http: httpx.AsyncClient, email: str = ADA) -> Visit:
    """The browser of somebody who has just signed in."""
    return Visit(http, house.room.parts.sign_in.sign_in(email, PASSWORD, HOME))


def parameters(location: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(location).query))


def claims(house: House, token: str) -> dict[str, Any]:
    """What a token says, its signature held against the published keys."""
    keys: Any = house.room.parts.keys.jwks()
    return joserfc.jwt.decode(token, KeySet.import_key_set(keys), algorithms=["ES256"]).claims


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
