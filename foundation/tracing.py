"""Traces (W3C Trace Context), told by OpenTelemetry where an endpoint is set; else nothing of it is loaded, and a span costs a look.

A span's name and attributes are kinds: routes, methods, statements without their values. Never paths, ids of people or secrets.
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from foundation.telemetry import request_id

HEADER = "traceparent"


class Span(Protocol):
    """What is running."""

    def called(self, name: str, attributes: Mapping[str, Any]) -> None:
        """What it turned out to be."""


class Tracer(Protocol):
    """See foundation.otlp."""

    def span(self, name: str, parent: str | None, kind: str, attributes: Mapping[str, Any]) -> Any: ...

    def told(self, name: str, parent: str, began_ns: int, attributes: Mapping[str, Any]) -> None: ...

    def traceparent(self) -> str | None: ...

    def flush(self) -> None: ...


class _Untold:
    def called(self, name: str, attributes: Mapping[str, Any]) -> None:
        """Nobody listens."""


UNTOLD = _Untold()
_tracers: list[Tracer] = []


def begin_tracing(service: str, endpoint: str | None) -> None:
    """Of this process, once, before anything is opened. `endpoint`: an OTLP/HTTP receiver; None: as OTEL_EXPORTER_OTLP_ENDPOINT says."""
    wanted = endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if wanted and not _tracers:
        from foundation.otlp import OtlpTracer

        _tracers.append(OtlpTracer(service, wanted))


def is_traced() -> bool:
    return bool(_tracers)


def span(
    name: str, *, parent: str | None = None, kind: str = "internal", **attributes: Any
) -> AbstractContextManager[Span]:
    """Runs until the block's end, in the trace of `parent`, a traceparent, else of what runs now. What it raises is noted by kind."""
    return _tracers[0].span(name, parent, kind, attributes) if _tracers else nullcontext(UNTOLD)


def span_inside(name: str, *, kind: str = "internal", **attributes: Any) -> AbstractContextManager[Span]:
    """As `span`, but only within what runs already: work that looks and finds nothing makes no traces."""
    return span(name, kind=kind, **attributes) if traceparent() else nullcontext(UNTOLD)


def told(name: str, parent: str | None, began_ns: int, **attributes: Any) -> None:
    """A span that began then (time.time_ns) and ends now, in the trace of `parent`."""
    if _tracers and parent:
        _tracers[0].told(name, parent, began_ns, attributes)


def traceparent() -> str | None:
    """Of what runs now, as a header; None: nothing is traced."""
    return _tracers[0].traceparent() if _tracers else None


def flush() -> None:
    """What is not told yet is told now: for processes that end without their own end."""
    for tracer in _tracers:
        tracer.flush()


def handed_on() -> dict[str, str]:
    """The headers by which another room goes on in this request and its trace."""
    found = {"X-Request-Id": request_id.get(), HEADER: traceparent()}
    return {name: value for name, value in found.items() if value}


def origin() -> str | None:
    """What is kept with an event: the request's id and, behind a blank, its traceparent. None outside of requests."""
    return " ".join(handed_on().values()) or None


def origin_parts(kept: str | None) -> tuple[str | None, str | None]:
    """The request's id and the traceparent of what `origin` gave."""
    asked, _, parent = (kept or "").partition(" ")
    return asked or None, parent or None
