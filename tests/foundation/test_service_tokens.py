"""Service tokens: what proves a room, for how long, and what never does."""

import base64
import json
from dataclasses import dataclass

import joserfc.jwt
import pytest
from joserfc.jwk import OctKey

from foundation.identity import Identity, Scope
from foundation.ids import new_id
from foundation.problems import Unauthenticated
from foundation.service_tokens import (
    GRANTS,
    LEEWAY_SECONDS,
    LIFETIME_SECONDS,
    NoUsers,
    Room,
    ServiceTokens,
    ServiceTokenVerifier,
)
from tests.foundation.tokens import NOW, Clock, part

SECRET = b"s" * 32
USERS = {Scope.FILES, Scope.FILES_READ, Scope.ACCOUNT, Scope.ADMIN}


@dataclass
class OneUser:
    """Knows one user's token."""

    identity: Identity

    def verify(self, credential: str) -> Identity:
        if credential != "users":
            raise Unauthenticated
        return self.identity


@pytest.mark.parametrize("room", Room)
def test_a_token_proves_its_room_with_what_that_room_may_do(room: Room) -> None:
    identity = ServiceTokens(SECRET).identity(ServiceTokens(SECRET).mint(room))
    assert identity == Identity(scopes=frozenset(GRANTS[room]), is_service=True)


def test_no_room_may_do_what_users_do_and_only_the_worker_erases() -> None:
    assert all(not (scopes & USERS) for scopes in GRANTS.values())
    assert {room for room, scopes in GRANTS.items() if scopes & {Scope.ERASE, Scope.COLLECT}} == {Room.SYNC}


def test_a_token_ends() -> None:
    clock = Clock()
    tokens = ServiceTokens(SECRET, clock)
    token = tokens.mint(Room.CHUNKER)
    clock.seconds = NOW + LIFETIME_SECONDS + LEEWAY_SECONDS - 1
    assert tokens.identity(token) is not None
    clock.seconds += 1
    assert tokens.identity(token) is None


def test_another_secret_proves_nothing() -> None:
    assert ServiceTokens(b"o" * 32).identity(ServiceTokens(SECRET).mint(Room.SYNC)) is None


def test_a_token_that_was_changed_proves_nothing() -> None:
    tokens = ServiceTokens(SECRET)
    header, claims, signature = tokens.mint(Room.METADATA).split(".")
    more = json.loads(base64.urlsafe_b64decode(claims + "=="))
    more["scope"] = "blocks:erase"
    unsigned = part({"alg": "none", "typ": "cairn-service+jwt"})
    for forged in (
        f"{header}.{part(more)}.{signature}",
        f"{unsigned}.{claims}.",
        f"{unsigned}.{part(more)}.{signature}",
    ):
        assert tokens.identity(forged) is None


@pytest.mark.parametrize("wrong", ["", "x", "a.b.c", "cairn_" + "A" * 43, "é.é.é", "\ud800", "x" * 10**6], ids=range(7))
def test_what_is_no_token_proves_nothing(wrong: str) -> None:
    assert ServiceTokens(SECRET).identity(wrong) is None


def test_nothing_else_that_is_signed_with_the_secret_or_the_key_is_one() -> None:
    clock = Clock()
    tokens = ServiceTokens(SECRET, clock)
    claims = {"sub": "sync", "aud": "cairn:rooms", "scope": "blocks:erase", "exp": int(NOW) + 60}
    header = {"alg": "HS256", "typ": "cairn-service+jwt"}
    raw, key = OctKey.import_key(SECRET), tokens._key  # noqa: SLF001 — its holder is who must not be fooled.
    assert tokens.identity(joserfc.jwt.encode(header, claims, key)) is not None
    assert tokens.identity(joserfc.jwt.encode(header, claims, raw)) is None
    assert tokens.identity(joserfc.jwt.encode(header | {"typ": "JWT"}, claims, key)) is None
    for change in ({"aud": "else"}, {"exp": "tomorrow"}, {"exp": None}):
        assert tokens.identity(joserfc.jwt.encode(header, claims | change, key)) is None


def test_services_are_known_by_their_tokens_and_everybody_else_by_the_users_verifier() -> None:
    tokens, user = ServiceTokens(SECRET), Identity(user=new_id(), scopes=frozenset({Scope.FILES}))
    verifier = ServiceTokenVerifier([tokens], OneUser(user))
    assert verifier.verify(tokens.mint(Room.CHUNKER)).is_service
    assert verifier.verify("users") == user
    with pytest.raises(Unauthenticated):
        verifier.verify(ServiceTokens(b"o" * 32).mint(Room.CHUNKER))
    with pytest.raises(Unauthenticated, match="other services only"):
        ServiceTokenVerifier([tokens], NoUsers()).verify("users")
