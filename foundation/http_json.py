"""JSON bodies, read strictly: what parsers understand differently is refused (RFC 8259, 4 and 8)."""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from foundation.http_caller import CallerRoute
from foundation.problems import Malformed, Problem, UnsupportedMediaType

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


def parse_json(body: bytes | bytearray) -> Any:
    """Raises Malformed for what is no JSON; NaN, lone surrogates, nesting beyond 1,024 levels and a key twice are none."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is not valid JSON: {error}.") from error
    # Outside of strings a colon stands behind each key, and nowhere else: counting is quicker than parsing in Python.
    if _STRING.sub(b"", body).count(b":") != _count_keys(document):
        json.loads(body, object_pairs_hook=_unique)
    return document


class StrictRoute(CallerRoute):
    """A CallerRoute whose body FastAPI reads through `parse_json`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            try:
                return await handle(_StrictRequest(request.scope, request.receive))
            except RequestValidationError as error:
                if self.body_field is not None and not _says_json(request):
                    raise UnsupportedMediaType("Send the body as `Content-Type: application/json`.") from error
                raise
            except HTTPException as error:
                if isinstance(error.__cause__, Problem):  # FastAPI hides what reading the body raises.
                    raise error.__cause__ from error
                raise

        return handle_strictly


def _says_json(request: Request) -> bool:
    """Whether the body, if there is one, says that it is JSON. FastAPI takes any other for text, and blames its shape."""
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return not has_body or kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


class _StrictRequest(Request):
    async def json(self) -> Any:
        return parse_json(await self.body())


def _count_keys(document: Any) -> int:
    keys, left = 0, [document]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            keys += len(value)
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
    return keys


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Malformed(f"{key[:200]}: this key is given twice in one object.")
        found[key] = value
    return found
