"""Conditional requests (RFC 9110, 13): entity tags only; a date with a resolution of a second proves nothing here."""

from collections.abc import Mapping

from foundation.http_wire import parse_etags
from foundation.problems import PreconditionFailed
from metadata import Precondition


def precondition(headers: Mapping[str, str]) -> Precondition:
    """If-Match and If-None-Match of a change. Raises Malformed."""
    return Precondition(
        if_match=parse_etags(headers.get("if-match")),
        if_none_match=tuple(tag.removeprefix("W/") for tag in parse_etags(headers.get("if-none-match"))),
    )


def is_not_modified(headers: Mapping[str, str], etag: str) -> bool:
    """Whether a GET is answered 304. Raises PreconditionFailed where If-Match wants another state; Malformed."""
    wanted = parse_etags(headers.get("if-match"))
    if wanted and wanted != ("*",) and etag not in wanted:  # Strong comparison: `W/x` is never equal.
        raise PreconditionFailed(f'The content has the entity tag "{etag}".', etag=etag)
    known = parse_etags(headers.get("if-none-match"))
    return known == ("*",) or etag in {tag.removeprefix("W/") for tag in known}


def is_range_wanted(headers: Mapping[str, str], etag: str) -> bool:
    """Whether Range counts: If-Range, where it is sent, must be exactly the present strong entity tag, else all is sent."""
    condition = headers.get("if-range")
    return condition is None or condition.strip() == f'"{etag}"'
