"""The public keys of an issuer (RFC 7517): read from a JWKS, kept while the issuer is down, fetched again with restraint."""

import base64
import binascii
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from foundation.problems import Unavailable

MIN_RSA_BITS = 2048
MAX_KEYS = 100
REFETCH_SECONDS = 60.0  # Unknown kids cause one fetch in this time, however many there are.
MAX_AGE_SECONDS = 600.0  # A key that the issuer took back is trusted for so long while the issuer answers.
RETRY_SECONDS = 2.0  # While there is no key at all.


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key, good for one algorithm: a token's header cannot choose how a key is used."""

    kid: str
    algorithm: str
    key: ECKey | RSAKey


class KeySource(Protocol):
    """Where the keys of one issuer come from. Thread-safe."""

    def keys(self) -> Mapping[str, PublicKey]:
        """The keys known now, by kid. Raises Unavailable if there never were any to be had."""

    def refetch(self) -> Mapping[str, PublicKey]:
        """Look for new keys, because a token names one that is not known; as often as it may, else the known ones.

        Raises Unavailable if it could not look: then nothing follows from a key that is not there.
        """


def public_keys(document: object) -> dict[str, PublicKey]:
    """The keys of a JWKS that verify ES256 or RS256; others, and those without a kid, are passed over. ValueError for garbage."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise ValueError("not a JWKS")
    found = [key for key in map(_public_key, keys) if key is not None]
    if not found:
        raise ValueError("a JWKS without a key that could verify anything here")
    return {key.kid: key for key in found}


def _public_key(entry: object) -> PublicKey | None:
    if not isinstance(entry, dict) or not isinstance(kid := entry.get("kid"), str):
        return None
    algorithm = _algorithm(entry)
    if algorithm is None or entry.get("alg", algorithm) != algorithm or entry.get("use", "sig") != "sig":
        return None
    # Only what a public key is made of: an issuer that publishes private parts by mistake must not make us hold them.
    public = {name: entry[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in entry}
    try:
        key = ECKey.import_key(public) if algorithm == "ES256" else RSAKey.import_key(public)
        key.raw_value  # noqa: B018 — decoding happens here: a point that is not on the curve is found now.
    except (JoseError, ValueError, TypeError):
        return None
    return PublicKey(kid, algorithm, key)


def _algorithm(entry: Mapping[str, Any]) -> str | None:
    if entry.get("kty") == "EC" and entry.get("crv") == "P-256":
        return "ES256"
    if entry.get("kty") == "RSA" and _bits(entry.get("n")) >= MIN_RSA_BITS:
        return "RS256"
    return None


def _bits(number: object) -> int:
    try:
        text = str(number)
        return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))).bit_length()
    except (binascii.Error, ValueError):
        return 0


class FetchedKeys:
    """A KeySource over HTTP or whatever `fetch` reads. One thread fetches, the others go on with the keys that are there.

    All unknown kids share one memory: until the next fetch is due, each kid that is not there is known to be unknown.
    """

    def __init__(self, fetch: Callable[[], bytes], clock: Callable[[], float] = time.monotonic) -> None:
        """`fetch` returns a JWKS or raises Unavailable; `clock` counts seconds and never goes back."""
        self._fetch, self._clock = fetch, clock
        self._fetching = threading.Lock()
        self._keys: Mapping[str, PublicKey] = {}
        self._tried_at = float("-inf")
        self._failed: Unavailable | None = None

    def keys(self) -> Mapping[str, PublicKey]:
        if not self._keys:
            with self._fetching:  # Nobody can go on without keys: all wait for the first.
                if not self._keys:
                    self._look(RETRY_SECONDS)
            if not self._keys:
                raise Unavailable("The issuer's keys cannot be fetched at the moment.") from self._failed
        elif self._clock() - self._tried_at >= MAX_AGE_SECONDS and self._fetching.acquire(blocking=False):
            try:
                self._look(MAX_AGE_SECONDS)
            finally:
                self._fetching.release()
        return self._keys

    def refetch(self) -> Mapping[str, PublicKey]:
        with self._fetching:
            self._look(REFETCH_SECONDS)
            if self._failed:
                raise Unavailable("The issuer's keys cannot be fetched at the moment.") from self._failed
            return self._keys

    def _look(self, pause_seconds: float) -> None:
        """Fetch, if the last try is `pause_seconds` ago. Garbage and failures keep the keys that were there."""
        now = self._clock()
        if now - self._tried_at < pause_seconds:
            return
        self._tried_at = now
        try:
            self._keys = public_keys(json.loads(self._fetch()))
            self._failed = None
        except Unavailable as error:
            self._failed = error
        except (ValueError, RecursionError) as error:
            self._failed = Unavailable("The issuer's keys cannot be read.")
            self._failed.__cause__ = error
