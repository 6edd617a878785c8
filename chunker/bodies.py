"""Bodies of requests, read within limits of size and time."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from anyio.to_thread import run_sync
from fastapi import Request
from pydantic import ValidationError

from chunker.settings import ChunkerSettings
from foundation.blocks import MIB
from foundation.budget import Budget
from foundation.http_bodies import declared_bytes, media_type, read_body, require_media_type
from foundation.http_json import parse_json
from foundation.problems import Invalid, Malformed
from foundation.wire import Wire
from metadata import Once, once_from

JSON_BYTES = 8 * MIB  # 1,000 operations, or a page of 10,000 chunks, with room for white space.
JSON_MEMORY_BYTES = 4 * JSON_BYTES  # Parsed, a body takes up to thirty times its length.
MAX_ERRORS = 20
_QUICK_BYTES = 64 * 1024
FORM = "application/x-www-form-urlencoded"
MAX_FORM_FIELDS = 1_010
MAX_FIELDS = 50  # of one object: each that is unknown would be an error of its own, and a body holds a million

Shape = TypeVar("Shape", bound=Wire)


class JsonBodies:
    """Reads the JSON of all requests: what long ones take of memory has a bound together, and one that drips an end."""

    def __init__(self, settings: ChunkerSettings) -> None:
        self._budget = Budget(JSON_MEMORY_BYTES, settings.receive_wait_seconds)
        self._seconds = settings.block_body_seconds

    async def read(self, request: Request, shape: type[Shape]) -> Shape:
        """The body as a `shape`. Raises Malformed if it is no JSON, Invalid, which names the fields, if it has another shape.

        Also TooLarge, BodyTooSlow, and Busy where others take all the memory there is for long bodies.
        """
        return (await self.read_once(request, shape))[0]

    async def read_once(self, request: Request, shape: type[Shape]) -> tuple[Shape, Once | None]:
        """As `read`, and what the request's Idempotency-Key asks."""
        require_media_type(request, "application/json")
        body, document = await self._parsed(request, parse_json)
        return shaped(document, shape), once_from(request, body)

    async def read_form(self, request: Request, shape: type[Shape], lists: Mapping[str, str]) -> Shape:
        """As `read`, also from a form, as a browser sends it without any script. `lists`: see `parse_form`."""
        if media_type(request) != FORM:
            return await self.read(request, shape)
        _, document = await self._parsed(request, partial(parse_form, lists))
        return shaped(document, shape)

    async def _parsed(self, request: Request, parse: Callable[[bytearray], Any]) -> tuple[bytearray, Any]:
        declared = declared_bytes(request)
        if declared is not None and declared <= _QUICK_BYTES:
            body = await read_body(request, JSON_BYTES, self._seconds)
            return body, parse(body)
        async with self._budget.taken(min(declared or JSON_BYTES, JSON_BYTES)):
            body = await read_body(request, JSON_BYTES, self._seconds)
            # A long one takes a second if it is hostile, and everybody else would wait for the event loop.
            return body, await run_sync(parse, body)


def parse_form(lists: Mapping[str, str], body: bytearray) -> dict[str, Any]:
    """`application/x-www-form-urlencoded` (URL Standard, 5) as an object; a field of `lists` may come often, and makes a list under
    the name it has there. Raises Malformed.
    """
    try:
        text = body.decode()
        fields = parse_qsl(text, True, True, errors="strict", max_num_fields=MAX_FORM_FIELDS) if text else []
    except ValueError as error:
        raise Malformed(f"The form cannot be read: {error}.") from error
    document: dict[str, Any] = {}
    for name, value in fields:
        if name in lists:
            document.setdefault(lists[name], []).append(value)
        elif name in document:
            raise Malformed(f"{name[:200]}: this field is given twice.")
        else:
            document[name] = value
    return document


def shaped(document: Any, shape: type[Shape]) -> Shape:
    """Raises Invalid, which names the fields."""
    if isinstance(document, dict) and len(document) > MAX_FIELDS:
        raise Invalid(f"The body has at most {MAX_FIELDS} fields.")
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        raise _invalid(error) from error


def _invalid(error: ValidationError) -> Invalid:
    found = error.errors(include_url=False, include_context=False, include_input=False)[:MAX_ERRORS]
    fields = [
        {"field": ".".join(str(part) for part in one["loc"])[:200] or "body", "message": one["msg"]} for one in found
    ]
    return Invalid(f"{fields[0]['field']}: {fields[0]['message']}", errors=fields)


def request_body(shape: type[Wire], example: Any, form: type[Wire] | None = None) -> dict[str, Any]:
    """What OpenAPI is told of a body that `JsonBodies` reads; `form`: its fields, where it may be one."""
    content = {"application/json": {"schema": inlined(shape.model_json_schema()), "example": example}}
    if form is not None:
        content[FORM] = {"schema": inlined(form.model_json_schema())}
    return {"requestBody": {"required": True, "content": content}}


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema whose `$defs` are put where they are named: inside OpenAPI they could not be found."""
    definitions = schema.pop("$defs", {})

    def resolved(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return resolved(definitions[node["$ref"].rpartition("/")[2]])
            # A discriminator's mapping names definitions; each alternative says its own `op` as a constant.
            return {key: resolved(value) for key, value in node.items() if key != "discriminator"}
        return [resolved(item) for item in node] if isinstance(node, list) else node

    result: dict[str, Any] = resolved(schema)
    return result
