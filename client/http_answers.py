"""What comes back over HTTP, before anybody believes it."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from client.errors import AddressInvalid, AnswerInvalid

USER_AGENT = "cairn-client"


def server_url(url: str) -> str:
    """`url` without the `/` at its end. Raises AddressInvalid unless it can be a server's."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or parts.query or parts.fragment or parts.username:
        raise AddressInvalid(f"{url!r} is not the address of a server, such as https://cairn.example.org")
    return url.rstrip("/")


def body_of(response: httpx.Response, most: int) -> bytes:
    """Raises AnswerInvalid if there are more than `most` bytes."""
    pieces, size = [], 0
    for piece in response.iter_raw():
        size += len(piece)
        if size > most:
            raise AnswerInvalid(f"{response.url.path} answers more than the {most:,} bytes that it may have")
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def json_of(response: httpx.Response, data: bytes) -> Any:
    """None for no body. Raises AnswerInvalid for what is no JSON, or is not said to be."""
    if not data:
        return None
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise AnswerInvalid(
            f"{response.url.host} answers with {kind or 'something'} where Cairn answers with JSON:"
            " is the address right, or does a login page of the network stand in between?"
        )
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise AnswerInvalid(f"{response.url.path} answers with JSON that cannot be read: {error}") from None


def redirected(response: httpx.Response) -> AnswerInvalid:
    """A redirect is never followed: the token would go along."""
    return AnswerInvalid(
        f"{response.url.host} redirects to {response.headers.get('Location', 'elsewhere')!r}; sign in with the server's final address"
    )
