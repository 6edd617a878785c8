"""What `cairn login` keeps: `credentials.json`, readable by its owner only, changed by one process at a time."""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from cairn.errors import CredentialsInUse, CredentialsNotKept
from foundation.problems import Unauthenticated

if TYPE_CHECKING:
    from client import TokenSource

# More than any token needs: what is reserved before a token is renewed.
ROOM_BYTES = 64 * 1024
LOCK_SECONDS = 60.0
_TEMPORARY = ".credentials-"


@dataclass(frozen=True, slots=True)
class Renewal:
    """How an access token is renewed. `expires_at` in seconds since 1970, of the token that is kept beside it."""

    refresh_token: str = field(repr=False)
    expires_at: float
    issuer: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """`renewal` None: a personal token, which lasts as long as its owner has said on the server."""

    url: str
    token: str = field(repr=False)
    user_id: str | None = None
    renewal: Renewal | None = None


def credentials_path(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_CONFIG_HOME")
    folder = Path(base) if base and Path(base).is_absolute() else Path.home() / ".config"
    return folder / "cairn" / "credentials.json"


def load_credentials(environment: Mapping[str, str]) -> Credentials:
    """CAIRN_URL and CAIRN_TOKEN if they are set, else what was kept. Raises Unauthenticated if there is neither.

    CAIRN_URL alone never goes with the kept token: that belongs to another server.
    """
    url, token = environment.get("CAIRN_URL"), environment.get("CAIRN_TOKEN")
    if url and token:
        return Credentials(url, token)
    kept = kept_credentials(credentials_path(environment))
    if kept is None or (url and url.rstrip("/") != kept.url):
        raise Unauthenticated(f"not signed in{f' at {url}' if url else ''}: run `cairn login URL`")
    return Credentials(kept.url, token) if token else kept


def signed_in_at(environment: Mapping[str, str]) -> tuple[str, "str | TokenSource"]:
    """The server's address, and what shows who asks there. Raises Unauthenticated."""
    credentials = load_credentials(environment)
    if credentials.renewal is None:
        return credentials.url, credentials.token
    from cairn.kept_tokens import KeptTokens

    return credentials.url, KeptTokens(credentials_path(environment), credentials)


def kept_credentials(path: Path) -> Credentials | None:
    """None if nothing is kept. Raises Unauthenticated if it cannot be read."""
    try:
        document = json.loads(path.read_text())
        return Credentials(
            document["url"], document["token"], document.get("user_id"), _renewal_from(document.get("renewal"))
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unauthenticated(f"{path} cannot be read ({error}): run `cairn login URL`") from None


def _renewal_from(document: Mapping[str, Any] | None) -> Renewal | None:
    if document is None:
        return None
    refresh_token, expires_at = document["refresh_token"], float(document["expires_at"])
    return Renewal(refresh_token, expires_at, document["issuer"], document["client_id"])


def keep_credentials(path: Path, credentials: Credentials) -> None:
    """Replace what is kept, in one step, durable on return. To be called in `only_one`. Raises CredentialsNotKept."""
    with room_for_credentials(path) as keep:
        keep(credentials)


@contextmanager
def room_for_credentials(path: Path) -> Iterator[Callable[[Credentials], None]]:
    """Room on the disk for what is yet to come; what it gives then keeps that, as keep_credentials does.

    A token that was renewed and found no room would be lost, while the one before it has ended.
    """
    try:
        _sweep(path)
        descriptor, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)  # Made with mode 600.
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                _write(file, b" " * ROOM_BYTES)
                yield lambda credentials: _put(file, temporary, path, credentials)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CredentialsNotKept(f"{path} cannot be written: {error.strerror or error}") from None


def forget_credentials(path: Path) -> bool:
    """Whether there were any. To be called in `only_one`."""
    was_there = path.exists()
    path.unlink(missing_ok=True)
    return was_there


@contextmanager
def only_one(path: Path, patience_seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """No other process changes what is kept meanwhile. Raises CredentialsInUse, CredentialsNotKept."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CredentialsNotKept(f"{path} cannot be written: {error.strerror or error}") from None
    try:
        _lock(descriptor, time.monotonic() + patience_seconds)
        yield
    finally:
        os.close(descriptor)


def _sweep(path: Path) -> None:
    """What killed processes have left."""
    for left in path.parent.glob(f"{_TEMPORARY}*"):
        left.unlink(missing_ok=True)


def _lock(descriptor: int, ends: float) -> None:
    # A process that was stopped while it held the lock must not stop all others for ever.
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() > ends:
            raise CredentialsInUse("another cairn command has been renewing the sign-in for a minute; is it stopped?")
        time.sleep(0.02)


def _put(file: BinaryIO, temporary: Path, path: Path, credentials: Credentials) -> None:
    document = {name: value for name, value in asdict(credentials).items() if value is not None}
    file.seek(0)
    file.truncate(_write(file, json.dumps(document).encode()))
    os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(file: BinaryIO, data: bytes) -> int:
    count = file.write(data)
    file.flush()
    os.fsync(file.fileno())
    return count
