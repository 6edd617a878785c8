"""What stands for each service of compose.yaml on this machine: our own command, or Debian's and PyPI's servers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cairn.allocator import MALLOC
from tests.servers.postgresql_programs import find_programs
from tests.servers.postgresql_server import unprivileged_account
from tests.servers.redis_server import redis_program
from tests.servers.unpacked import environment_of, search_path
from tools.stack.composition import COMPOSE, Service
from tools.stack.places import DOOR, Places

_BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Program:
    """`end`: the signal that ends it cleanly. `seconds`: how long it may take for that before it is killed."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    end: str = "TERM"
    seconds: int = 35


def program(service: Service, places: Places) -> Program:
    """As it is started here. Its folders are made by `prepare`."""
    if service.is_ours:
        return _ours(service, places)
    return {"postgres": _postgres, "redis": _redis, "seaweedfs": _seaweedfs}[service.name](service, places)


def prepare(places: Places) -> None:
    """Folders and an empty database, where there are none. What was interrupted is begun anew."""
    for name in ("redis", "seaweedfs"):
        (places.data / name).mkdir(exist_ok=True)
    whole, folder = places.data / "postgres", places.data / "postgres.new"
    if whole.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    if account := unprivileged_account():
        os.chown(folder, account.pw_uid, account.pw_gid)
    password = places.run / "secrets" / "postgres_password"
    options = ["-U", "cairn", "--encoding=UTF8", "--locale=C.UTF-8", "--lc-collate=C", "-A", "scram-sha-256"]
    _once("initdb", "-D", str(folder), *options, "--pwfile=/dev/stdin", "--no-instructions", given=password.read_text())
    _once("postgres", "--single", "-D", str(folder), "postgres", given="CREATE DATABASE cairn;\n")
    _once("postgres", "--single", "-D", str(folder), "cairn", given=(places.run / "secrets" / "roles").read_text())
    folder.rename(whole)


def _once(name: str, *options: str, given: str) -> None:
    """Run a program of PostgreSQL's to its end. Raises ValueError with its words if it fails."""
    found = find_programs()
    done = subprocess.run(
        [*_as_nobody(), str(found.folder / name), *options],
        env=found.environment, input=given, text=True, check=False, capture_output=True, cwd="/",
    )  # fmt: skip
    if done.returncode:
        raise ValueError(f"{name} fails: {done.stderr.strip()}")


def _ours(service: Service, places: Places) -> Program:
    environment = {key: places.translated(value) for key, value in service.environment.items()}
    environment |= {"CAIRN_HOST": "127.0.0.1", "CAIRN_DATA": str(places.data), "CAIRN_TRUSTED_PROXIES": "127.0.0.1"}
    environment |= {name: str(places.ports[name]) for name in DOOR if name in environment}
    # The image has them, too.
    environment |= MALLOC
    # Of this folder's source, whichever it was that .venv was made for.
    environment["PYTHONPATH"] = str(COMPOSE.parent)
    # The front door's nginx may be one that nobody installed.
    environment["PATH"] = search_path()
    command = [sys.executable, "-m", "cairn", *service.command]
    if "--port" in command:
        command[command.index("--port") + 1] = str(places.ports[service.name])
    elif service.command[:2] == ("serve", "--only"):
        command += ["--port", str(places.ports[service.name])]
    return Program(command, environment)


def _postgres(_service: Service, places: Places) -> Program:
    found = find_programs()
    folder = places.data / "postgres"
    options = ["-D", str(folder), "-p", str(places.ports["postgres"]), "-k", ""]
    settings = ["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"]
    libraries = {key: value for key, value in found.environment.items() if key == "LD_LIBRARY_PATH"}
    # SIGINT cuts connections off and writes everything down; SIGTERM would wait for them.
    return Program([*_as_nobody(), str(found.folder / "postgres"), *options, *settings], libraries, "INT")


def _redis(service: Service, places: Places) -> Program:
    path = redis_program()
    own = ["--port", str(places.ports["redis"]), "--bind", "127.0.0.1", "--dir", str(places.data / "redis")]
    # A title takes the place of the environment, by which the stack knows its own.
    own += ["--set-proc-title", "no"]
    return Program([str(path), *service.command[1:], *own], _libraries(path))


def _seaweedfs(service: Service, places: Places) -> Program:
    given = [places.translated(argument) for argument in service.command if not _is_place(argument)]
    folder, port = places.data / "seaweedfs", places.ports["seaweedfs"]
    own = [
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.port={port}",
        f"-s3.port.grpc={port + 10_000}",
    ]
    own += [f"-s3.localSocket={places.sockets}/s3.sock", f"-filer.localSocket={places.sockets}/filer.sock"]
    own += [f"-{part}.port={port + place}" for place, part in enumerate(("master", "volume", "filer"), 1)]
    own += [f"-{part}.port.grpc={port + 10_000 + place}" for place, part in enumerate(("master", "volume", "filer"), 1)]
    # Its filer waits 15 seconds for streams between its own parts. What it has acknowledged is written by then.
    return Program([str(_BIN / "weed"), *given, *own], service.environment, seconds=3)


def _is_place(argument: str) -> bool:
    return argument.startswith(("-dir=", "-ip.bind=", "-s3.port=", "-ip="))


def _libraries(path: Path) -> dict[str, str]:
    return {key: value for key, value in environment_of(path).items() if key == "LD_LIBRARY_PATH"}


def _as_nobody() -> list[str]:
    """PostgreSQL refuses to run as root; as somebody else it must still find its way through root's folders."""
    account = unprivileged_account()
    if account is None or shutil.which("setpriv") is None:
        return []
    rights = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
    return ["setpriv", "--reuid", str(account.pw_uid), "--regid", str(account.pw_gid), "--clear-groups", *rights]
