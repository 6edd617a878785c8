"""A certificate that the front door makes by itself: good for a first look and for tests, warned of by every browser."""

import ipaddress
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# Apple's devices refuse longer ones, even where they are told to trust them.
_DAYS = 820


def make_certificate(certificate: Path, key: Path, names: Iterable[str]) -> None:
    """One for `names`, host names or addresses, written with its key, mode 600. One that is there and lasts a month more is kept."""
    if certificate.exists() and key.exists() and _lasts(certificate):
        return
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Cairn, made by itself")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general(one) for one in dict.fromkeys(names)]), critical=False)
        # Its own authority: who trusts this file trusts this one certificate, and nothing that it could sign.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(secret, hashes.SHA256())
    )
    _write(key, secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    _write(certificate, made.public_bytes(serialization.Encoding.PEM))


def _lasts(certificate: Path) -> bool:
    read = x509.load_pem_x509_certificate(certificate.read_bytes())
    return read.not_valid_after_utc > datetime.now(UTC) + timedelta(days=30)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return x509.DNSName(name)


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        output.write(content)
    temporary.replace(file)
