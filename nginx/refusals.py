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
# As the page's own, for what shows nothing and is not to be kept.
_ALWAYS = (
    "default_type application/problem+json; include headers.conf; add_header Cache-Control no-store always;"
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
        # What comes of a refused body is thrown away, not refused once more.
        f"location = /refused/{status} {{ internal; client_max_body_size 0; {_ALWAYS}{retry}"
        f" return {problem.status} '{_document(problem)}'; }}"
    )


def not_allowed() -> str:
    """What the page takes is known here, of other addresses their rooms say (RFC 9110, 15.5.6): nginx refuses TRACE before it asks them."""
    return (
        # What becomes of asking the room is a problem as well: that it is down, above all.
        "recursive_error_pages on; error_page 405 = @not_allowed;\n"
        f"location @not_allowed {{ types {{ }} {_ALWAYS} add_header Allow $page_takes always;\n"
        '  include passed.conf; proxy_set_header Content-Length ""; proxy_pass_request_body off; proxy_method TRACE;\n'
        # TRACE has no content (RFC 9110, 9.3.8), and nginx keeps what comes all the same before it asks the room: in memory what is
        # small, never a file on its disk. Of a named location's limit it sees nothing where the length is declared.
        "  client_max_body_size 1;\n"
        f"  if ($room = \"\") {{ return 405 '{_document(MethodNotAllowed())}'; }}\n"
        '  if ($content_length ~ "^[0-9]{5,}$") { return 413; }\n'
        "  proxy_pass http://$room$request_uri; }\n"
    )


def _document(problem: Problem) -> str:
    return json.dumps(problem.document()).replace("'", "\\'")


def _unreached() -> str:
    members = {"type": f"{URN}$slug", "title": Unavailable.title, "status": 503}
    document = json.dumps(members | {"detail": "The service $room does not answer."})
    return (
        "error_page 502 503 504 =503 @unreached;\n"
        f"location @unreached {{ client_max_body_size 0; {_ALWAYS}"
        f" add_header Retry-After {Unavailable.retry_after_seconds} always; return 503 '{document}'; }}"
    )
