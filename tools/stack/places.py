"""Where the native stack keeps things and listens: folders below CAIRN_DATA, and a port for each service."""

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PORTS = {
    "metadata": 8000,
    "sync": 8001,
    "chunker": 8002,
    "block-storage": 8003,
    "identity": 8004,
    "worker": 8006,
    "beat": 8007,
    "postgres": 5432,
    "redis": 6379,
    "seaweedfs": 8333,
}


@dataclass(frozen=True, slots=True)
class Places:
    """`data`: CAIRN_DATA. `ports`: by service; kept in the folder, so that a stack that is started again is where it was."""

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

    def pid_file(self, service: str) -> Path:
        return self.run / f"{service}.pid"

    def address(self, service: str) -> str:
        scheme = {"postgres": "postgresql", "redis": "redis"}.get(service, "http")
        return f"{scheme}://127.0.0.1:{self.ports[service]}"

    def translated(self, text: str) -> str:
        """`text` with every service of the containers' network where it is here, and secrets where they lie."""
        for service, port in self.ports.items():
            for before in ("//", "@"):
                for container_port in _container_ports(service):
                    text = text.replace(f"{before}{service}:{container_port}", f"{before}127.0.0.1:{port}")
        return text.replace("/run/secrets/", f"{self.run}/secrets/")


def places_in(data: Path) -> Places:
    """The ports are those of before; else the usual ones, or free ones beside them where somebody else listens."""
    data = data.resolve()
    kept = data / "run" / "ports.json"
    if kept.exists():
        return Places(data, json.loads(kept.read_text()))
    return Places(data, {service: _free(port) for service, port in PORTS.items()})


def keep(places: Places) -> None:
    for folder in (places.run, places.run / "secrets", places.logs):
        folder.mkdir(parents=True, exist_ok=True)
    (places.run / "ports.json").write_text(json.dumps(dict(places.ports)))


def data_folder() -> Path:
    return Path(os.environ.get("CAIRN_DATA", "data"))


def _container_ports(service: str) -> tuple[int, ...]:
    return (8006, PORTS[service]) if service == "beat" else (PORTS[service],)


def _free(port: int) -> int:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
