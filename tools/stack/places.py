"""Where the native stack keeps things and listens: folders below CAIRN_DATA, and a port for each service."""

import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

# As the containers have them.
PORTS = {
    "metadata": 8000,
    "sync": 8001,
    "chunker": 8002,
    "block-storage": 8003,
    "identity": 8004,
    "worker": 8006,
    "beat": 8007,
    "worker-2": 8008,
    "postgres": 5432,
    "redis": 6379,
    "seaweedfs": 8333,
}
# The front door's, by the variables that name them.
DOOR = {"CAIRN_HTTP_PORT": 8080, "CAIRN_HTTPS_PORT": 8443}
# SeaweedFS is four servers; each has a second port for the others.
_MORE_PORTS = {"seaweedfs": (1, 2, 3, 10_000, 10_001, 10_002, 10_003)}
_STEP = 20
# From a service to one more of its kind.
_NEXT_OF_A_KIND = 10
# sockaddr_un holds 108 bytes, and its name comes behind this.
_SOCKET_FOLDER_BYTES = 80


@dataclass(frozen=True, slots=True)
class Places:
    """`data`: CAIRN_DATA. `ports`: by service, and the front door's by variable; kept in the folder, so that a stack that is started again
    is where it was.
    """

    data: Path
    ports: Mapping[str, int]

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def front_door(self) -> str:
        return f"https://127.0.0.1:{self.ports['CAIRN_HTTPS_PORT']}"

    @property
    def sockets(self) -> Path:
        """For sockets with names of at most 20 bytes: run/, or where its name is too long for the kernel a folder of this user's alone."""
        if len(os.fsencode(self.run)) <= _SOCKET_FOLDER_BYTES:
            return self.run
        name = hashlib.sha256(os.fsencode(self.run)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"cairn-{os.geteuid()}-{name}"

    def pid_file(self, service: str) -> Path:
        return self.run / f"{service}.pid"

    def log(self, service: str) -> Path:
        return self.logs / f"{service}.log"

    def address(self, service: str) -> str:
        scheme = {"postgres": "postgresql", "redis": "redis"}.get(service, "http")
        return f"{scheme}://127.0.0.1:{self.ports[service]}"

    def translated(self, text: str) -> str:
        """`text` with every service of the containers' network where it is here, all of a kind, and secrets where they lie."""
        for service, port in PORTS.items():
            kind = [service, *(name for name in self.ports if _kind(name) == service != name)]
            text = text.replace(f"http://{service}:{port}", ",".join(map(self.address, kind)))
            for before in ("//", "@"):
                text = text.replace(f"{before}{service}:{port}", f"{before}127.0.0.1:{self.ports[service]}")
        return text.replace("/run/secrets/", f"{self.run}/secrets/")


def data_folder() -> Path:
    return Path(os.environ.get("CAIRN_DATA") or "data").resolve()


def kept_places(data: Path) -> Places:
    """Of a stack that runs, or ran: where it was. Else the usual ones."""
    return Places(data, _usual() | _kept(data))


def free_places(data: Path, services: Collection[str] = ()) -> tuple[Places, list[str]]:
    """For a stack that begins: the ports of before, or others where somebody else listens; and what has moved, in words.

    `services`: all, where there are more of a kind than PORTS has.
    Raises ValueError where the front door cannot be: people know its address, and it does not move.
    """
    usual = _usual() | {name: _beside(name) for name in services if name not in PORTS and _kind(name) in PORTS}
    wanted = usual | {name: port for name, port in _kept(data).items() if name in usual.keys() - DOOR.keys()}
    for name in DOOR:
        if not _is_free(wanted[name]):
            raise ValueError(f"somebody else listens on port {wanted[name]}: give the front door another by {name}")
    ports, taken = dict(wanted), set(wanted.values())
    for service in [name for name in wanted if name not in DOOR]:
        while not all(map(_is_free, _all_ports(service, ports[service]))):
            ports[service] += _STEP
            while ports[service] in taken:
                ports[service] += _STEP
        taken.add(ports[service])
    moved = sorted(name for name in wanted if ports[name] != wanted[name])
    return Places(data, ports), [f"port {wanted[name]} is taken: {name} is on {ports[name]}" for name in moved]


def keep(places: Places) -> None:
    for folder in (places.data, places.run, places.run / "secrets", places.logs, places.sockets):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"{folder} cannot be made: {error.strerror}; CAIRN_DATA says where") from error
    if places.sockets.stat().st_uid != os.geteuid():
        raise ValueError(f"{places.sockets} is somebody else's: set TMPDIR, or CAIRN_DATA to a shorter folder")
    (places.run / "ports.json").write_text(json.dumps(dict(places.ports), indent=2) + "\n")


def _usual() -> dict[str, int]:
    return PORTS | {name: _port(name, usual) for name, usual in DOOR.items()}


def _kind(name: str) -> str:
    """chunker, of chunker-2."""
    kind, _, number = name.rpartition("-")
    return kind if number.isdecimal() else name


def _beside(name: str) -> int:
    """The usual port of chunker-2: from that of its kind on, in tens."""
    return PORTS[_kind(name)] + _NEXT_OF_A_KIND * (int(name.rpartition("-")[2]) - 1)


def _port(name: str, usual: int) -> int:
    given = os.environ.get(name) or str(usual)
    if not given.isdecimal() or not 0 < int(given) < 65_536:
        raise ValueError(f"{name} is a port, not {given}")
    return int(given)


def _kept(data: Path) -> dict[str, int]:
    try:
        return dict(json.loads((data / "run" / "ports.json").read_text()))
    except (OSError, ValueError):
        return {}


def _all_ports(service: str, port: int) -> list[int]:
    return [port, *(port + more for more in _MORE_PORTS.get(service, ()))]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # What is left of connections that have ended is nobody.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
