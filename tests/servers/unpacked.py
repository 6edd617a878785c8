"""Debian's programs where nobody may install any: `tools/test_servers.sh` unpacks them into .cache/debian."""

import os
from pathlib import Path

UNPACKED = Path(__file__).resolve().parents[2] / ".cache" / "debian"


def environment_of(program: Path) -> dict[str, str]:
    """What `program` must be started with: one that was unpacked finds its libraries by this."""
    environment = dict(os.environ)
    if program.is_relative_to(UNPACKED):
        libraries = [UNPACKED / "usr" / "lib", *(UNPACKED / "usr" / "lib").glob("*-linux-gnu*")]
        environment["LD_LIBRARY_PATH"] = os.pathsep.join(map(str, libraries))
    return environment


def search_path() -> str:
    """PATH, with those of them at its end that are wrapped so that they find their libraries by themselves."""
    wrapped = str(UNPACKED / "bin")
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folders if wrapped in folders else [*folders, wrapped])
