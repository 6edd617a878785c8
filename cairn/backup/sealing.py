"""What a backup's objects are called and how they are closed: as they are, or under a key."""

import hashlib
import hmac
import os
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cairn.errors import BackupDamaged
from foundation.blocks import BlockId

_NONCE_BYTES, _TAG_BYTES = 12, 16


class Sealing(Protocol):
    """`overhead`: by how many bytes a closed object is longer."""

    overhead: int

    def name(self, block: BlockId) -> str:
        """64 hex digits, the same for the same block."""

    def closed(self, key: str, data: bytes) -> bytes: ...

    def opened(self, key: str, data: bytes) -> bytes:
        """Raises BackupDamaged."""


class Open:
    """Nothing is encrypted: a block lies under its SHA-256."""

    overhead = 0

    def name(self, block: BlockId) -> str:
        return str(block)

    def closed(self, key: str, data: bytes) -> bytes:
        del key
        return data

    def opened(self, key: str, data: bytes) -> bytes:
        del key
        return data


class Sealed:
    """AES-256-GCM, each object bound to its key in the backup; names tell nothing of what lies under them."""

    overhead = _NONCE_BYTES + _TAG_BYTES

    def __init__(self, secret: bytes, salt: bytes) -> None:
        self._cipher = AESGCM(_derived(secret, salt, b"cairn backup 1 objects"))
        self._names = _derived(secret, salt, b"cairn backup 1 names")

    def name(self, block: BlockId) -> str:
        return hmac.new(self._names, block, hashlib.sha256).hexdigest()

    def closed(self, key: str, data: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, key.encode())

    def opened(self, key: str, data: bytes) -> bytes:
        try:
            return self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], key.encode())
        except (InvalidTag, ValueError) as error:
            raise BackupDamaged(f"{key} of the backup is not what was written there.") from error


def _derived(secret: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=purpose).derive(secret)
