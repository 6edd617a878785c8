"""`cairn serve`: the one-process server from its first second to its last."""

import secrets
import signal

import uvicorn

from cairn.compose import Rooms, migrate, one_process, open_rooms
from cairn.settings import ServerSettings
from foundation.telemetry import log_to_stderr

ADMIN = "admin@localhost"
DRAIN_SECONDS = 30


def serve(settings: ServerSettings) -> None:
    """Serve until SIGTERM or SIGINT; running requests then get up to 30 seconds to end."""
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
        # uvicorn raises the signal again once all is ended; an orderly end is no failure.
        signal.signal(signal.SIGTERM, lambda _number, _frame: None)
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
