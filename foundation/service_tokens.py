"""How rooms prove to each other who they are: short JWTs that each mints and checks with a key made of CAIRN_SECRET.

HS256 (RFC 7518, 3.2) with a key derived for this alone, so that nothing else signed with the secret is ever one of these. Where identity
stands by itself its tokens come first (room_tokens.py), and these while it is away. A user's credential is never one, nor the reverse.
"""

import hmac
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

import joserfc.jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from foundation.identity import Identity, Scope, TokenVerifier
from foundation.problems import Unauthenticated

LIFETIME_SECONDS = 300
LEEWAY_SECONDS = 60
_TYPE = "cairn-service+jwt"
_AUDIENCE = "cairn:rooms"
_MAX_BYTES = 2048


class Room(StrEnum):
    """Whoever calls another room."""

    CHUNKER = "chunker"
    METADATA = "metadata"
    BLOCK_STORAGE = "block-storage"
    IDENTITY = "identity"
    SYNC = "sync"


# What each room may ask of the others: nothing that it has no use for.
GRANTS: dict[Room, frozenset[Scope]] = {
    Room.CHUNKER: frozenset({Scope.BLOCKS_READ, Scope.BLOCKS_WRITE, Scope.CATALOGUE, Scope.INTROSPECT}),
    Room.METADATA: frozenset({Scope.INTROSPECT}),
    Room.BLOCK_STORAGE: frozenset({Scope.INTROSPECT}),
    Room.IDENTITY: frozenset(),
    Room.SYNC: frozenset(
        {Scope.BLOCKS_READ, Scope.BLOCKS_WRITE, Scope.ERASE, Scope.CATALOGUE, Scope.COLLECT, Scope.INTROSPECT}
    ),
}


class ServiceTokens:
    """Mints a room's own tokens and checks those of others. Thread-safe."""

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        """`clock`: seconds since 1970."""
        self._key = OctKey.import_key(hmac.digest(secret, b"cairn service tokens, version 1", "sha256"))
        self._clock = clock

    def mint(self, room: Room) -> str:
        """A token of `room`, good for five minutes."""
        now = int(self._clock())
        claims = {
            "sub": room.value,
            "aud": _AUDIENCE,
            "scope": " ".join(sorted(GRANTS[room])),
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
        }
        return joserfc.jwt.encode({"alg": "HS256", "typ": _TYPE}, claims, self._key)

    def identity(self, credential: str) -> Identity | None:
        """The service that `credential` proves; None where it is none of these tokens or no longer."""
        if len(credential) > _MAX_BYTES:
            return None
        try:
            token = joserfc.jwt.decode(credential, self._key, algorithms=["HS256"])
        except (JoseError, ValueError, TypeError, RecursionError):
            return None
        claims, ends = token.claims, token.claims.get("exp")
        is_ours = token.header.get("typ") == _TYPE and claims.get("aud") == _AUDIENCE
        if not is_ours or not isinstance(ends, int) or self._clock() >= ends + LEEWAY_SECONDS:
            return None
        return Identity(scopes=frozenset(str(claims.get("scope", "")).split()), is_service=True)


class KnowsServices(Protocol):
    """One kind of token that proves a room."""

    def identity(self, credential: str) -> Identity | None:
        """The service that `credential` proves; None where it is none of these tokens. Raises Unauthenticated, Unavailable."""


class ServiceTokenVerifier:
    """A TokenVerifier of a room that stands by itself: services by their tokens, everybody else by `users`."""

    def __init__(self, services: Sequence[KnowsServices], users: TokenVerifier) -> None:
        self._services, self._users = services, users

    def verify(self, credential: str) -> Identity:
        known = (service.identity(credential) for service in self._services)
        return next(filter(None, known), None) or self._users.verify(credential)


class NoUsers:
    """The users of a room that people never call."""

    def verify(self, credential: str) -> Identity:  # noqa: ARG002 — the seam's.
        raise Unauthenticated("This service is for Cairn's other services only.")
