"""Where `cairn login` keeps the server's address and the token: `credentials.json`, readable by its owner only."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from foundation.problems import Unauthenticated


@dataclass(frozen=True, slots=True)
class Credentials:
    url: str
    token: str


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
    kept = _kept(credentials_path(environment))
    if kept is None or (url and url.rstrip("/") != kept.url):
        raise Unauthenticated(f"not signed in{f' at {url}' if url else ''}: run `cairn login URL`")
    return Credentials(kept.url, token) if token else kept


def keep_credentials(environment: Mapping[str, str], credentials: Credentials) -> Path:
    """Replace what is kept, in one step."""
    path = credentials_path(environment)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # Made with mode 600.
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump({"url": credentials.url, "token": credentials.token}, file)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def forget_credentials(environment: Mapping[str, str]) -> bool:
    """Whether there were any."""
    path = credentials_path(environment)
    was_there = path.exists()
    path.unlink(missing_ok=True)
    return was_there


def _kept(path: Path) -> Credentials | None:
    try:
        document = json.loads(path.read_text())
        return Credentials(document["url"], document["token"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unauthenticated(f"{path} cannot be read ({error}): run `cairn login URL`") from None
