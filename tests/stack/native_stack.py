"""`make stack` as its operator runs it, on a folder and on ports of a test's own."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.servers.cairn_server import SignedInServer, wait_until
from tests.servers.ports import free_ports
from tests.servers.processes import descendants, memory_bytes
from tests.servers.tls import certificate_in, is_through_tls
from tools.stack.members import members, signal_all
from tools.stack.places import PORTS, Places, kept_places

_SECONDS = 400
_OF_OTHERS = frozenset({"postgres", "redis", "seaweedfs"})
# It has more 10,000 above, which must lie below those that the kernel gives to clients.
_STORE_PORTS = range(12_000, 18_000, 4)


class NativeStack(SignedInServer):
    """Every service by itself behind nginx with TLS: `url` is the front door's. Whoever speaks to it is told of its certificate."""

    def __init__(self, folder: Path, **environment: str) -> None:
        """`environment`: settings of the stack, as its environment file has them."""
        super().__init__(folder)
        plain, self.port, *ports = free_ports(2 + len(PORTS))
        self.url = f"https://127.0.0.1:{self.port}"
        own = {"CAIRN_HTTP_PORT": str(plain), "CAIRN_HTTPS_PORT": str(self.port), "CAIRN_DATA": str(self.data)}
        self._given = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")} | own
        self._given |= {"CAIRN_RATE_LIMIT": "0"} | environment
        # Two stacks that begin at once would find the same usual ports free.
        self.data.mkdir(mode=0o700, parents=True)
        (self.data / "run").mkdir()
        if is_through_tls():
            certificate_in(self.certificate.parent)
        kept = dict(zip(PORTS, ports, strict=True)) | {"seaweedfs": _STORE_PORTS[secrets.randbelow(len(_STORE_PORTS))]}
        (self.data / "run" / "ports.json").write_text(json.dumps(kept))

    def make(self, verb: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """As `make stack`, `make stack-stop`, `make stack-restart` do when everything is installed."""
        command = [sys.executable, "-m", "tools.stack", verb, *arguments]
        done = subprocess.run(command, env=self._given, text=True, capture_output=True, timeout=_SECONDS, check=False)
        assert not check or done.returncode == 0, f"{verb}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self) -> None:
        self.output = self.make("start").stdout
        self.environment |= {
            "CAIRN_DATABASE": self.file["database"],
            "CAIRN_STORE": self.file["store"],
            "CAIRN_PUBLIC_URL": self.url,
            "SSL_CERT_FILE": str(self.certificate),
        }

    def stop(self) -> None:
        self.make("stop")

    @property
    def certificate(self) -> Path:
        return self.data / "front-door" / "certificate.pem"

    @property
    def places(self) -> Places:
        return kept_places(self.data)

    @property
    def file(self) -> dict[str, Any]:
        """stack.json."""
        found: dict[str, Any] = json.loads((self.data / "run" / "stack.json").read_text())
        return found

    @property
    def services(self) -> Mapping[str, str]:
        found: dict[str, str] = self.file["services"]
        return found

    def process(self, service: str) -> int:
        return int((self.data / "run" / f"{service}.pid").read_text())

    def processes(self) -> dict[str, int]:
        return {service: self.process(service) for service in self.services}

    def all_processes(self) -> list[int]:
        """Theirs, and those that they started."""
        return members(self.places)

    def memory_bytes(self) -> Mapping[str, int]:
        """Of each service of ours, with what it started; of the front door without nginx itself."""
        of_ours = {service: self.process(service) for service in self.services if service not in _OF_OTHERS}
        return {
            service: sum(map(memory_bytes, [pid] if service == "nginx" else [pid, *descendants(pid)]))
            for service, pid in of_ours.items()
        }

    @cached_property
    def curl(self) -> list[str]:
        """Which trusts this front door, and nobody else."""
        program = shutil.which("curl")
        assert program is not None
        return [program, "-sS", "--fail-with-body", "--cacert", str(self.certificate)]

    @property
    def is_running(self) -> bool:
        return bool(self.all_processes())

    def kill(self, how: int = signal.SIGKILL) -> int:
        """All processes at once, their supervisor too; 0, since nobody is left to say otherwise."""
        processes = self.all_processes()
        signal_all(processes, signal.Signals(how))
        # Until nothing is left of them, not even what nobody has asked after: PostgreSQL takes that for one that runs.
        wait_until(lambda: not self.is_running and not any(Path(f"/proc/{pid}").exists() for pid in processes))
        return 0


@contextmanager
def native_stack(folder: Path, **environment: str) -> Iterator[NativeStack]:
    """Not started. At its end nothing of it runs, whatever happened."""
    stack = NativeStack(folder, **environment)
    try:
        yield stack
    finally:
        stack.make("stop", check=False)


@contextmanager
def listening() -> Iterator[int]:
    """Somebody else's port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])
