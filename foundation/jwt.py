"""JSON web tokens of trusted issuers, verified where they arrive (RFC 7519, RFC 8725; ALGORITHMS.md 10)."""

import base64
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import joserfc.jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from foundation.identity import Identity, Scope
from foundation.jwks import KeySource, PublicKey
from foundation.problems import Unauthenticated

ALGORITHMS = ("ES256", "RS256")
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105 — RFC 9068, 2.1: what we sign for another use is never one (RFC 8725, 3.11).
LEEWAY_SECONDS = 60
MAX_TOKEN_BYTES = 32 * 1024
MAX_SUBJECT_CHARACTERS = 255
MAX_HEADER_BYTES = 4096
_FAR_SECONDS = 10**12  # Beyond what a calendar holds.
# A token must not bring its own key, nor say where one is (RFC 8725, 3.10), nor change how it is read.
REFUSED_HEADERS = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64"})
# What an outside issuer may grant: never the administration of this installation, which its own users hold.
OUTSIDE_SCOPES = frozenset({Scope.FILES, Scope.FILES_READ, Scope.ACCOUNT})
# What its tokens carry that name no scope of ours. Not `account`: personal tokens would outlive what the issuer gave.
UNNAMED_SCOPES = frozenset({Scope.FILES, Scope.FILES_READ})
# Signed by the same keys and no access tokens: ID tokens, logout tokens, and those bound to a key that is not shown (RFC 9449, 8705).
_NO_ACCESS_TOKEN = frozenset({"nonce", "at_hash", "c_hash", "events", "cnf"})
_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer whose tokens count. `is_own`: subjects are our users' ids, and scopes are what the token says."""

    name: str  # exactly as tokens say it in `iss`
    audience: str
    keys: KeySource
    is_own: bool = False
    token_type: str = ACCESS_TOKEN_TYPE  # in the header of its tokens, if they are our own


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """What a token says once its signature and claims hold."""

    identity: Identity
    ends_at: datetime  # with the leeway
    is_own: bool
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)


class JwtVerifier:
    """A TokenVerifier of JWTs alone. It asks nobody: a token that was revoked is good until it ends."""

    def __init__(self, issuers: Sequence[TrustedIssuer], clock: Callable[[], float] = time.time) -> None:
        """`clock`: seconds since 1970."""
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._clock = clock
        self._registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        # Its 512 bytes would hide from the log, and from the tests, which rule of ours a forged header breaks.
        self._registry.max_header_length = MAX_HEADER_BYTES

    def verify(self, credential: str) -> Identity:
        return self.verified(credential).identity

    def verified(self, credential: str) -> VerifiedToken:
        """What an access token says. Raises Unauthenticated, or Unavailable while its issuer's keys are not to be had."""
        header, issuer, claims = self._checked(credential)
        if issuer.is_own:
            identity = _own(checked_subject(claims), claims)
        else:
            _refuse_other_kinds(header, claims)
            identity = outside_identity(issuer.name, claims)
        return VerifiedToken(identity, self._ends(claims), issuer.is_own, claims)

    def claims(self, credential: str) -> Mapping[str, Any]:
        """What a token of any kind says, once it is proved to be an issuer's, for its audience, of now, and about somebody.

        Raises as `verified`.
        """
        _, claims, _ = self.proved(credential)
        checked_subject(claims)
        return claims

    def _checked(self, credential: str) -> tuple[Mapping[str, Any], TrustedIssuer, Mapping[str, Any]]:
        header, unproved = _opened(credential)
        name = unproved.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise Unauthenticated("The token is of an issuer that is not trusted here.")
        if issuer.is_own and header.get("typ") != issuer.token_type:
            raise Unauthenticated("This is no access token.")
        claims = self._proved(credential, _key(header, issuer.keys))
        self._ends(claims)
        _check_audience(claims.get("aud"), issuer.audience)
        return header, issuer, claims

    def proved(self, credential: str) -> tuple[TrustedIssuer, Mapping[str, Any], datetime]:
        """Who says what until when, its subject whatever it is. Raises as `verified`."""
        _, issuer, claims = self._checked(credential)
        return issuer, claims, self._ends(claims)

    def _proved(self, credential: str, key: PublicKey) -> Mapping[str, Any]:
        try:
            return joserfc.jwt.decode(credential, key.key, algorithms=[key.algorithm], registry=self._registry).claims
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise Unauthenticated("The token's signature does not hold.") from error

    def _ends(self, claims: Mapping[str, Any]) -> datetime:
        """When the token ends. Raises Unauthenticated if that is past, or its beginning to come."""
        now, ends = self._clock(), _seconds(claims, "exp")
        if ends is None or now >= ends + LEEWAY_SECONDS:
            raise Unauthenticated("The token has expired.")
        begins = _seconds(claims, "nbf")
        if begins is not None and now < begins - LEEWAY_SECONDS:
            raise Unauthenticated("The token is not valid yet.")
        # No calendar reaches as far as a number may.
        return datetime.fromtimestamp(now, UTC) + timedelta(seconds=min(ends + LEEWAY_SECONDS - now, 366 * 86400))


def _opened(credential: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, of which nothing is proved yet."""
    parts = credential.split(".")
    if len(credential) > MAX_TOKEN_BYTES or len(parts) != 3:
        raise Unauthenticated("This is not a token.")
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except (ValueError, RecursionError) as error:
        raise Unauthenticated("This is not a token.") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise Unauthenticated("This is not a token.")
    if REFUSED_HEADERS & header.keys():
        raise Unauthenticated("A token must not bring its own key.")
    return header, claims


def _key(header: Mapping[str, Any], keys: KeySource) -> PublicKey:
    kid = header.get("kid")
    if header.get("alg") not in ALGORITHMS or not isinstance(kid, str):
        raise Unauthenticated("A token is signed with ES256 or RS256, and names its key.")
    key = keys.keys().get(kid) or keys.refetch().get(kid)
    if key is None or key.algorithm != header["alg"]:
        raise Unauthenticated("The token's key is not one of its issuer's.")
    return key


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate. NaN compares false with everything, so it would never expire: it is refused like text."""
    value = claims.get(name)
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (isinstance(value, float) and not math.isfinite(value)):
        raise Unauthenticated(f"The token's {name} is not a time.")
    return float(max(-_FAR_SECONDS, min(value, _FAR_SECONDS)))


def _check_audience(audience: object, wanted: str) -> None:
    audiences = audience if isinstance(audience, list) else [audience]
    if wanted not in audiences:
        raise Unauthenticated("The token is meant for somebody else.")


def checked_subject(claims: Mapping[str, Any]) -> str:
    """Raises Unauthenticated for a subject that cannot be."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT_CHARACTERS:
        raise Unauthenticated(f"The token's subject must have 1 to {MAX_SUBJECT_CHARACTERS} characters.")
    return subject


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    scope = claims.get("scope")
    return frozenset(scope.split()) if isinstance(scope, str) else frozenset()


def _own(subject: str, claims: Mapping[str, Any]) -> Identity:
    try:
        device = claims.get("device")
        return Identity(UUID(subject), UUID(device) if device is not None else None, _scopes(claims))
    except (ValueError, AttributeError, TypeError) as error:
        raise Unauthenticated("The token's subject or device is not an id.") from error


def outside_user(issuer: str, subject: str) -> UUID:
    """The user id of an outside subject, the same in every service without a look-up (DESIGN.md 4)."""
    return uuid5(uuid5(NAMESPACE_URL, issuer), subject)


def outside_machine(issuer: str, client: str) -> UUID:
    """The user id of a program that acts for itself: never a person's, whatever subjects the issuer gives (RFC 9068, section 5)."""
    return uuid5(uuid5(uuid5(NAMESPACE_URL, issuer), "client credentials"), client)


def outside_identity(issuer: str, claims: Mapping[str, Any]) -> Identity:
    """Whom an outside issuer's access token speaks for. Where it grants scopes of ours, they count, else UNNAMED_SCOPES.

    A program that acts for itself has files of its own, and no account. Raises Unauthenticated for a subject that cannot be.
    """
    subject = checked_subject(claims)
    client = str(claims.get("azp") or claims.get("client_id") or "")
    named = _scopes(claims) & {scope.value for scope in Scope}
    scopes = frozenset(named & OUTSIDE_SCOPES if named else UNNAMED_SCOPES)
    # Auth0 writes `@clients` behind the client's id, and says so in `gty`.
    if claims.get("gty") == "client-credentials" or (client and subject == client):
        machine = outside_machine(issuer, subject)
        return Identity(machine, uuid5(machine, client), scopes - {Scope.ACCOUNT})
    user = outside_user(issuer, subject)
    return Identity(user, uuid5(user, client), scopes)


def _refuse_other_kinds(header: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    """What else an issuer signs for the same audience is no access token (RFC 8725, 3.11; RFC 9068, section 4)."""
    kind = header.get("typ", "JWT")
    is_access = isinstance(kind, str) and kind.lower() in _TYPES
    # Keycloak writes the kind among the claims.
    if not is_access or claims.get("typ", "Bearer") != "Bearer" or _NO_ACCESS_TOKEN & claims.keys():
        raise Unauthenticated("This is no access token.")
