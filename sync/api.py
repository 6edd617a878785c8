"""The room as a service of its own: health, metrics, and the chores that run behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from anyio.to_thread import run_sync
from fastapi import FastAPI

from foundation.http_service import Ready, create_service
from foundation.identity import TokenVerifier
from foundation.settings import ServiceSettings
from sync.loop import Loops


@asynccontextmanager
async def running(loops: Loops) -> AsyncIterator[None]:
    """The loops run while this is open; leaving it waits for the running slices."""
    loops.start()
    try:
        yield
    finally:
        await run_sync(loops.stop)


def create_app(
    loops: Loops, *, settings: ServiceSettings, verifier: TokenVerifier, ready: Ready, notices: Ready
) -> FastAPI:
    return create_service(
        "sync",
        [],
        settings=settings,
        verifier=verifier,
        ready=ready,
        notices=notices,
        background=[partial(running, loops)],
    )
