"""The keys that this installation signs with: ES256, made on first need, private parts sealed under CAIRN_SECRET."""

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import ECKey
from sqlalchemy import Connection, insert, or_, select, update

from foundation.database import Database
from foundation.jwks import PublicKey, public_keys
from identity.clock import Clock
from identity.errors import SecretMismatch
from identity.schema import signing_keys

NONCE_BYTES = 12
REREAD = timedelta(seconds=60)  # Another process may have rotated them.
UNKNOWN_REREAD = timedelta(seconds=5)  # Strangers can invent kids: each query is for all of them of so long a time.
PUBLISHED_AFTER_RETIREMENT = timedelta(hours=1)  # Tokens live 10 minutes, caches of JWKS about as long.


class Seal:
    """AES-256-GCM under a key derived from the installation's secret for one purpose; what is sealed is bound to its name."""

    def __init__(self, secret: bytes, purpose: bytes = b"cairn identity signing keys 1") -> None:
        self._cipher = AESGCM(HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret))

    def closed(self, name: str, data: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, name.encode())

    def opened(self, name: str, sealed: bytes) -> bytes:
        """Raises SecretMismatch if another secret closed it, or somebody changed it."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError) as error:
            raise SecretMismatch("CAIRN_SECRET is not the one that this database was made with.") from error


@dataclass(frozen=True, slots=True)
class _Known:
    signing: ECKey
    public: Mapping[str, PublicKey]
    read_at: datetime


class SigningKeys:
    """The installation's signing keys, and a KeySource of their public halves. Thread-safe."""

    def __init__(self, database: Database, secret: bytes, clock: Clock) -> None:
        """`secret`: at least 32 bytes."""
        if len(secret) < 32:
            raise ValueError("CAIRN_SECRET must have at least 32 bytes")
        self._database, self._seal, self._clock = database, Seal(secret), clock
        self._lock = threading.Lock()
        self._known: _Known | None = None

    def current(self) -> ECKey:
        """The private key to sign with now, made if there is none. Raises SecretMismatch."""
        return self._read().signing

    def keys(self) -> Mapping[str, PublicKey]:
        return self._read().public

    def refetch(self) -> Mapping[str, PublicKey]:
        return self._read(UNKNOWN_REREAD).public

    def jwks(self) -> dict[str, object]:
        """The JWKS document (RFC 7517): public halves only."""
        keys = self.keys().values()
        return {
            "keys": [{**key.key.as_dict(private=False), "kid": key.kid, "use": "sig", "alg": "ES256"} for key in keys]
        }

    def rotate(self) -> None:
        """Sign with a new key from now on. Other processes follow within REREAD, and the old one is published for a while."""

        def body(connection: Connection) -> None:
            now = self._clock()
            retired = update(signing_keys).where(signing_keys.c.retired_at.is_(None)).values(retired_at=now)
            connection.execute(retired)
            self._make(connection, now)

        with self._lock:
            self._database.write(body)
            self._known = None

    def _read(self, age: timedelta = REREAD) -> _Known:
        with self._lock:
            now = self._clock()
            if self._known is None or not timedelta() <= now - self._known.read_at < age:
                self._known = self._database.read(self._load) or self._database.write(self._load_or_make)
            return self._known

    def _load(self, connection: Connection) -> _Known | None:
        now = self._clock()
        table = signing_keys.c
        rows = connection.execute(
            select(table.kid, table.sealed, table.retired_at)
            .where(or_(table.retired_at.is_(None), table.retired_at > now - PUBLISHED_AFTER_RETIREMENT))
            .order_by(table.created_at, table.kid)
        ).all()
        private = {row.kid: ECKey.import_key(json.loads(self._seal.opened(row.kid, row.sealed))) for row in rows}
        live = [row.kid for row in rows if row.retired_at is None]
        if not live:
            return None
        public = public_keys({"keys": [key.as_dict(private=False) for key in private.values()]})
        return _Known(private[live[-1]], public, now)

    def _load_or_make(self, connection: Connection) -> _Known:
        known = self._load(connection)
        if known is None:
            self._make(connection, self._clock())
            known = self._load(connection)
        assert known is not None  # noqa: S101 — the same transaction has just made it.
        return known

    def _make(self, connection: Connection, now: datetime) -> None:
        key = ECKey.generate_key("P-256", private=True)
        kid = key.thumbprint()
        plain = json.dumps(key.as_dict(private=True) | {"kid": kid}).encode()
        connection.execute(insert(signing_keys).values(kid=kid, sealed=self._seal.closed(kid, plain), created_at=now))
