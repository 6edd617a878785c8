"""Credentials verified by a room that stands by itself: opaque ones asked of identity (RFC 7662), signed ones by its public keys."""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from foundation.fetching import FETCH_SECONDS
from foundation.http_room import RoomClient
from foundation.identity import Identity, Scope
from foundation.internal_calls import INTERNAL
from foundation.jwks import FetchedKeys, KeySource
from foundation.jwt import JwtVerifier, TrustedIssuer
from foundation.outside import OutsideProvider
from foundation.problems import Problem, Unauthenticated, Unavailable

KEPT_SECONDS = 25.0  # A stream that is open looks again every 5 seconds: a revocation reaches it within 30, too.
REFUSED_SECONDS = 5.0  # A token that was just made must not stay refused.
MAX_ENTRIES = 10_000
ASKED_AT_ONCE = 8
IN_LINE = 24  # Those who are asked about and those who wait: fewer than the threads that verify.
ASK_SECONDS = 5.0
# What identity gives out. Anything else is refused here: inventing it must cost identity nothing.
_OPAQUE = re.compile(r"cairn(?:session)?_[A-Za-z0-9_-]{43}")
_FOREIGN = re.compile(r"[A-Za-z0-9._~+/-]{1,4096}=*")  # RFC 6750, 2.1
_SIGNED = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
# Identity tells what people may do; nothing that it answers makes a service.
_USER_SCOPES = frozenset({Scope.FILES, Scope.FILES_READ, Scope.ACCOUNT, Scope.ADMIN})


@dataclass(frozen=True, slots=True)
class _Verdict:
    """`identity` None: refused."""

    identity: Identity | None
    since: float
    until: float


class IntrospectingVerifier:
    """A TokenVerifier. A verdict of identity serves for 25 seconds from when it was asked for, also while identity is down.

    A signed token is verified here and asks nobody: whoever is shut out meanwhile is so when it ends, within ten minutes. One of an outside
    issuer may live for days, so identity is asked as well whether its person still is let in; while it is down the token alone counts.
    """

    def __init__(
        self,
        identity: RoomClient,
        jwt: JwtVerifier,
        clock: Callable[[], float] = time.time,
        *,
        takes_foreign: bool = False,
    ) -> None:
        """`clock`: seconds since 1970. `takes_foreign`: identity knows opaque tokens that it did not make."""
        self._identity, self._jwt, self._clock = identity, jwt, clock
        self._opaque_form = _FOREIGN if takes_foreign else _OPAQUE
        self._let_in, self._refused = _Verdicts(), _Verdicts()
        self._line = threading.BoundedSemaphore(IN_LINE)
        self._asking = threading.BoundedSemaphore(ASKED_AT_ONCE)

    def verify(self, credential: str) -> Identity:
        if _SIGNED.fullmatch(credential):
            return self._signed(credential)
        if self._opaque_form.fullmatch(credential):
            return self._asked_once(credential)
        raise Unauthenticated("This is no token of this installation.")

    def _signed(self, credential: str) -> Identity:
        token = self._jwt.verified(credential)
        if token.is_own:
            return token.identity
        try:
            return self._asked_once(credential)
        except Unavailable:
            # For a while nobody asks again: a service that hangs must not hold up every request.
            now = self._clock()
            until = min(now + REFUSED_SECONDS, token.ends_at.timestamp())
            self._let_in.keep(sha256(credential.encode()).digest(), _Verdict(token.identity, now, until))
            return token.identity

    def _asked_once(self, credential: str) -> Identity:
        key = sha256(credential.encode()).digest()
        verdict = self._known(key)
        if verdict is None:
            with self._turn():
                # Requests come in bunches: while this one waited, another may have asked.
                verdict = self._known(key) or self._asked(credential, key)
        if verdict.identity is None:
            raise Unauthenticated("This token or session is not valid, or no longer.")
        return verdict.identity

    def _known(self, key: bytes) -> _Verdict | None:
        now = self._clock()
        return self._let_in.find(key, now) or self._refused.find(key, now)

    def _asked(self, credential: str, key: bytes) -> _Verdict:
        now = self._clock()
        identity, ends_at = _answered(self._ask(credential))
        kept = REFUSED_SECONDS if identity is None else KEPT_SECONDS
        verdict = _Verdict(identity, now, min(now + kept, ends_at))
        # Two memories: who invents tokens must not push out those who have some.
        (self._refused if identity is None else self._let_in).keep(key, verdict)
        return verdict

    def _ask(self, credential: str) -> bytes:
        body = orjson.dumps({"credential": credential})
        headers = {"Content-Type": "application/json"}
        try:
            return self._identity.call(
                "POST",
                f"{INTERNAL}/introspect",
                is_repeatable=True,
                content=body,
                headers=headers,
                seconds=ASK_SECONDS,
            ).content
        except Problem as problem:
            # Whatever it is, it is not about the caller: a 401 is this room's own.
            raise Unavailable("Who you are cannot be told at the moment.") from problem

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Few questions at once, and a short line: a flood of invented tokens holds up neither identity nor who is known."""
        with _held(self._line, 0), _held(self._asking, ASK_SECONDS):
            yield


@contextmanager
def _held(places: threading.BoundedSemaphore, seconds: float) -> Iterator[None]:
    if not places.acquire(timeout=seconds):
        raise Unavailable("Too many unknown tokens are asked about at the moment.")
    try:
        yield
    finally:
        places.release()


class _Verdicts:
    """The newest MAX_ENTRIES, by digest. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, _Verdict] = OrderedDict()

    def find(self, key: bytes, now: float) -> _Verdict | None:
        verdict = self._kept.get(key)
        return verdict if verdict and verdict.since <= now < verdict.until else None

    def keep(self, key: bytes, verdict: _Verdict) -> None:
        with self._lock:
            self._kept[key] = verdict
            self._kept.move_to_end(key)
            if len(self._kept) > MAX_ENTRIES:
                self._kept.popitem(last=False)


def introspecting_verifier(
    identity: RoomClient,
    public_url: str,
    keys: KeySource,
    clock: Callable[[], float] = time.time,
    outside: OutsideProvider | None = None,
) -> IntrospectingVerifier:
    """As the rooms use it: our own tokens are signed with `keys`, those of `identity`, and meant for `public_url`; `outside`: another
    issuer whose tokens count.
    """
    own = TrustedIssuer(public_url, public_url, keys, is_own=True)
    issuers = [own, outside.trusted] if outside else [own]
    takes_foreign = outside is not None and outside.settings.oidc_introspection
    return IntrospectingVerifier(identity, JwtVerifier(issuers, clock), clock, takes_foreign=takes_foreign)


def fetched_keys(identity: RoomClient) -> FetchedKeys:
    """The keys that `identity` publishes."""

    def fetch() -> bytes:
        try:
            return identity.call("GET", "/oauth/jwks", is_repeatable=True, seconds=FETCH_SECONDS).content
        except Problem as problem:
            raise Unavailable("The issuer's keys cannot be fetched at the moment.") from problem

    return FetchedKeys(fetch)


def introspection(identity: Identity | None, ends_at: datetime | None) -> dict[str, Any]:
    """What identity answers; None for a credential that is not valid."""
    if identity is None or identity.user is None:
        return {"active": False}
    return {
        "active": True,
        "user": str(identity.user),
        "device": str(identity.device) if identity.device else None,
        "scopes": sorted(identity.scopes),
        "ends_at": ends_at.timestamp() if ends_at else None,
    }


def _answered(body: bytes) -> tuple[Identity | None, float]:
    """Who it is, and until when at most. Raises Unavailable for what is no `introspection`."""
    try:
        document = orjson.loads(body)
        if document["active"] is False:
            return None, float("inf")
        if document["active"] is not True:
            raise ValueError("neither active nor not")
        device, ends_at = document["device"], document["ends_at"]
        scopes = frozenset(document["scopes"]) & _USER_SCOPES
        who = Identity(UUID(document["user"]), UUID(device) if device is not None else None, scopes)
        return who, float("inf") if ends_at is None else float(ends_at)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unavailable("Identity answered what cannot be read.") from error
