"""Tokens between rooms that identity issues by client credentials (RFC 6749, 4.4): fetched, kept, and known again where they arrive."""

import base64
import hmac
import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import httpx

from foundation.addresses import Addresses
from foundation.identity import Identity
from foundation.jwks import KeySource
from foundation.jwt import JwtVerifier, TrustedIssuer
from foundation.problems import Unauthenticated
from foundation.service_tokens import GRANTS, Room, ServiceTokens

log = logging.getLogger("cairn.services")

# Neither a person's token nor another program's: both their audience and their type are of their own.
ROOM_TOKEN_TYPE = "cairn-room+jwt"  # noqa: S105 — a name.
ROOMS_AUDIENCE = "cairn:rooms"
_PREFIX = "cairn-room-"
FETCH_SECONDS = 2.0
RETRY_SECONDS = 5.0  # While identity does not answer.
RENEW_AFTER = 0.5  # of a token's life
# Whoever asks for a token keeps it for a while (RoomClient): one that ends sooner is not given out any more.
SPARE_SECONDS = 240.0


class TokenSource(Protocol):
    """Where a room has its own tokens from. Thread-safe."""

    def mint(self, room: Room) -> str:
        """A token of `room` that is good for three minutes or more. Never waits long, never fails."""


def room_client_id(room: Room) -> str:
    """Under what name identity knows `room` as a client."""
    return _PREFIX + room.value


def room_secret(secret: bytes, room: Room) -> str:
    """What proves `room` to identity, made of CAIRN_SECRET for this alone (HMAC-SHA-256, as HKDF's expansion, RFC 5869)."""
    return hmac.digest(secret, f"cairn room client, version 1: {room}\x01".encode(), "sha256").hex()


@dataclass(frozen=True, slots=True)
class _Held:
    text: str
    renew_at: float
    usable_until: float


class FetchedRoomTokens:
    """A TokenSource: identity's tokens while it answers, and those that a room mints itself while it does not.

    Nothing between rooms must stand still because identity does: the same secret proves the room either way.
    """

    def __init__(
        self,
        address: str,
        secret: bytes,
        minted: ServiceTokens,
        clock: Callable[[], float] = time.monotonic,
        seconds: float = FETCH_SECONDS,
    ) -> None:
        """`address`: identity's, as RoomClient's. `clock`: seconds that never go back. `seconds`: how long identity may take."""
        self._places, self._secret, self._minted, self._clock = Addresses(address), secret, minted, clock
        self._seconds = seconds
        self._fetching = threading.Lock()
        self._held: dict[Room, _Held] = {}
        self._tried_at = float("-inf")

    def mint(self, room: Room) -> str:
        held, now = self._held.get(room), self._clock()
        # One thread fetches; the others go on with what there is.
        if (held is None or now >= held.renew_at) and self._fetching.acquire(blocking=False):
            try:
                held = self._renewed(room, now) or held
            finally:
                self._fetching.release()
        return held.text if held is not None and now < held.usable_until else self._minted.mint(room)

    def _renewed(self, room: Room, now: float) -> _Held | None:
        if now - self._tried_at < RETRY_SECONDS:
            return None
        self._tried_at = now
        try:
            text, seconds = self._fetched(room)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("identity gives no token, a minted one serves", extra={"room": room, "reason": repr(error)})
            return None
        self._tried_at = float("-inf")
        self._held[room] = _Held(text, now + seconds * RENEW_AFTER, now + seconds - SPARE_SECONDS)
        return self._held[room]

    def _fetched(self, room: Room) -> tuple[str, float]:
        """Of the process whose turn it is. Raises what httpx and a wrong answer raise."""
        # Rooms speak plain HTTP on a private network, and this is once in minutes: no connection is kept.
        with httpx.Client(timeout=self._seconds, verify=False, trust_env=False) as http:  # noqa: S501
            answer = http.post(
                f"{next(self._places.turn())}/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(room_client_id(room), room_secret(self._secret, room)),
            )
        document = answer.raise_for_status().json()
        return str(document["access_token"]), float(document["expires_in"])


class RoomTokenVerifier:
    """Knows rooms by the tokens that identity issued them."""

    def __init__(self, issuer: str, keys: KeySource, clock: Callable[[], float] = time.time) -> None:
        """`issuer` as tokens say it; `clock`: seconds since 1970."""
        own = TrustedIssuer(issuer, ROOMS_AUDIENCE, keys, is_own=True, token_type=ROOM_TOKEN_TYPE)
        self._jwt = JwtVerifier([own], clock)

    def identity(self, credential: str) -> Identity | None:
        """The room that `credential` proves; None for what does not say that it is one of these tokens.

        Raises Unauthenticated for one that says so and does not hold, Unavailable while identity's keys are not to be had.
        """
        if not says_room(credential):
            return None
        _issuer, claims, _ends = self._jwt.proved(credential)
        rooms = {room_client_id(room): room for room in Room}
        room = rooms.get(str(claims.get("sub")))
        if room is None or claims.get("client_id") != claims.get("sub"):
            raise Unauthenticated("This token is of no room.")
        return Identity(scopes=GRANTS[room] & frozenset(str(claims.get("scope", "")).split()), is_service=True)


def says_room(credential: str) -> bool:
    """By its header alone, of which nothing is proved: most tokens are people's, and are looked at once."""
    head, dot, _ = credential[:1024].partition(".")
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))) if dot else None
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and header.get("typ") == ROOM_TOKEN_TYPE
