"""An issuer for the tests: keys, tokens right and wrong, and a source of keys whose fetches are counted."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import joserfc.jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from foundation.problems import Unavailable

ISSUER = "https://issuer.example"
AUDIENCE = "https://cairn.example"
NOW = 1_790_000_000.0


def claims(**changes: Any) -> dict[str, Any]:
    """Claims that hold at NOW, with `changes`; None removes one."""
    right = {"iss": ISSUER, "aud": AUDIENCE, "sub": "auth0|ada", "exp": int(NOW) + 600, "iat": int(NOW)}
    return {name: value for name, value in (right | changes).items() if value is not None}


def signed(key: ECKey | RSAKey, body: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
    algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length = 100_000
    head = {"alg": algorithm, "typ": "JWT", "kid": key.kid} | dict(header or {})
    return joserfc.jwt.encode({k: v for k, v in head.items() if v is not None}, dict(body), key, registry=registry)


def part(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def jwks(*keys: ECKey | RSAKey) -> bytes:
    return json.dumps({"keys": [{**key.as_dict(private=False), "kid": key.kid} for key in keys]}).encode()


def ec_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid}, private=True)


class Clock:
    """Seconds that stand still until they are moved."""

    def __init__(self, seconds: float = NOW) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


class Wellspring:
    """What a JWKS address answers, and how often it was asked. `answer` None: the issuer is down."""

    def __init__(self, answer: bytes | None, *, before: Callable[[], None] = lambda: None) -> None:
        self.answer, self.fetches, self._before = answer, 0, before

    def __call__(self) -> bytes:
        self.fetches += 1
        self._before()
        if self.answer is None:
            raise Unavailable
        return self.answer
