"""`cairn serve`: the one-process server from its first second to its last."""

import resource
import secrets
import signal
from collections.abc import Callable
from types import FrameType

import uvicorn

from cairn.compose import Rooms, migrate, one_process, open_rooms
from cairn.http_protocol import BoundedProtocol
from cairn.settings import ServerSettings
from foundation.telemetry import log_to_stderr

ADMIN = "admin@localhost"
DRAIN_SECONDS = 25


def serve(settings: ServerSettings) -> None:
    """Serve until SIGTERM or SIGINT; running requests then get up to 25 seconds to end."""
    _allow_many_connections()
    log_to_stderr(settings.log_level)
    migrate(settings)
    with open_rooms(settings) as rooms:
        first_admin(rooms)
        config = uvicorn.Config(
            one_process(rooms, settings),
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http=BoundedProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # Nobody stands in front: an address that a request claims is the caller's own word.
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        # uvicorn raises the signal again once all is ended; an orderly end is no failure.
        signal.signal(signal.SIGTERM, lambda _number, _frame: None)
        _Server(config, settings.address, rooms.long_poll.end_waits).run()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, address: str, end_waits: Callable[[], None]) -> None:
        super().__init__(config)
        self._address, self._end_waits = address, end_waits

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Connections are drained before the lifespan ends: without this, a long-poll would hold the end up to its time.
        self._end_waits()
        super().handle_exit(sig, frame)

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


def _allow_many_connections() -> None:
    """A connection is a file descriptor, and the usual soft limit of 1,024 would end at so many browsers that wait."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
