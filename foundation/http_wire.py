"""How things look on the wire: quick JSON out, cursors, entity tags, paths as the client sent them (DESIGN.md 7)."""

import base64
import hashlib
import re
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

import orjson
from fastapi import Depends, Query, Request
from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import Response

from foundation.problems import CursorInvalid, Malformed


def dumps(content: Any) -> bytes:
    return orjson.dumps(content, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC)


class Json(Response):
    """An answer that is written as it is: no model stands between a list of 10,000 entries and the socket."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return dumps(content)


def limit(default: int, maximum: int) -> Any:
    """The type of a `limit` parameter: 1 to `maximum`, out of range is 422. Use: `limit: Annotated[int, limit(100, 10_000)] = 100`."""
    return Query(ge=1, le=maximum, description=f"At most so many items, {default} if not given.")


def encode_cursor(route: str, scope: object, key: str) -> str:
    """A cursor that only fits the same route and the same filters: the place where the next page begins is `key`."""
    return base64.urlsafe_b64encode(orjson.dumps([_binding(route, scope), key])).decode().rstrip("=")


def decode_cursor(route: str, scope: object, cursor: str | None) -> str | None:
    """The key of `encode_cursor`; None for no cursor. Raises CursorInvalid for a foreign or broken one."""
    if cursor is None:
        return None
    try:
        binding, key = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError) as error:
        raise CursorInvalid("This is no cursor of this server. Start from the first page.") from error
    if binding != _binding(route, scope) or not isinstance(key, str):
        raise CursorInvalid("It was made for another list or other filters. Start from the first page.")
    return key


def _binding(route: str, scope: object) -> str:
    return hashlib.blake2s(repr((route, scope)).encode("utf-8", "backslashreplace"), digest_size=9).hexdigest()


_ETAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')


def parse_etags(header: str | None) -> tuple[str, ...]:
    """The tags of If-Match or If-None-Match (RFC 9110, 13.1) without quotes; `*` alone; a weak one keeps its `W/`.

    Raises Malformed for anything else.
    """
    if header is None:
        return ()
    if header.strip() == "*":
        return ("*",)
    tags, position = [], 0
    while position < len(header):
        found = _ETAG.match(header, position)
        if not found:
            raise Malformed('An entity tag is written "tag", several with commas between them, or * alone.')
        tags.append((found[1] or "") + found[2])
        position = found.end()
    if not tags:
        raise Malformed("An empty list of entity tags says nothing.")
    return tuple(tags)


class _AnyText(Convertor[str]):
    """`{path:any}` in a route: `{path:path}`, and newlines, which that does not match."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("any", _AnyText())

_CONTENT = re.compile(rb".*?/buckets/[^/]+/content/(.*)", re.DOTALL)
_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def decode_path(raw: bytes) -> str:
    """Percent-decode once, strictly. Raises Malformed for a lone `%` or bytes that are no UTF-8."""
    if _ESCAPE.search(raw):
        raise Malformed("A `%` in an address must be followed by two hex digits; write `%25` for the sign itself.")
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError as error:
        raise Malformed("A path is UTF-8, percent-encoded.") from error


def _raw_path(request: Request) -> str:
    found = _CONTENT.fullmatch(request.scope["raw_path"].split(b"?", 1)[0])
    if not found:
        raise Malformed("Encode each `/` of a bucket's name, or better, use its id.")
    return decode_path(found[1])


# The path behind `/content/` as the client sent it: frameworks decode, and libraries collapse, what the path rules must see.
RawPath = Annotated[str, Depends(_raw_path)]
