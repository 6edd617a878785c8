"""`cairn serve`: the one-process server from its first second to its last."""

import os
import secrets
import sys

import uvicorn

from cairn.compose import Rooms, migrate, one_process, open_rooms
from cairn.settings import ServerSettings
from foundation.telemetry import log_to_stderr

ADMIN = "admin@localhost"
DRAIN_SECONDS = 30

# glibc's defaults give memory back after each block and fetch it again: one stream is received at a third of the speed.
_MALLOC = {
    "MALLOC_TRIM_THRESHOLD_": "134217728",
    "MALLOC_TOP_PAD_": "16777216",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
}


def serve(settings: ServerSettings) -> None:
    """Serve until SIGTERM or SIGINT; running requests then get up to 30 seconds to end."""
    _with_allocator_settings()
    log_to_stderr(settings.log_level)
    migrate(settings)
    with open_rooms(settings) as rooms:
        first_admin(rooms)
        config = uvicorn.Config(
            one_process(rooms, settings),
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        _Server(config, settings.address).run()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address

    async def startup(self, *arguments: object, **options: object) -> None:
        await super().startup(*arguments, **options)  # type: ignore[arg-type]  # Handed through as it came.
        if self.started:
            print(f"Cairn is ready: {self._address}", flush=True)  # noqa: T201 — the line that people and scripts wait for.


def first_admin(rooms: Rooms) -> None:
    """An installation without users gets an administrator, whose password is shown this once."""
    if rooms.identity.has_users():
        return
    password = secrets.token_urlsafe(12)
    rooms.identity.add_user(ADMIN, password, is_admin=True)
    print(f"An administrator was made: {ADMIN}\nPassword, shown only now:  {password}", flush=True)  # noqa: T201


def _with_allocator_settings() -> None:
    """The allocator reads its environment when a process starts, so this one is started again with it."""
    if not _MALLOC.keys() <= os.environ.keys():
        os.execve(sys.executable, [sys.executable, "-m", "cairn", *sys.argv[1:]], os.environ | _MALLOC)  # noqa: S606 — ourselves again.
