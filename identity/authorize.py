"""What a client asks of a person (RFC 6749, 4.1.1; RFC 7636; OpenID Connect Core, 3.1.2.1), and what must come first."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from identity.clients import CODE, Client, Clients
from identity.codes import Code
from identity.consents import Consents
from identity.errors import AuthorizationInvalid
from identity.model import Consent

MAX_QUERY_CHARACTERS = 16 * 1024
MAX_FIELDS = 50
AUTHORIZE = "/oauth/authorize"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of a SHA-256
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_AGAIN = frozenset({"login", "select_account"})
# In place of what asks for a new sign-in: satisfied by one that is not older, so that the way back does not ask again.
_SIGNED_IN_SINCE = "signed_in_since"
_SECONDS = re.compile(r"[0-9]{1,10}")
# Ways to ask that are not taken (OpenID Connect Core, 6), by the parameter that asks so.
_NOT_SUPPORTED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}


class Refused(Exception):  # noqa: N818 — an answer of the protocol, not a fault.
    """An answer to the client itself: who asks is known, and where answers go. `location`: where its person goes with it."""

    def __init__(self, location: str) -> None:
        super().__init__()
        self.location = location


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in with this browser, and since when."""

    user: UUID
    authenticated_at: datetime


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that may be answered at its redirect URI."""

    issuer: str
    client: Client
    redirect_uri: str
    fields: Mapping[str, str]

    @property
    def scopes(self) -> frozenset[str]:
        return self.client.granted(self.fields.get("scope", "").split())

    @property
    def prompts(self) -> frozenset[str]:
        return frozenset(self.fields.get("prompt", "").split())

    def answer(self, **parameters: str) -> str:
        """Where the person goes with the answer; it names its issuer (RFC 9207), against mix-ups."""
        state = {"state": self.fields["state"]} if "state" in self.fields else {}
        joint = "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{joint}{urlencode({**parameters, **state, 'iss': self.issuer})}"

    def refused(self, error: str, description: str) -> Refused:
        return Refused(self.answer(error=error, error_description=description))

    def needs_sign_in(self, visitor: Visitor | None, now: datetime) -> bool:
        """Whether the person must prove who they are, or do so again."""
        if visitor is None or self.prompts & _AGAIN or self.fields.get("max_age") == "0":
            return True
        since = self.fields.get(_SIGNED_IN_SINCE)
        if since is not None and visitor.authenticated_at < datetime.fromtimestamp(int(since), UTC):
            return True
        oldest = self.fields.get("max_age")
        return oldest is not None and now - visitor.authenticated_at > timedelta(seconds=int(oldest))

    def needs_consent(self, user: UUID, consents: Consents) -> bool:
        """Whether the person must be asked. Programs that cannot prove which they are, always (RFC 8252, 8.6)."""
        is_asked = self.client.is_unproved or "consent" in self.prompts
        return is_asked or not consents.cover(user, self.client, self.scopes)

    def query(self) -> str:
        return urlencode(self.fields)

    def after_sign_in(self, now: datetime) -> str:
        """Path and query to come back to, once the person has signed in."""
        fields = dict(self.fields)
        left = [one for one in fields.pop("prompt", "").split() if one not in _AGAIN]
        if self.prompts & _AGAIN or fields.get("max_age") == "0":
            fields[_SIGNED_IN_SINCE] = str(int(now.timestamp()))
            fields.pop("max_age", None)
        if left:
            fields["prompt"] = " ".join(left)
        return f"{AUTHORIZE}?{urlencode(fields)}"

    def code(self, visitor: Visitor) -> Code:
        """What the client gets a code for, once the person agrees."""
        consent = Consent(visitor.user, self.client.id, self.scopes, visitor.authenticated_at)
        return Code(consent, self.redirect_uri, self.fields["code_challenge"], self.fields.get("nonce"))

    def redirect_host(self) -> str:
        """Where the answer goes, as a person is told: a host, or the scheme of an app."""
        parts = urlsplit(self.redirect_uri)
        return parts.netloc or f"{parts.scheme}:"


def authorization_request(query: str, clients: Clients, issuer: str) -> AuthorizationRequest:
    """Raises AuthorizationInvalid while it is not known that the answer may go where it is to go; from there on Refused."""
    pairs = _pairs(query.removeprefix("?"))
    ids, uris = ([value for name, value in pairs if name == wanted] for wanted in ("client_id", "redirect_uri"))
    client = clients.find(ids[0]) if len(ids) == 1 else None
    if client is None or CODE not in client.grants:
        raise AuthorizationInvalid("It did not say which program it is, or is not known here.")
    if len(uris) != 1 or not client.check_redirect_uri(uris[0]):
        raise AuthorizationInvalid(f"{client.name} wants the answer at an address that is not its own.")
    request = AuthorizationRequest(issuer, client, uris[0], dict(pairs))
    _check(request, pairs)
    return request


def _pairs(query: str) -> Sequence[tuple[str, str]]:
    if len(query) > MAX_QUERY_CHARACTERS:
        raise AuthorizationInvalid("The request is too long.")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise AuthorizationInvalid("The request cannot be read.") from error
    return [(name, value) for name, value in pairs if value]  # RFC 6749, 3.1: as if they were not there.


def _check(request: AuthorizationRequest, pairs: Sequence[tuple[str, str]]) -> None:
    """Raises Refused with what is wrong first."""
    fields, prompts = request.fields, request.prompts
    not_taken = [name for name in _NOT_SUPPORTED if name in fields]
    is_pkce = fields.get("code_challenge_method") == "S256" and _CHALLENGE.fullmatch(fields.get("code_challenge", ""))
    is_timed = all(_SECONDS.fullmatch(fields.get(name, "0")) for name in ("max_age", _SIGNED_IN_SINCE))
    kind = "unsupported_response_type" if "response_type" in fields else "invalid_request"
    wrong = [
        (len(fields) != len(pairs), "invalid_request", "A parameter is there twice."),
        *((True, _NOT_SUPPORTED[name], f"The parameter {name} is not taken.") for name in not_taken),
        (fields.get("response_type") != "code", kind, "The response type must be code."),
        (fields.get("response_mode", "query") != "query", "invalid_request", "The response mode must be query."),
        (not is_pkce, "invalid_request", "A code challenge is required, by the method S256."),
        (not request.scopes, "invalid_scope", "Ask for one scope or more that the client may have."),
        (not prompts <= _PROMPTS, "invalid_request", f"A prompt is one of {', '.join(sorted(_PROMPTS))}."),
        ("none" in prompts and len(prompts) > 1, "invalid_request", "The prompt none stands alone."),
        (not fields.get("nonce", "").isprintable(), "invalid_request", "The nonce holds what cannot be seen."),
        (not is_timed, "invalid_request", "The max_age must be a number of seconds."),
    ]
    for is_wrong, error, description in wrong:
        if is_wrong:
            raise request.refused(error, description)
