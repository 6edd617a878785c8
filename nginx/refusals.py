"""What nginx answers by itself, as the problem documents that the rooms answer (RFC 9457)."""

import json
from collections.abc import Mapping

from foundation.problems import (
    URN,
    HeadersTooLarge,
    Malformed,
    MethodNotAllowed,
    NotFound,
    PreconditionFailed,
    Problem,
    TooLarge,
    Unavailable,
)
from nginx.errors import TooManyRequests

_UNREADABLE = "These bytes are no request that can be read: check address, length, encoding and headers."
_PROBLEMS: Mapping[int, Problem] = {
    400: Malformed(_UNREADABLE),
    404: NotFound(),
    405: MethodNotAllowed(),
    412: PreconditionFailed(),
    413: TooLarge(),
    414: HeadersTooLarge(),
    429: TooManyRequests("More requests than the front door lets through: wait a little."),
    494: HeadersTooLarge(),
    497: Malformed("This port speaks TLS: use https://."),
    # Mostly a request that is too long for memory, and no room for it on the disk.
    500: Unavailable("The front door has no room for this request at the moment; its log says why."),
    501: Malformed(_UNREADABLE),
    505: Malformed(_UNREADABLE),
}
# As the page's own, for what shows nothing and is not to be kept. What comes of a refused body is thrown away, not refused once more.
_ALWAYS = (
    "client_max_body_size 0; default_type application/problem+json; include headers.conf; add_header Cache-Control no-store always;"
    " add_header Content-Security-Policy \"default-src 'none'; frame-ancestors 'none'\" always;"
)


def refusals() -> str:
    """Locations of every answer of nginx's own, and the error pages that lead to them."""
    return "\n".join([*map(_refusal, _PROBLEMS), _unreached()]) + "\n"


def _refusal(status: int) -> str:
    """By an address: what cannot be read has none that a named location could be entered with."""
    problem = _PROBLEMS[status]
    retry = "".join(f" add_header {name} {value} always;" for name, value in problem.headers().items())
    return (
        f"error_page {status} ={problem.status} /refused/{status};\n"
        f"location = /refused/{status} {{ internal; {_ALWAYS}{retry}"
        f" return {problem.status} '{_document(problem)}'; }}"
    )


def _document(problem: Problem) -> str:
    return json.dumps(problem.document()).replace("'", "\\'")


def _unreached() -> str:
    members = {"type": f"{URN}$slug", "title": Unavailable.title, "status": 503}
    document = json.dumps(members | {"detail": "The service $room does not answer."})
    return (
        "error_page 502 503 504 =503 @unreached;\n"
        f"location @unreached {{ {_ALWAYS}"
        f" add_header Retry-After {Unavailable.retry_after_seconds} always; return 503 '{document}'; }}"
    )
