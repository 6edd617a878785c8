"""Bodies of requests as bytes, read within limits of size and time."""

import asyncio

from fastapi import Request
from starlette.requests import ClientDisconnect

from foundation.http_requests import allow_body
from foundation.problems import BodyIncomplete, BodyTooSlow, TooLarge, UnsupportedMediaType


def require_media_type(request: Request, wanted: str) -> None:
    """Raises UnsupportedMediaType unless the body says that it is `wanted`."""
    if media_type(request) != wanted:
        raise UnsupportedMediaType(f"Send the body as `Content-Type: {wanted}`.")


def media_type(request: Request) -> str:
    """What the body says that it is, without parameters; "" where it says nothing."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def declared_bytes(request: Request) -> int | None:
    """Content-Length, which the server has checked to be a number; None where the length is not told beforehand."""
    header = request.headers.get("content-length")
    return int(header) if header is not None else None


async def read_body(request: Request, max_bytes: int, seconds: float | None = None) -> bytearray:
    """The whole body. Raises TooLarge, before anything is read where the length is declared; BodyTooSlow; BodyIncomplete."""
    allow_body(request, None)  # Judged here, where a block's size is another problem than a request's.
    if (declared_bytes(request) or 0) > max_bytes:
        raise TooLarge(f"This body has at most {max_bytes:,} bytes.")
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.stream():
                body += piece
                if len(body) > max_bytes:
                    raise TooLarge(f"This body has at most {max_bytes:,} bytes.")
    except TimeoutError as error:
        raise BodyTooSlow(f"A body like this must arrive within {seconds:.0f} seconds.") from error
    except ClientDisconnect as error:
        raise BodyIncomplete from error
    return body
