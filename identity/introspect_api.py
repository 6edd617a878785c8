"""Whose a credential is, for Cairn's other services (RFC 7662 in spirit; foundation/introspection.py asks)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from foundation.authorization import Action
from foundation.http_internal import service_may
from foundation.http_json import StrictRoute
from foundation.http_wire import Json
from foundation.introspection import introspection
from foundation.problems import Unauthenticated
from foundation.wire import Wire
from identity.parts import Parts


class Asked(Wire):
    credential: Annotated[str, Field(max_length=32 * 1024, repr=False)]


def internal_routes(parts: Parts) -> APIRouter:
    """Routes below /internal/v1."""
    router = APIRouter(tags=["identity"], route_class=StrictRoute)

    @router.post("/introspect", dependencies=[Depends(service_may(Action.INTROSPECT))])
    def introspect(asked: Asked) -> Response:
        try:
            answer = introspection(*parts.verifier.judged(asked.credential))
        except Unauthenticated:
            answer = introspection(None, None)
        return Json(answer)

    return router
