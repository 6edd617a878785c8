"""The product as five processes, or two of each, behind a real nginx, on PostgreSQL and an S3 store; each is killed by itself."""

import secrets
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from foundation.service_tokens import Room, ServiceTokens
from tests.servers.cairn_server import CairnServer, SignedInServer, running
from tests.servers.nginx import Nginx
from tests.servers.ports import free_ports
from tests.servers.processes import descendants
from tests.servers.tls import is_through_tls

# In the order in which they are started. Nobody reaches block storage from outside.
ROOMS = (Room.IDENTITY, Room.METADATA, Room.BLOCK_STORAGE, Room.CHUNKER, Room.SYNC)
_WORKING = ("worker-1", "worker-2", "beat")
_BEHIND_THE_DOOR = tuple(room for room in ROOMS if room is not Room.BLOCK_STORAGE)


class RoomServer(CairnServer):
    """One room by itself."""

    def __init__(self, folder: Path, room: Room, port: int, environment: Mapping[str, str]) -> None:
        super().__init__(folder, **environment)
        self.room, self.port, self.url = room, port, f"http://127.0.0.1:{port}"
        self.log = folder / f"{room}-{port}.log"
        self.arguments = ("serve", "--only", room.value, "--port", str(port))

    def readiness(self) -> tuple[int, dict[str, str]]:
        answer = httpx.get(f"{self.url}/readyz", timeout=30)
        return answer.status_code, answer.json()["services"]


class WorkServer(CairnServer):
    """`cairn worker` or `cairn beat`."""

    def __init__(self, folder: Path, name: str, port: int, environment: Mapping[str, str]) -> None:
        """`name`: the verb, and what its log is told apart by."""
        super().__init__(folder, **environment)
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        self.log = folder / f"{name}.log"
        self.arguments = (name.partition("-")[0], "--port", str(port))

    def readiness(self) -> tuple[int, dict[str, str]]:
        answer = httpx.get(f"{self.url}/readyz", timeout=30)
        return answer.status_code, answer.json()["services"]

    def hands(self) -> list[int]:
        """Every process that works for this one, its own excepted."""
        return descendants(self.pid)


class Stack(SignedInServer):
    """All of it as one server: `url` is the front door's. `rooms` are the processes, to be killed one by one; `twins` the second of each,
    where there are two.
    """

    def __init__(self, folder: Path, each: int = 1, **environment: str) -> None:
        """`each`: one or two processes of every room. `environment` names CAIRN_DATABASE and CAIRN_STORE, both fresh. With CAIRN_BROKER
        two workers and a beat do the work.
        """
        super().__init__(folder, **environment)
        plain_port, secure_port, *ports = free_ports(2 + each * len(ROOMS) + len(_WORKING))
        at = {room: [ports.pop() for _ in range(each)] for room in ROOMS}
        addresses = {room: ",".join(f"http://127.0.0.1:{port}" for port in found) for room, found in at.items()}
        behind = {room.value: at[room] for room in _BEHIND_THE_DOOR}
        self.nginx = Nginx(folder / "nginx", plain_port, secure_port, behind)
        self.port, self.url = plain_port, self.nginx.url
        if is_through_tls():
            self.port, self.url = secure_port, self.nginx.secure_url
        self.environment |= {
            "CAIRN_PUBLIC_URL": self.url,
            "CAIRN_TRUSTED_PROXIES": "127.0.0.1",
            "CAIRN_SECRET": secrets.token_hex(32),
            "CAIRN_CHUNKER": addresses[Room.CHUNKER],
            "CAIRN_METADATA": addresses[Room.METADATA],
            "CAIRN_IDENTITY": addresses[Room.IDENTITY],
            "CAIRN_BLOCKS": addresses[Room.BLOCK_STORAGE],
        }
        servers = {room: [RoomServer(folder, room, port, self.environment) for port in at[room]] for room in ROOMS}
        self.rooms = {room: first for room, (first, *_) in servers.items()}
        self.twins = {room: second for room, (_, *others) in servers.items() for second in others}
        working = dict(zip(_WORKING, ports, strict=True)) if "CAIRN_BROKER" in environment else {}
        self.working = {name: WorkServer(folder, name, port, self.environment) for name, port in working.items()}
        self._is_migrated = False

    def start(self) -> None:
        if not self._is_migrated:
            self.cairn("migrate")
            self._is_migrated = True
        for process in self.processes:
            process.launch()
        for process in self.processes:
            process.await_ready()
        self.output = self.rooms[Room.IDENTITY].output
        self.nginx.start()

    @property
    def processes(self) -> Sequence[CairnServer]:
        return [*self.rooms.values(), *self.twins.values(), *self.working.values()]

    @property
    def workers(self) -> Sequence[WorkServer]:
        return [process for name, process in self.working.items() if name.startswith("worker")]

    def restore(self) -> None:
        """Every process runs again, whatever a test did to them."""
        for process in self.processes:
            if not process.is_running:
                process.start()
        if not self.nginx.is_running:
            self.nginx.start()

    def kill(self, how: int = signal.SIGKILL) -> int:
        """All processes at once, the front door last; 0 if every one of them ended with 0, else another's status."""
        alive = [process for process in self.processes if process.is_running]
        for process in alive:
            process.send_signal(how)
        statuses = [process.ended() for process in alive]
        self.nginx.stop()
        return next((status for status in statuses if status), 0)

    @property
    def is_running(self) -> bool:
        return any(process.is_running for process in self.processes)

    def peak_memory_bytes(self) -> int:
        """Of the largest process."""
        return max(process.peak_memory_bytes() for process in self.processes if process.is_running)

    def service_token(self, room: Room) -> str:
        """What `room` shows the others."""
        return ServiceTokens(self.environment["CAIRN_SECRET"].encode()).mint(room)


@contextmanager
def running_stack(folder: Path, each: int = 1, **environment: str) -> Iterator[Stack]:
    folder.mkdir(parents=True, exist_ok=True)
    with running(Stack(folder, each, **environment)) as stack:
        yield stack
