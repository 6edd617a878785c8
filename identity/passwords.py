"""Passwords: argon2id (RFC 9106), the same time for known and unknown people."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from identity.errors import PasswordInvalid

MIN_CHARACTERS = 8
MAX_CHARACTERS = 1024

# OWASP's first choice with one lane: 48 ms here. RFC 9106's 64 MiB x 3 would take 150 ms and a third of the server's memory.
TIME_COST, MEMORY_KIB, LANES = 1, 46 * 1024, 1


def checked_password(password: str, field: str = "password") -> str:
    """`password` in NFC. Raises PasswordInvalid, of `field`, for what may not become one.

    NFC, as RFC 8265 (OpaqueString) has it: macOS and Windows type the same umlaut differently. NFKC would go further and
    make different passwords equal.
    """
    password = _normal(password)
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        raise PasswordInvalid(f"It needs {MIN_CHARACTERS} to {MAX_CHARACTERS} characters.", field=field)
    if "\0" in password or password.isspace():
        raise PasswordInvalid("It holds a NUL character, or nothing but spaces.", field=field)
    if any(unicodedata.category(character) == "Cs" for character in password):
        raise PasswordInvalid("It holds half a character.", field=field)
    return password


def _normal(password: str) -> str:
    # Normalising is quadratic for long runs of combining marks: too long is too long in any form.
    return unicodedata.normalize("NFC", password) if len(password) <= 2 * MAX_CHARACTERS else password


class Passwords:
    """Hashes and verifies, in the caller's thread: tens of milliseconds of CPU and MEMORY_KIB, never on the event loop."""

    def __init__(self, time_cost: int = TIME_COST, memory_kib: int = MEMORY_KIB) -> None:
        self._hasher = PasswordHasher(time_cost, memory_kib, LANES, hash_len=32, salt_len=16, type=Type.ID)
        # Verified in place of the hash of somebody who does not exist.
        self._nobodys = self._hasher.hash("nobody's password")

    def hashed(self, password: str, field: str = "password") -> str:
        """The hash to keep, with its salt and parameters. Raises PasswordInvalid, of `field`."""
        return self._hasher.hash(checked_password(password, field))

    def is_right(self, password: str, kept: str | None) -> bool:
        """Whether `password` gave the hash `kept`. None (nobody has this address) takes as long and is never right."""
        try:
            proper = checked_password(password)
        except PasswordInvalid:
            return False  # It says nothing of anybody: no account can have such a password.
        try:
            self._hasher.verify(kept or self._nobodys, proper)
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether `kept` was made with other parameters than today's, and should be made again."""
        return self._hasher.check_needs_rehash(kept)
