"""What a service whose work nobody asks for answers with: health and metrics, for whoever watches over processes."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from anyio.to_thread import run_sync
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from cairn.served import Served, serve_all
from cairn.settings import ServerSettings, settings_of
from foundation.http_health import Ready, create_watched
from foundation.measures import show_process
from foundation.settings import ServiceSettings
from foundation.telemetry import log_to_stderr
from sync import RedisBroker


def prepared(settings: ServerSettings) -> RedisBroker:
    """The process, and what it is told by. Raises SettingInvalid."""
    log_to_stderr(settings.log_level)
    os.umask(0o077)
    return RedisBroker(settings.required_broker())


def service(
    name: str,
    settings: ServerSettings,
    ready: Ready,
    working: tuple[Callable[[], None], Callable[[], None]],
    show: Callable[[CollectorRegistry], object] = show_process,
) -> Starlette:
    """Health and metrics, of which `show` tells more, beside what `working` starts and stops."""
    start, stop = working

    @asynccontextmanager
    async def background() -> AsyncIterator[None]:
        start()
        try:
            yield
        finally:
            await run_sync(stop)

    return create_watched(
        name,
        settings=settings_of(ServiceSettings, public_url=settings.address),
        ready=ready,
        working=background,
        show=show,
    )


def serve(app: Starlette, name: str, settings: ServerSettings, port: int) -> None:
    serve_all([Served(app, settings.host, port, f"{name} {settings.address_of(port)}")])
