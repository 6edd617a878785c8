"""An HTTP service from its first second to its last: uvicorn as this product runs it, one or several in a process."""

import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import uvicorn
import uvloop
from starlette.applications import Starlette

from cairn.allocator import give_back
from cairn.http_protocol import BoundedProtocol

DRAIN_SECONDS = 25


def _nobody_waits() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Served:
    """A service and where it listens. `announcement`: its name and address. `end_waits`: ends its long-polls. `trusted_proxies`: as
    CAIRN_TRUSTED_PROXIES.
    """

    app: Starlette
    host: str
    port: int
    announcement: str
    end_waits: Callable[[], None] = _nobody_waits
    trusted_proxies: str = ""


def serve_all(services: Sequence[Served]) -> None:
    """Serve until SIGTERM or SIGINT; running requests then get up to 25 seconds to end. Raises KeyboardInterrupt after SIGINT.

    SystemExit if one of them cannot start; the others end then, too.
    """
    servers = [_Server(service) for service in services]

    def end_all(number: int, _frame: FrameType | None) -> None:
        for server in servers:
            server.end(number)

    # To the process's end, unlike a loop's own handlers: a signal that is sent again must not turn an orderly end into a death.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end_all)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_served(servers))
    if any(server.was_interrupted for server in servers):
        raise KeyboardInterrupt


async def _served(servers: Sequence["_Server"]) -> None:
    await asyncio.gather(*(server.serve() for server in servers))


class _Server(uvicorn.Server):
    def __init__(self, service: Served) -> None:
        super().__init__(
            uvicorn.Config(
                service.app,
                host=service.host,
                port=service.port,
                http=BoundedProtocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                # An address that a request claims is the caller's own word, unless the caller is a proxy of ours.
                proxy_headers=bool(service.trusted_proxies),
                forwarded_allow_ips=service.trusted_proxies,
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )
        self._service = service

    @property
    def was_interrupted(self) -> bool:
        return signal.SIGINT in self._captured_signals

    def end(self, number: int) -> None:
        # Connections are drained before the lifespan ends: without this, a long-poll would hold the end up to its time.
        self._service.end_waits()
        self.handle_exit(number, None)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """One handler serves all servers of the process; uvicorn's own would know only the last of them."""
        yield

    async def startup(self, *arguments: object, **options: object) -> None:
        await super().startup(*arguments, **options)  # type: ignore[arg-type]  # Handed through as it came.
        if self.started:
            give_back()
            print(f"Cairn is ready: {self._service.announcement}", flush=True)  # noqa: T201 — the line that people and scripts wait for.
