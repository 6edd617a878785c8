"""The catalogue for the other rooms: one route a method, made of the table of calls."""

from collections.abc import Callable, Iterator
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request, Response

from foundation.authorization import Action
from foundation.http_caller import CallerRoute
from foundation.http_internal import ActingFor, service_may
from foundation.http_requests import allow_body
from foundation.identity import Identity
from metadata.calls import ACTIONS, SEAMS, WHOLE, Call
from metadata.catalogue import Catalogue

# Some 300,000 chunks: the plan of a stream that is committed at once. Longer ones are planned in pages before.
MAX_BODY_BYTES = 32 * 1024 * 1024


def internal_routes(catalogue: Catalogue) -> APIRouter:
    """Only services with the seam's scope are let in; the identity that one acts for decides the rest."""
    router = APIRouter(route_class=CallerRoute)
    for call, seam in _offered(catalogue):
        allowed = Depends(service_may(ACTIONS.get(call.seam, Action.USE_CATALOGUE)))
        router.add_api_route(call.path, _endpoint(call, seam), methods=["POST"], dependencies=[allowed])
    return router


def _offered(catalogue: Catalogue) -> Iterator[tuple[Call, Any]]:
    yield from ((call, catalogue) for call in WHOLE.values())
    for name, calls in SEAMS.items():
        yield from ((call, getattr(catalogue, name)) for call in calls.values())


def _endpoint(call: Call, seam: Any) -> Callable[..., Any]:
    def answer(caller: Identity, body: bytes) -> bytes:
        return call.answer(getattr(seam, call.method)(**call.arguments_from(caller, body)))

    async def endpoint(request: Request, acting_for: ActingFor) -> Response:
        allow_body(request, MAX_BODY_BYTES)
        body = await request.body()
        return Response(await run_sync(answer, acting_for, body), media_type="application/json")

    return endpoint
