"""Digests of a whole body that the client promised: Repr-Digest and Content-Digest (RFC 9530), Content-MD5 (RFC 1864)."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Protocol

from chunker.errors import DigestMismatch
from foundation.problems import Malformed

_MEMBER = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):\s*(?:,|$)")
_ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512"}
_LENGTHS = {"sha-256": 32, "sha-512": 64, "md5": 16}


class _Hash(Protocol):
    def update(self, data: bytes | bytearray, /) -> None: ...
    def hexdigest(self) -> str: ...


class PromisedDigests:
    """What the headers promised, and the hashes of what really came. A hash that nobody asked for costs nothing."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        """Raises Malformed for a header that cannot be read; algorithms that are unknown here are passed over."""
        self._promised: list[tuple[str, str, str]] = []  # header, algorithm, hex
        for header in ("Repr-Digest", "Content-Digest"):
            self._promised += [(header, *member) for member in _members(header, headers.get(header.lower()))]
        if (md5 := headers.get("content-md5")) is not None:
            self._promised.append(("Content-MD5", "md5", _digest("Content-MD5", "md5", md5.strip())))
        self._hashes: dict[str, _Hash] = {}
        for _, algorithm, _ in self._promised:
            self._hashes.setdefault(algorithm, _new_hash(algorithm))

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def update(self, data: bytes | bytearray) -> None:
        """The next bytes of the body, in order."""
        for one in self._hashes.values():
            one.update(data)

    def verified(self) -> dict[str, str]:
        """Algorithm → hex of what came. Raises DigestMismatch if it is not what was promised."""
        found = {algorithm: one.hexdigest() for algorithm, one in self._hashes.items()}
        for header, algorithm, promised in self._promised:
            if found[algorithm] != promised:
                raise DigestMismatch(
                    f"{header} promised {algorithm} {promised}, the body has {found[algorithm]}.", header=header
                )
        return found


def _new_hash(algorithm: str) -> _Hash:
    if algorithm == "md5":
        return hashlib.md5(usedforsecurity=False)
    return hashlib.new(_ALGORITHMS[algorithm])


def _members(header: str, text: str | None) -> list[tuple[str, str]]:
    found, position = [], 0
    while text and position < len(text):
        member = _MEMBER.match(text, position)
        if not member:
            raise Malformed(f"{header} is written `sha-256=:BASE64:` (RFC 9530).")
        if member[1] in _ALGORITHMS:
            found.append((member[1], _digest(header, member[1], member[2])))
        position = member.end()
    return found


def _digest(header: str, algorithm: str, text: str) -> str:
    try:
        digest = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Malformed(f"{header} is not base64.") from error
    if len(digest) != _LENGTHS[algorithm]:
        raise Malformed(f"{header}: {algorithm} has {_LENGTHS[algorithm]} bytes.")
    return digest.hex()


def repr_digest(digests: Mapping[str, str]) -> str | None:
    """The Repr-Digest header of a stored content, if its SHA-256 is known."""
    if (sha256 := digests.get("sha-256")) is None:
        return None
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
