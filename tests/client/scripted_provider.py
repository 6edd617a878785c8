"""A server with a provider of its own, kept in memory: honest unless a test says what it answers instead."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from tests.client.documents import bucket_document
from tests.client.scripted_server import Answer, Asked, Script, ScriptedServer

USER_ID = "01890a5d-ac96-774b-bcce-b302099a8050"


@dataclass
class ScriptedProvider:
    """`polls` are the errors that the next polls get before one succeeds. `instead` answers in place of a path's own answer."""

    server: ScriptedServer
    polls: list[str] = field(default_factory=list)
    interval: int = 1
    expires_in: int = 600
    lasts: int = 600  # seconds, of access tokens as they are announced
    user_id: str = USER_ID
    instead: dict[str, Script] = field(default_factory=dict)
    device_names: list[str] = field(default_factory=list)
    current: str = ""  # the access token that is good
    family: list[str] = field(default_factory=list)  # refresh tokens, the newest last
    grace: bool = False  # whether the one before the newest is still taken
    refreshes: int = 0
    revoked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.server.script = self._answer

    @property
    def url(self) -> str:
        return self.server.url

    def issue(self) -> tuple[str, str]:
        self.current = f"access-{secrets.token_hex(8)}"
        self.family.append(f"refresh-{secrets.token_hex(8)}")
        return self.current, self.family[-1]

    def end(self) -> None:
        """As if the device was revoked."""
        self.current, self.family = "", []

    def _answer(self, asked: Asked) -> Answer:
        with self._lock:
            own: dict[str, Callable[[Asked], Answer]] = {
                "/.well-known/openid-configuration": self.discovery,
                "/oauth/device": self._device,
                "/oauth/token": self.token,
                "/oauth/revoke": self._revoke,
            }
            answer = self.instead.get(asked.path) or own.get(asked.path) or self._api
            return answer(asked)

    def discovery(self, _: Asked) -> Answer:
        return Answer.json(self.discovered())

    def discovered(self, **changes: object) -> dict[str, object]:
        return {
            "issuer": self.url,
            "token_endpoint": f"{self.url}/oauth/token",
            "device_authorization_endpoint": f"{self.url}/oauth/device",
            "revocation_endpoint": f"{self.url}/oauth/revoke",
        } | changes

    def code(self, **changes: object) -> dict[str, object]:
        return {
            "device_code": "the-device-code",
            "user_code": "WDJB-MJHT",
            "verification_uri": f"{self.url}/device",
            "verification_uri_complete": f"{self.url}/device?user_code=WDJB-MJHT",
            "expires_in": self.expires_in,
            "interval": self.interval,
        } | changes

    def _device(self, asked: Asked) -> Answer:
        form = form_of(asked)
        assert (form["client_id"], form["scope"]) == ("cairn-cli", "openid email offline_access files")
        self.device_names.append(form["device_name"])
        return Answer.json(self.code())

    def token(self, asked: Asked) -> Answer:
        form = form_of(asked)
        assert form["client_id"] == "cairn-cli"
        if form["grant_type"] == "refresh_token":
            return self._refreshed(form["refresh_token"])
        assert (form["grant_type"], form["device_code"]) == (
            "urn:ietf:params:oauth:grant-type:device_code",
            "the-device-code",
        )
        return refused(self.polls.pop(0)) if self.polls else self._issued()

    def _refreshed(self, token: str) -> Answer:
        taken = self.family[-2:] if self.grace else self.family[-1:]
        if token not in taken:
            self.end()
            return refused("invalid_grant")
        self.refreshes += 1
        return self._issued()

    def _issued(self) -> Answer:
        access, refresh = self.issue()
        document = {"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": self.lasts}
        return Answer.json(document)

    def _revoke(self, asked: Asked) -> Answer:
        self.revoked.append(form_of(asked)["token"])
        return Answer()

    def _api(self, asked: Asked) -> Answer:
        if asked.headers.get("Authorization") != f"Bearer {self.current}":
            return Answer.problem("unauthenticated", 401, detail="Sign in first.")
        if asked.path == "/api/v1/me":
            return Answer.json({"user_id": self.user_id, "email": "ada@example.org"})
        if asked.path == "/api/v1/buckets":
            return Answer.json({"items": [bucket_document()], "next_cursor": None})
        return Answer.problem("not-found", 404)


def form_of(asked: Asked) -> dict[str, str]:
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    return dict(parse_qsl(asked.body.decode(), strict_parsing=True))


def refused(error: str, status: int = 400) -> Answer:
    return Answer.json({"error": error, "error_description": f"it says {error}"}, status)


@contextmanager
def scripted_provider() -> Iterator[ScriptedProvider]:
    server = ScriptedServer()
    try:
        yield ScriptedProvider(server)
    finally:
        server.close()
