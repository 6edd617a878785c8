"""The command line as programs use it."""

import json
from pathlib import Path
from typing import Any

from tests.servers.cairn_server import SignedInServer


def answer(server: SignedInServer, *arguments: str, **environment: str) -> Any:
    return json.loads(server.cairn(*arguments, "--json", **environment).stdout)


def refused(server: SignedInServer, *arguments: str, **environment: str) -> tuple[int, Any]:
    """The exit status and the problem document of a command that must fail, and answer nothing."""
    done = server.cairn(*arguments, "--json", check=False, **environment)
    assert done.stdout == "", done.stdout
    (line,) = done.stderr.splitlines()
    return done.returncode, json.loads(line)


def status(server: SignedInServer, *arguments: str, **environment: str) -> int:
    return server.cairn(*arguments, check=False, **environment).returncode


def paths(server: SignedInServer, bucket: str, **environment: str) -> list[str]:
    return [file["path"] for file in answer(server, "ls", "-r", f"cairn:{bucket}", **environment)["items"]]


def put(server: SignedInServer, folder: Path, bucket: str, *names: str) -> None:
    """Files at these paths, each with its path as content."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    server.cairn("cp", "-r", str(folder), f"cairn:{bucket}")


def someone(server: SignedInServer, email: str) -> tuple[str, dict[str, str]]:
    """Another user: their id, and the environment that signs in as them."""
    environment = {"CAIRN_TOKEN": server.add_user(email)}
    return answer(server, "usage", **environment)["user_id"], environment
