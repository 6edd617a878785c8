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

from foundation.http_problems import problem_response
from foundation.problems import HeadersTooLarge, Problem, TooLarge
from foundation.settings import ServiceSettings
from foundation.telemetry import request_id

log = logging.getLogger("cairn.http")

_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LIMIT = "cairn.body_limit"


def _keep_out_of_caches(headers: list[tuple[bytes, bytes]]) -> None:
    """Documents are of one person and one moment (RFC 9111, 5.2.2.5): Back would show them to whoever sits down next."""
    named = dict(headers)
    if b"json" in named.get(b"content-type", b"") and b"cache-control" not in named:
        headers.append((b"cache-control", b"no-store"))


def allow_body(request: Request, max_bytes: int | None) -> None:
    """Let this request's body be up to `max_bytes` (None: any length). Called by routes that stream, before they read."""
    request.scope[_LIMIT][0] = max_bytes


class Metrics:
    """Prometheus metrics of the requests of one service. Labels are route templates, never addresses."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "cairn_http_requests", "Requests answered", ["method", "route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "cairn_http_request_seconds",
            "Time from the request's head to the answer's end",
            ["route"],
            registry=registry,
            buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60),
        )


class Requests:
    """ASGI middleware, and a pure one: a BaseHTTPMiddleware would cost a third of the throughput of blocks."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, metrics: Metrics) -> None:
        self._app, self._settings, self._metrics = app, settings, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        current = _request_id(scope)
        token = request_id.set(current)
        started, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", current.encode()))
                _keep_out_of_caches(message["headers"])
            await send(message)

        try:
            await self._guarded(scope, self._limited(scope, receive), answer)
        except Exception:
            # The process edge: nothing of the inside leaves. A started answer can only be cut, visibly.
            log.exception("request failed", extra={"method": scope["method"]})
            if status:
                raise
            await problem_response(Problem())(scope, receive, answer)
        finally:
            self._tell(scope, status, time.perf_counter() - started)
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
        received = int(_header(scope, b"content-length") or b"0")  # The server has refused what is no number.
        counted = 0

        async def next_message() -> Message:
            nonlocal counted
            if limit[0] is not None and max(received, counted) > limit[0]:
                raise HTTPException(TooLarge.status)  # FastAPI lets only its own exception out of reading a body.
            message = await receive()
            counted += len(message.get("body", b""))
            if limit[0] is not None and counted > limit[0]:
                raise HTTPException(TooLarge.status)
            return message

        return next_message

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        self._metrics.requests.labels(scope["method"], route, status or "cut").inc()
        self._metrics.seconds.labels(route).observe(seconds)
        log.info(
            "request",
            extra={
                "method": scope["method"],
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
            },
        )


def _header(scope: Scope, name: bytes) -> bytes | None:
    found: Any = next((value for key, value in scope["headers"] if key == name), None)
    return bytes(found) if found is not None else None


def _request_id(scope: Scope) -> str:
    given = _header(scope, b"x-request-id")
    return given.decode() if given and _SANE_ID.fullmatch(given) else secrets.token_hex(8)
