"""The outermost layer of a service: request ids, limits, metrics, one log line a request, and no exception that escapes."""

import logging
import re
import secrets
import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foundation import tracing
from foundation.http_problems import problem_response
from foundation.problems import HeadersTooLarge, Problem, TooLarge
from foundation.settings import ServiceSettings
from foundation.telemetry import OUR_FAULT, request_id

log = logging.getLogger("cairn.http")

_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
# Every few seconds, and of no interest.
_ASKED_BY_MACHINES = frozenset({"/healthz", "/readyz", "/readyz/all", "/metrics"})
_LIMIT, _RECEIVED = "cairn.body_limit", "cairn.body_received"
# Whatever else a request calls its method (RFC 9110, 9.1) would become a label of its own.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _keep_out_of_caches(headers: list[tuple[bytes, bytes]]) -> None:
    """Documents are of one person and one moment (RFC 9111, 5.2.2.5): Back would show them to whoever sits down next."""
    named = dict(headers)
    if b"json" in named.get(b"content-type", b"") and b"cache-control" not in named:
        headers.append((b"cache-control", b"no-store"))


def allow_body(request: Request, max_bytes: int | None) -> None:
    """Let this request's body be up to `max_bytes` (None: any length). Called by routes that stream, before they read."""
    request.scope[_LIMIT][0] = max_bytes


class Metrics:
    """Prometheus metrics of the requests of one service, `room`. Labels are route templates, never addresses."""

    def __init__(self, registry: CollectorRegistry, room: str = "") -> None:
        self.room = room
        self.requests = Counter(
            "cairn_http_requests", "Requests answered", ["room", "method", "route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "cairn_http_request_seconds",
            "Time from the request's head to the answer's end",
            ["room", "route"],
            registry=registry,
            buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60),
        )
        self.bytes = Counter(
            "cairn_http_bytes", "Bytes of bodies, received and sent", ["room", "route", "direction"], registry=registry
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """`status` 0: the answer was never begun."""
        self.requests.labels(self.room, method, route, status or "cut").inc()
        self.seconds.labels(self.room, route).observe(seconds)

    def moved(self, route: str, received: int, sent: int) -> None:
        if received:
            self.bytes.labels(self.room, route, "received").inc(received)
        if sent:
            self.bytes.labels(self.room, route, "sent").inc(sent)


class Requests:
    """ASGI middleware, and a pure one: a BaseHTTPMiddleware would cost a third of the throughput of blocks."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, metrics: Metrics) -> None:
        self._app, self._settings, self._metrics = app, settings, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in _ASKED_BY_MACHINES:
            await self._served(scope, receive, send, tracing.UNTOLD)
            return
        given = _header(scope, b"traceparent")
        with tracing.span("request", parent=given.decode("latin-1") if given else None, kind="server") as span:
            await self._served(scope, receive, send, span)

    async def _served(self, scope: Scope, receive: Receive, send: Send, span: tracing.Span) -> None:
        current = _request_id(scope)
        token = request_id.set(current)
        started, status, sent = time.perf_counter(), 0, 0

        async def answer(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", current.encode()))
                _keep_out_of_caches(message["headers"])
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._guarded(scope, self._limited(scope, receive), answer)
        except Exception:
            # The process edge: nothing of the inside leaves. A started answer can only be cut, visibly.
            log.exception("request failed", extra={"method": scope["method"], "advice": OUR_FAULT})
            if status:
                raise
            await problem_response(Problem())(scope, receive, answer)
        finally:
            route = self._tell(scope, status, sent, time.perf_counter() - started)
            told = {"cairn.room": self._metrics.room, "http.route": route, "http.response.status_code": status}
            span.called(f"{_method(scope)} {route}", told | {"cairn.request_id": current})
            request_id.reset(token)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = (
            len(scope.get("raw_path") or b"")
            + len(scope["query_string"])
            + sum(len(k) + len(v) for k, v in scope["headers"])
        )
        if size > self._settings.max_header_bytes:
            await problem_response(HeadersTooLarge())(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        limit: list[int | None] = [self._settings.max_body_bytes]
        scope[_LIMIT] = limit
        announced = int(_header(scope, b"content-length") or b"0")  # The server has refused what is no number.
        scope[_RECEIVED] = 0

        async def next_message() -> Message:
            if limit[0] is not None and max(announced, scope[_RECEIVED]) > limit[0]:
                raise HTTPException(TooLarge.status)  # FastAPI lets only its own exception out of reading a body.
            message = await receive()
            scope[_RECEIVED] += len(message.get("body", b""))
            if limit[0] is not None and scope[_RECEIVED] > limit[0]:
                raise HTTPException(TooLarge.status)
            return message

        return next_message

    def _tell(self, scope: Scope, status: int, sent: int, seconds: float) -> str:
        """The route."""
        # Plain routes of Starlette do not tell which of them was found.
        route: str = (
            scope["path"] if scope["path"] in _ASKED_BY_MACHINES else getattr(scope.get("route"), "path", "unknown")
        )
        self._metrics.count(_method(scope), route, status, seconds)
        self._metrics.moved(route, scope.get(_RECEIVED, 0), sent)
        log.info(
            "request",
            extra={
                "method": scope["method"],
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
            },
        )
        return route


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in _METHODS else "other"


def _header(scope: Scope, name: bytes) -> bytes | None:
    found: Any = next((value for key, value in scope["headers"] if key == name), None)
    return bytes(found) if found is not None else None


def _request_id(scope: Scope) -> str:
    given = _header(scope, b"x-request-id")
    return given.decode() if given and _SANE_ID.fullmatch(given) else secrets.token_hex(8)
