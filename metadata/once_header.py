"""The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), read for routes of every room with a catalogue."""

import hashlib
import re
from typing import Annotated

from fastapi import Depends, Header, Request

from foundation.problems import Invalid
from metadata.batch import Once

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

# For OpenAPI, and for routes that read their body themselves; `once_from` then reads the header.
OnceKey = Annotated[
    str | None,
    Header(
        alias=HEADER,
        description="1 to 255 visible ASCII characters. Repeated within 24 hours with the same body: the first answer again.",
    ),
]


def once_from(request: Request, body: bytes | bytearray) -> Once | None:
    """What the request asks to be done once: its key, and the hash of method, address and body. Raises Invalid for no key."""
    keys = request.headers.getlist(HEADER)
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        rule = "one key of 1 to 255 visible ASCII characters"
        raise Invalid(f"{HEADER}: {rule}", errors=[{"field": HEADER, "message": rule}])
    address = request.scope["raw_path"].split(b"?", 1)[0] + b"?" + request.scope["query_string"]
    head = request.method.encode() + b" " + address + b"\n"
    return Once(keys[0], hashlib.sha256(head + body).digest())


async def _once(request: Request, _key: OnceKey = None) -> Once | None:
    return once_from(request, await request.body())


# For routes whose body the framework has read.
OnceOf = Annotated[Once | None, Depends(_once)]
