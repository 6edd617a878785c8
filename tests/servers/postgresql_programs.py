"""Where PostgreSQL's programs are: on PATH, where Debian installs them, or unpacked by `tools/test_servers.sh`."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers.unpacked import UNPACKED, environment_of

MIN_MAJOR = 15


@dataclass(frozen=True)
class Programs:
    """`folder` holds `initdb` and `postgres`; `environment` is what they must be started with."""

    folder: Path
    environment: dict[str, str]


def find_programs() -> Programs:
    """The newest installation from MIN_MAJOR on. Raises RuntimeError if there is none: tests fail, they never skip."""
    found = sorted(_installations(), reverse=True)
    if not found:
        raise RuntimeError(f"No PostgreSQL {MIN_MAJOR} or newer here: run tools/test_servers.sh")
    folder = found[0][2]
    environment = {key: value for key, value in environment_of(folder).items() if not key.startswith("PG")}
    return Programs(folder, environment)


def _installations() -> Iterator[tuple[int, bool, Path]]:
    """(major version, whether it is installed rather than unpacked, folder)."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *(UNPACKED / "usr/lib/postgresql").glob("*/bin")]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        version = re.search(r"\d+", folder.parent.name)
        if version and int(version[0]) >= MIN_MAJOR and (folder / "initdb").exists():
            yield int(version[0]), not folder.is_relative_to(UNPACKED), folder
