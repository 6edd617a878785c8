"""ID tokens: who signed in, when and for which client (OpenID Connect Core, 2)."""

import joserfc.jwt
from authlib.oidc.core.util import create_half_hash

from identity.clients import EMAIL
from identity.clock import Clock
from identity.issuer import LIFETIME
from identity.keys import SigningKeys
from identity.model import Access, User


def person_claims(user: User, scopes: frozenset[str]) -> dict[str, object]:
    """What a client with `scopes` may know of `user`. Nobody has looked whether mail to the address arrives.

    Who signs in elsewhere may have a name there that is no address.
    """
    claims: dict[str, object] = {"sub": str(user.id)}
    return claims | {"email": user.email, "email_verified": False} if EMAIL in scopes and "@" in user.email else claims


class IdTokens:
    def __init__(self, public_url: str, keys: SigningKeys, clock: Clock) -> None:
        self._url, self._keys, self._clock = public_url, keys, clock

    def mint(self, access: Access, user: User, access_token: str) -> str:
        """Of `user`, for the client that `access` lets in; `access_token` is the one that goes with it."""
        consent, key, now = access.consent, self._keys.current(), int(self._clock().timestamp())
        claims = person_claims(user, consent.scopes) | {
            "iss": self._url,
            "aud": consent.client,
            "azp": consent.client,
            "iat": now,
            "exp": now + int(LIFETIME.total_seconds()),
            "auth_time": int(consent.authenticated_at.timestamp()),
            "at_hash": create_half_hash(access_token, "ES256").decode(),
        }
        if access.nonce is not None:
            claims["nonce"] = access.nonce
        header = {"alg": "ES256", "typ": "JWT", "kid": key.kid}
        return joserfc.jwt.encode(header, claims, key, algorithms=["ES256"])
