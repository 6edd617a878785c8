"""Debian's programs that nobody installed: unpacked by `tools/test_servers.sh`, started with the libraries unpacked beside them."""

import os
from pathlib import Path

UNPACKED = Path(__file__).resolve().parents[2] / ".cache" / "debian"


def environment_of(program: Path) -> dict[str, str]:
    """What `program` must be started with."""
    environment = dict(os.environ)
    if program.is_relative_to(UNPACKED):
        libraries = [UNPACKED / "usr" / "lib", *(UNPACKED / "usr" / "lib").glob("*-linux-gnu*")]
        environment["LD_LIBRARY_PATH"] = os.pathsep.join(str(library) for library in libraries)
    return environment
