"""Block storage as a service, over any store, and its callers."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from block_storage import BlockStore, HttpBlockStore, Limits, Parts, create_app
from foundation.http_room import RoomClient, RoomLimits
from foundation.retries import RetryTimes
from foundation.service_tokens import NoUsers, Room, ServiceTokens, ServiceTokenVerifier
from foundation.settings import ServiceSettings
from tests.servers.served import serving

TOKENS = ServiceTokens(b"s" * 32)
# Shorter than the product's, so that the tests need not wait for those.
HASTY = RoomLimits(connect_seconds=0.5, answer_seconds=0.5, retries=RetryTimes(tries=2))


@contextmanager
def service(store: BlockStore, limits: Limits | None = None) -> Iterator[str]:
    """The address of a service over `store`."""
    app = create_app(
        Parts(store, limits or Limits()),
        settings=ServiceSettings(),
        verifier=ServiceTokenVerifier([TOKENS], NoUsers()),
        ready={"store": store.ready},
        notices={},
    )
    with serving(app) as address:
        yield address


def worker(address: str, limits: RoomLimits | None = None) -> RoomClient:
    """Who may do everything with blocks."""
    return RoomClient(address, Room.SYNC, TOKENS, limits)


@contextmanager
def remote(address: str, limits: RoomLimits | None = None) -> Iterator[HttpBlockStore]:
    store = HttpBlockStore(worker(address, limits))
    try:
        yield store
    finally:
        store.close()


def http(address: str, room: Room | None = Room.SYNC) -> httpx.Client:
    """The bare routes, as `room`."""
    headers = {"Authorization": f"Bearer {TOKENS.mint(room)}"} if room else {}
    return httpx.Client(base_url=f"{address}/internal/v1", headers=headers, timeout=30, trust_env=False)
