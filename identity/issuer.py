"""Access tokens of our own: JWTs of ten minutes that every service verifies by itself (RFC 9068)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import joserfc.jwt

from foundation.identity import Identity
from foundation.jwt import ACCESS_TOKEN_TYPE
from foundation.problems import Forbidden
from foundation.room_tokens import ROOM_TOKEN_TYPE, ROOMS_AUDIENCE
from identity.clock import Clock
from identity.keys import SigningKeys

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AccessToken:
    text: str = field(repr=False)
    expires_in_seconds: int
    scopes: frozenset[str]


class Issuer:
    """Mints tokens for people who have proved who they are."""

    def __init__(self, public_url: str, keys: SigningKeys, clock: Clock) -> None:
        """`public_url` is the issuer and the audience, to the letter."""
        self._url, self._keys, self._clock = public_url, keys, clock

    def mint(self, identity: Identity, scopes: frozenset[str] | None = None, client: str | None = None) -> AccessToken:
        """A token that speaks for `identity` from its device, with `scopes` of its own, all of them if None. `client`: who asked for it.

        Raises Forbidden for scopes that it does not have, and for nobody and services.
        """
        granted = identity.scopes if scopes is None else scopes
        if identity.user is None or not granted <= identity.scopes:
            raise Forbidden("A token cannot carry more than the credential that it is made for.")
        device = str(identity.device) if identity.device else None
        return self._signed({"sub": str(identity.user), "device": device, "client_id": client}, granted)

    def mint_for_client(self, client: str, scopes: frozenset[str]) -> AccessToken:
        """A token of a program that speaks for itself (RFC 6749, 4.4): of its own account and device, which have its id."""
        return self._signed({"sub": client, "device": client, "client_id": client}, scopes)

    def mint_for_room(self, client: str, scopes: frozenset[str]) -> AccessToken:
        """A token of one of Cairn's own services, for the others alone."""
        who = {"sub": client, "client_id": client, "aud": ROOMS_AUDIENCE}
        return self._signed(who, scopes, ROOM_TOKEN_TYPE)

    def _signed(
        self, who: Mapping[str, str | None], granted: frozenset[str], kind: str = ACCESS_TOKEN_TYPE
    ) -> AccessToken:
        now = int(self._clock().timestamp())
        claims: dict[str, str | int | None] = {
            "iss": self._url,
            "aud": self._url,
            **who,
            "scope": " ".join(sorted(granted)),
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + int(LIFETIME.total_seconds()),
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self._keys.current()
        header = {"alg": "ES256", "typ": kind, "kid": key.kid}
        text = joserfc.jwt.encode(header, claims, key, algorithms=["ES256"])
        return AccessToken(text, int(LIFETIME.total_seconds()), granted)
