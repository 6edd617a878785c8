"""Calling another room over HTTP: problems raised again as their classes, bounded waits and answers, repeats only of what may be."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpcore
import httpx
import orjson

from foundation import tracing
from foundation.addresses import Addresses
from foundation.blocks import MIB
from foundation.identity import NOBODY, Identity
from foundation.internal_calls import acting_for_header
from foundation.problems import OutcomeUnknown, Problem, Unavailable, problem_from
from foundation.retries import RetryBudget, RetryTimes
from foundation.room_tokens import TokenSource
from foundation.service_tokens import LIFETIME_SECONDS, Room
from foundation.wide_transport import BROKEN, NEVER_SENT, WideTransport

_NO_BYTES = httpx.ByteStream(b"")
_TEMPORARY = frozenset({502, 503, 504})
# Shorter than servers keep an idle connection: one that closes under a request leaves its outcome unknown.
_IDLE_SECONDS = 3.0
_READY_SECONDS = 2.5


@dataclass(frozen=True, slots=True)
class RoomLimits:
    connect_seconds: float = 2.0
    answer_seconds: float = (
        35.0  # beyond the longest statement that a database is given; for the answer's body once more
    )
    answer_bytes: int = 64 * MIB
    connections: int = 64
    retries: RetryTimes = field(default_factory=RetryTimes)


class RoomClient:
    """One other room, by the addresses of its processes. Thread-safe; keeps connections."""

    def __init__(self, address: str, me: Room, tokens: TokenSource, limits: RoomLimits | None = None) -> None:
        """`address`: `http://host:port`, or several with commas between them. Opens no connection yet."""
        self._address, self._me, self._tokens = address, me, tokens
        self._places = Addresses(address)
        self._limits = limits = limits or RoomLimits()
        self._budget = RetryBudget(limits.retries)
        self._lock = threading.Lock()
        self._token, self._minted = "", -float(LIFETIME_SECONDS)
        # Rooms speak plain HTTP on a private network; reading all certificates would cost each process 20 MB.
        self._http = httpx.Client(
            transport=WideTransport(limits.connections, idle_seconds=_IDLE_SECONDS),
            timeout=httpx.Timeout(limits.answer_seconds, connect=limits.connect_seconds, pool=limits.answer_seconds),
            headers={"Accept-Encoding": "identity"},
            trust_env=False,
        )

    def call(  # noqa: PLR0913 — a request has so many parts.
        self,
        method: str,
        path: str,
        *,
        is_repeatable: bool,
        acting_for: Identity = NOBODY,
        content: bytes | bytearray | memoryview | None = None,
        headers: dict[str, str] | None = None,
        seconds: float | None = None,
    ) -> httpx.Response:
        """The answer, 2xx or 304. `is_repeatable`: may be sent again after an unknown outcome. `seconds`: wait so long for it instead.

        Raises the problem that the room answered, Unavailable when it did nothing, OutcomeUnknown when it may have. Redirects
        are not followed: no room answers with one, and the token is for this room alone.
        """
        with tracing.span_inside(f"call {method}", kind="client", **{"server.address": self._address}):
            failure: Problem = Unavailable()
            # A try after a failure goes to another process, where there is one.
            for _, place in zip(self._budget.tries(), self._places.turn(), strict=False):
                sent = self._headers(acting_for) | tracing.handed_on() | (headers or {})
                body = (
                    bytes(content) if content is not None else None
                )  # httpx takes other buffers for streams of numbers.
                request = self._http.build_request(method, place + path, content=body, headers=sent)
                if seconds is not None:
                    request.extensions["timeout"] |= {"read": seconds}
                try:
                    response = self._answer(request)
                except NEVER_SENT as error:
                    self._places.failed(place)
                    failure = Unavailable(f"A service of Cairn does not answer ({place}).")
                    failure.__cause__ = error
                    continue
                except BROKEN as error:
                    self._places.failed(place)
                    failure = OutcomeUnknown(f"A service of Cairn went away in the middle of an answer ({place}).")
                    failure.__cause__ = error
                    if is_repeatable:
                        continue
                    raise failure from error
                if response.is_success or response.status_code == 304:
                    self._budget.succeeded()
                    return response
                failure = _problem(response)
                if response.status_code not in _TEMPORARY or (
                    isinstance(failure, OutcomeUnknown) and not is_repeatable
                ):
                    raise failure
            raise failure

    def ready(self) -> None:
        """Raises Unavailable unless a process of the room says that it is ready."""
        if self._readyz().status_code != 200:
            raise Unavailable(f"A service of Cairn is not ready ({self._address}).")

    def require_of(self, name: str) -> None:
        """Raises Unavailable unless a process of the room says that what it calls `name` is ready, whatever else is."""
        response = self._readyz()
        try:
            state = response.json()["services"][name]
        except (ValueError, TypeError, KeyError):
            state = "unknown"
        if state != "ok":
            raise Unavailable(f"{name}: {state} ({self._address}).")

    def _readyz(self) -> httpx.Response:
        """Of the first that is ready, else of one that is not. Raises Unavailable where none answers."""
        found, cause = None, None
        for place in self._places.each():
            try:
                found = self._http.get(f"{place}/readyz", timeout=_READY_SECONDS / len(self._places))
            except (*NEVER_SENT, *BROKEN) as error:
                self._places.failed(place)
                cause = error
            if found is not None and found.status_code == 200:
                break
        if found is None:
            raise Unavailable(f"A service of Cairn does not answer ({self._address}).") from cause
        return found

    def close(self) -> None:
        self._http.close()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        """The whole answer. httpx bounds each read alone: a body that drips, or never ends, would hold the caller for ever."""
        response = self._http.send(request, stream=True)
        try:
            ends, size, pieces = time.monotonic() + self._limits.answer_seconds, 0, []
            for piece in response.iter_raw():
                pieces.append(piece)
                size += len(piece)
                if time.monotonic() > ends or size > self._limits.answer_bytes:
                    raise httpcore.ReadTimeout("the answer is too slow or too long")
        finally:
            response.close()
            # It and its stream know each other: a request's megabytes would stay until the collector of cycles comes by.
            response.stream = _NO_BYTES
        if "content-encoding" in response.headers:
            raise httpcore.RemoteProtocolError("no room packs its answers")
        return httpx.Response(response.status_code, headers=response.headers, content=b"".join(pieces))

    def _headers(self, acting_for: Identity) -> dict[str, str]:
        with self._lock:
            if time.monotonic() - self._minted > LIFETIME_SECONDS / 2:
                self._token, self._minted = self._tokens.mint(self._me), time.monotonic()
            token = self._token
        return {"Authorization": f"Bearer {token}"} | acting_for_header(acting_for)


def _problem(response: httpx.Response) -> Problem:
    try:
        document: Any = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        document = None
    if isinstance(document, dict) and response.status_code >= 400:
        return problem_from(document, response.status_code)
    detail = f"A service of Cairn answered {response.status_code} without saying why."
    if response.status_code >= 500:  # A proxy's words, which cannot know what was done.
        return OutcomeUnknown(detail)
    return Unavailable(detail)
