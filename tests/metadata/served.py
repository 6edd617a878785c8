"""The catalogue as another room sees it: over HTTP, behind a real server."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from fastapi import FastAPI

from foundation.http_room import RoomClient, RoomLimits
from foundation.http_service import create_service
from foundation.retries import RetryTimes
from foundation.service_tokens import NoUsers, Room, ServiceTokens, ServiceTokenVerifier
from foundation.settings import ServiceSettings
from metadata import Catalogue, http_catalogue, internal_routes
from tests.servers.served import serving

TOKENS = ServiceTokens(b"a secret of the tests, long enough")
# A contract is what one call does: what may be repeated is tested by itself.
ONE_TRY = RoomLimits(retries=RetryTimes(tries=1))


def service(catalogue: Catalogue) -> FastAPI:
    return create_service(
        "metadata",
        [],
        internal_routers=[internal_routes(catalogue)],
        settings=ServiceSettings(),
        verifier=ServiceTokenVerifier([TOKENS], NoUsers()),
        ready={"database": catalogue.ready},
    )


@contextmanager
def over_http(catalogue: Catalogue, limits: RoomLimits = ONE_TRY, me: Room = Room.SYNC) -> Iterator[Catalogue]:
    """`catalogue` behind a server, as `me` reaches it; closing it closes the one beneath."""
    with ExitStack() as stack:
        stack.callback(catalogue.close)
        address = stack.enter_context(serving(service(catalogue)))
        client = http_catalogue(RoomClient(address, me, TOKENS, limits))
        stack.callback(client.close)
        yield client
