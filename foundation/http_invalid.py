"""Requests that are not of the shape that a route asks for, as `application/problem+json`, field by field."""

from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from foundation.http_problems import problem_response
from foundation.problems import Invalid, Malformed


def render_invalid(app: FastAPI) -> None:
    app.add_exception_handler(RequestValidationError, _validation_error)


async def _validation_error(_request: Request, error: Exception) -> Response:
    errors = cast(RequestValidationError, error).errors()
    if any(found["type"] == "json_invalid" for found in errors):
        return problem_response(Malformed("The body is not valid JSON."))
    fields = [{"field": _field(found["loc"]), "message": _printable(found["msg"])} for found in errors[:20]]
    return problem_response(Invalid(f"{fields[0]['field']}: {fields[0]['message']}", errors=fields))


def _field(location: tuple[Any, ...]) -> str:
    place, *rest = location
    return ".".join(_printable(str(part)) for part in (rest or [place]))[:200]


def _printable(text: str) -> str:
    """Lone surrogates of the request must not break the answer."""
    return text.encode("utf-8", "backslashreplace").decode()
