"""The room as a service of its own: health, metrics, and the chores that run behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from anyio.to_thread import run_sync
from fastapi import FastAPI

from foundation.http_service import Ready, create_service
from foundation.identity import TokenVerifier
from foundation.settings import ServiceSettings
from sync.loop import Loop


@asynccontextmanager
async def running(loop: Loop) -> AsyncIterator[None]:
    """The loop runs while this is open; leaving it waits for the running slice."""
    loop.start()
    try:
        yield
    finally:
        await run_sync(loop.stop)


def create_app(
    loop: Loop, *, settings: ServiceSettings, verifier: TokenVerifier, ready: Ready, notices: Ready
) -> FastAPI:
    return create_service(
        "sync",
        [],
        settings=settings,
        verifier=verifier,
        ready=ready,
        notices=notices,
        background=[partial(running, loop)],
    )
