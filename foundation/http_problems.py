"""Every error of a service, the framework's included, as `application/problem+json` (RFC 9457)."""

from typing import cast

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from foundation.problems import (
    Forbidden,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)

MEDIA_TYPE = "application/problem+json"
_KINDS: tuple[type[Problem], ...] = (
    Malformed,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    TooLarge,
    UnsupportedMediaType,
)
_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_FRAMEWORK = {kind.status: kind for kind in _KINDS}


def problem_response(problem: Problem) -> Response:
    body = orjson.dumps(problem.document(), default=str)
    return Response(body, problem.status, headers=problem.headers(), media_type=MEDIA_TYPE)


def render_problems(app: Starlette) -> None:
    """Install the handlers on `app`. What they do not know is caught by the service's outermost middleware."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _framework_error)


async def _problem(_request: Request, error: Exception) -> Response:
    return problem_response(cast(Problem, error))


async def _framework_error(request: Request, error: Exception) -> Response:
    error = cast(HTTPException, error)
    kind = _FRAMEWORK.get(error.status_code)
    response = problem_response(kind() if kind else _unnamed(error))
    response.headers.update(error.headers or {})
    if kind is MethodNotAllowed:
        response.headers["Allow"] = ", ".join(sorted(_methods(request)))
    return response


def _methods(request: Request) -> set[str]:
    """All that this address takes: the framework tells those of the first route that fits, and each method is a route."""
    scopes = [{**request.scope, "method": method} for method in _METHODS]
    return {
        scope["method"] for scope in scopes for route in request.app.routes if route.matches(scope)[0] is Match.FULL
    }


def _unnamed(error: HTTPException) -> Problem:
    problem = Problem(str(error.detail))
    problem.status = error.status_code  # type: ignore[misc]  # A status that only the framework uses.
    return problem
