"""A Cairn server as the OpenID provider of its own programs: RFC 8414, 8628, 6749 and 7009 as one object."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from client.answers import checked
from client.errors import AnswerInvalid, ServerUnreachable, SignInRefused, SignInUnknown
from client.http_answers import USER_AGENT, body_of, json_of, redirected, server_url
from client.retry import TEMPORARY
from foundation.wide_transport import BROKEN, NEVER_SENT, WideTransport, is_certificate_refused

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
MAX_ANSWER_BYTES = 64 * 1024
MAX_SECRET_LENGTH = 16 * 1024
MAX_SECONDS = 366 * 24 * 3600
# Well below the 30 seconds for which a refresh token that was replaced is still taken: a lost answer is asked for again.
TIMEOUT_SECONDS = 10.0
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a person confirms (RFC 8628, 3.2). `address_with_code` saves them from typing."""

    secret: str = field(repr=False)
    user_code: str
    address: str
    address_with_code: str | None
    expires_in_seconds: int
    interval_seconds: int


@dataclass(frozen=True, slots=True)
class Issued:
    """Tokens (RFC 6749, 5.1). None: there is no other refresh token than before; how long it lasts is not said."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in_seconds: int | None


class Provider:
    """The provider at `url`. Each request is tried once and ends in time; no redirect is followed, nor any address elsewhere.

    Raises ServerUnreachable, AnswerInvalid, and SignInRefused with the provider's `error`.
    """

    def __init__(self, url: str, client_id: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.url = server_url(url)
        self.client_id = client_id
        self._timeout_seconds = timeout_seconds
        self._found: Mapping[str, Any] | None = None

    def issuer(self) -> str:
        return str(self._discovered()["issuer"])

    def device_code(self, scopes: str, device_name: str) -> DeviceCode:
        """Begin a sign-in. `device_name` is what the person sees, and revokes one day. Raises SignInUnknown."""
        endpoint = self._endpoint("device_authorization_endpoint")
        document = self._granted(endpoint, {"scope": scopes, "device_name": device_name})
        return checked(self._code_from, document)

    def issued(self, code: DeviceCode) -> Issued:
        """Ask whether it was allowed. Until then SignInRefused with `authorization_pending` or `slow_down`."""
        return self._tokens({"grant_type": DEVICE_CODE, "device_code": code.secret})

    def refreshed(self, refresh_token: str) -> Issued:
        """Other tokens for `refresh_token`, which then ends. SignInRefused with `invalid_grant`: it had ended before."""
        return self._tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def revoke(self, refresh_token: str) -> None:
        """End the sign-in that `refresh_token` is of; again is fine. Raises SignInUnknown."""
        form = {"token": refresh_token, "token_type_hint": "refresh_token", "client_id": self.client_id}
        self._ask("POST", self._endpoint("revocation_endpoint"), form)

    def _tokens(self, form: Mapping[str, str]) -> Issued:
        return checked(_issued_from, self._granted(self._endpoint("token_endpoint"), form))

    def _granted(self, endpoint: str, form: Mapping[str, str]) -> Any:
        return json_of(*self._ask("POST", endpoint, {**form, "client_id": self.client_id}))

    def _endpoint(self, name: str) -> str:
        address = self._discovered().get(name)
        if address is None:
            raise SignInUnknown(f"{self.url} offers no {name.replace('_', ' ')}")
        return self._own(address)

    def _discovered(self) -> Mapping[str, Any]:
        """An issuer that is not where it was found would be somebody else's (RFC 8414, 3.3)."""
        if self._found is None:
            document = json_of(*self._ask("GET", f"{self.url}/.well-known/openid-configuration"))
            issuer = document.get("issuer") if isinstance(document, dict) else None
            if _place(issuer) is None or _place(issuer) != _place(self.url):
                raise AnswerInvalid(
                    f"{self.url} says that people sign in at {issuer!r}: if you trust that address, sign in there"
                )
            self._found = document
        return self._found

    def _own(self, address: object) -> str:
        """`address`, if it is one of this server's."""
        place, own = _place(address), _place(self.url)
        if not isinstance(address, str) or place is None or own is None or place[:3] != own[:3]:
            raise AnswerInvalid(f"{self.url} names {address!r}, which is not its own")
        return address

    def _code_from(self, document: Mapping[str, Any]) -> DeviceCode:
        complete = document.get("verification_uri_complete")
        return DeviceCode(
            secret=_secret(document["device_code"]),
            user_code=_secret(document["user_code"]),
            address=self._own(document["verification_uri"]),
            address_with_code=None if complete is None else self._own(complete),
            expires_in_seconds=_seconds(document["expires_in"]),
            interval_seconds=_seconds(document.get("interval", 5)),
        )

    def _ask(self, method: str, url: str, form: Mapping[str, str] | None = None) -> tuple[httpx.Response, bytes]:
        """The answer and its body, if it is a success."""
        http = httpx.Client(
            transport=WideTransport(1, httpx.create_ssl_context() if self.url.startswith("https:") else None),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": USER_AGENT},
            timeout=self._timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        )
        # The timeout is for each byte. What drips for ever would keep the credentials locked for ever.
        guard = threading.Timer(2 * self._timeout_seconds, http.close)
        guard.daemon = True
        guard.start()
        try:
            with http.stream(method, url, data=form) as response:
                data = body_of(response, MAX_ANSWER_BYTES)
        except (*NEVER_SENT, *BROKEN, RuntimeError) as error:  # RuntimeError: closed by the guard.
            if is_certificate_refused(error):
                raise AnswerInvalid(f"{self.url} cannot prove who it is: {error}") from None
            raise ServerUnreachable(f"no answer from {self.url}: {error or type(error).__name__}") from None
        except httpx.InvalidURL as error:
            raise AnswerInvalid(f"{self.url} names {url!r}, which is no address: {error}") from None
        finally:
            guard.cancel()
            http.close()
        if not response.is_success:
            raise _refusal(response, data)
        return response, data


def _refusal(response: httpx.Response, data: bytes) -> Exception:
    """An answer that is no success: an error of RFC 6749, 5.2, or something else on the way."""
    if response.is_redirect:
        return redirected(response)
    if response.status_code in TEMPORARY or response.status_code == 500:
        return ServerUnreachable(f"{response.url.host} answers {response.status_code}")
    if response.status_code == 404:
        return SignInUnknown(f"{response.url.host} has no {response.url.path}")
    document = json_of(response, data)
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, str):
        return AnswerInvalid(f"{response.url.host} answers {response.status_code} without saying why")
    return SignInRefused(str(document.get("error_description") or error), error=error)


def _place(address: object) -> tuple[str, str, int, str] | None:
    """Scheme, host, port and path of an http address that holds nothing to hide behind; None for anything else."""
    try:
        parts = urlsplit(str(address))
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or parts.username is not None or not str(address).isprintable() or "\\" in str(address):
        return None
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/")


def _issued_from(document: Mapping[str, Any]) -> Issued:
    if str(document["token_type"]).lower() != "bearer":
        raise ValueError("tokens are shown as Bearer")
    refresh_token, expires_in = document.get("refresh_token"), document.get("expires_in")
    return Issued(
        access_token=_secret(document["access_token"]),
        refresh_token=None if refresh_token is None else _secret(refresh_token),
        expires_in_seconds=None if expires_in is None else _seconds(expires_in),
    )


def _secret(value: object) -> str:
    """A token or code: what may stand in a header and on a terminal."""
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_SECRET_LENGTH:
        raise ValueError("a token or code is missing")
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError("a token or code has impossible characters")
    return value


def _seconds(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SECONDS:
        raise ValueError("a time is no number of seconds")
    return value
