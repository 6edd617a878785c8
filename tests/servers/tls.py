"""`pytest --through=tls`: tests reach their servers by the product's front door and TLS, with one certificate of the whole run.

Clients trust it, and those of Python nothing else. What a test starts has it in its environment; Chromium knows it by the hash of its key.
"""

import base64
import hashlib
import os
import shutil
import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from nginx import make_certificate

_FOLDER = "TESTS_TLS_FOLDER"
# Of OpenSSL and all that stands on it, of Playwright's own requests, of Schemathesis's.
_TRUST = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")
_NAMES = ("127.0.0.1", "localhost", "::1")


def go_through_tls(folder: Path) -> None:
    """From now on, in this process and those that it starts. The certificate lies in `folder`."""
    certificate, key = _files(folder)
    make_certificate(certificate, key, _NAMES)
    os.environ |= {_FOLDER: str(folder)} | dict.fromkeys(_TRUST, str(certificate))


def is_through_tls() -> bool:
    return _FOLDER in os.environ


def certificate_in(folder: Path) -> tuple[Path, Path]:
    """A front door's certificate and key, in its own `folder`: that of the run where there is one, else one of its own."""
    certificate, key = _files(folder)
    if is_through_tls():
        folder.mkdir(parents=True, exist_ok=True)
        for file in _files(Path(os.environ[_FOLDER])):
            shutil.copy(file, folder / file.name)
    make_certificate(certificate, key, _NAMES)
    return certificate, key


def trusting(certificate: str | Path) -> ssl.SSLContext:
    """What a client needs who trusts this certificate alone."""
    return ssl.create_default_context(cafile=certificate)


def chromium_switches() -> Sequence[str]:
    """By which a browser takes the run's certificate as any that it trusts: its cache keeps what came by it."""
    if not is_through_tls():
        return []
    certificate, _key = _files(Path(os.environ[_FOLDER]))
    public = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    name = hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return [f"--ignore-certificate-errors-spki-list={base64.b64encode(name).decode()}"]


def _files(folder: Path) -> tuple[Path, Path]:
    return folder / "certificate.pem", folder / "key.pem"
