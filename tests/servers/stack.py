"""The product as five processes behind a real nginx, on PostgreSQL and an S3 store: `cairn serve --only ROOM`, each killed by itself."""

import secrets
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from foundation.service_tokens import Room, ServiceTokens
from tests.servers.cairn_server import CairnServer, SignedInServer, running
from tests.servers.nginx import Nginx
from tests.servers.ports import free_ports

# In the order in which they are started. Nobody reaches block storage from outside.
ROOMS = (Room.IDENTITY, Room.METADATA, Room.BLOCK_STORAGE, Room.CHUNKER, Room.SYNC)
_BEHIND_THE_DOOR = tuple(room for room in ROOMS if room is not Room.BLOCK_STORAGE)


class RoomServer(CairnServer):
    """One room by itself."""

    def __init__(self, folder: Path, room: Room, port: int, environment: Mapping[str, str]) -> None:
        super().__init__(folder, **environment)
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        self.log = folder / f"{room}.log"
        self.arguments = ("serve", "--only", room.value, "--port", str(port))

    def readiness(self) -> tuple[int, dict[str, str]]:
        answer = httpx.get(f"{self.url}/readyz", timeout=30)
        return answer.status_code, answer.json()["services"]


class Stack(SignedInServer):
    """All of it as one server: `url` is the front door's. `rooms` are the processes, to be killed one by one."""

    def __init__(self, folder: Path, **environment: str) -> None:
        """`environment` names CAIRN_DATABASE and CAIRN_STORE, both fresh."""
        super().__init__(folder, **environment)
        self.port, *ports = free_ports(1 + len(ROOMS))
        self.url = f"http://127.0.0.1:{self.port}"
        at = dict(zip(ROOMS, ports, strict=True))
        self.environment |= {
            "CAIRN_PORT": str(self.port),
            "CAIRN_SECRET": secrets.token_hex(32),
            "CAIRN_METADATA": f"http://127.0.0.1:{at[Room.METADATA]}",
            "CAIRN_IDENTITY": f"http://127.0.0.1:{at[Room.IDENTITY]}",
            "CAIRN_BLOCKS": f"http://127.0.0.1:{at[Room.BLOCK_STORAGE]}",
        }
        self.rooms = {room: RoomServer(folder, room, port, self.environment) for room, port in at.items()}
        self.nginx = Nginx(folder / "nginx", self.port, {room.value: at[room] for room in _BEHIND_THE_DOOR})
        self._is_migrated = False

    def start(self) -> None:
        if not self._is_migrated:
            self.cairn("migrate")
            self._is_migrated = True
        for room in self.rooms.values():
            room.launch()
        for room in self.rooms.values():
            room.await_ready()
        self.output = self.rooms[Room.IDENTITY].output
        self.nginx.publish("openapi.json", self.specification())
        self.nginx.start()

    def restore(self) -> None:
        """Every process runs again, whatever a test did to them."""
        for room in self.rooms.values():
            if not room.is_running:
                room.start()
        if not self.nginx.is_running:
            self.nginx.start()

    def kill(self, how: int = signal.SIGKILL) -> int:
        """All processes at once, the front door last; 0 if every one of them ended with 0, else another's status."""
        alive = [room for room in self.rooms.values() if room.is_running]
        for room in alive:
            room.send_signal(how)
        statuses = [room.ended() for room in alive]
        self.nginx.stop()
        return next((status for status in statuses if status), 0)

    @property
    def is_running(self) -> bool:
        return any(room.is_running for room in self.rooms.values())

    def peak_memory_bytes(self) -> int:
        """Of the largest process."""
        return max(room.peak_memory_bytes() for room in self.rooms.values() if room.is_running)

    def service_token(self, room: Room) -> str:
        """What `room` shows the others."""
        return ServiceTokens(self.environment["CAIRN_SECRET"].encode()).mint(room)

    def specification(self) -> dict[str, Any]:
        """What the rooms behind the front door say that they serve, as one document."""
        paths: dict[str, dict[str, Any]] = {}
        for room in _BEHIND_THE_DOOR:
            found = httpx.get(f"{self.rooms[room].url}/openapi.json", timeout=30).json()["paths"]
            for path, operations in found.items():
                paths.setdefault(path, {}).update(operations)
        return {"openapi": "3.1.0", "info": {"title": "Cairn", "version": "1"}, "paths": paths}


@contextmanager
def running_stack(folder: Path, **environment: str) -> Iterator[Stack]:
    folder.mkdir(parents=True, exist_ok=True)
    with running(Stack(folder, **environment)) as stack:
        yield stack
