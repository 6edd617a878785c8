"""One server's API over HTTP: the token, retries, and answers that are checked before anybody believes them."""

import random
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import orjson

from client.errors import ServerUnreachable
from client.http_answers import USER_AGENT, body_of, json_of, redirected, server_url
from client.retry import TEMPORARY, Failure
from client.settings import ClientSettings
from client.token_source import TokenSource
from client.whole_blocks import WholeBlocks
from foundation.blocks import MIB
from foundation.problems import Problem, problem_from
from foundation.wide_transport import BROKEN, NEVER_SENT, WideTransport, is_certificate_refused

MAX_JSON_BYTES = 64 * MIB
_MAX_REFUSAL_BYTES = MIB  # Whatever was asked for: what is refused may be shorter than the words for it.
OK = 200
PARTIAL_CONTENT = 206
UNAUTHENTICATED = 401
BLOCKS_TYPE = "application/vnd.cairn.blocks"


@dataclass(frozen=True, slots=True)
class _Call:
    """`body` is made anew for each try; of what it was asked for the answer has at most `most` bytes."""

    method: str
    path: str
    params: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], bytes | Iterable[bytes]] | None = None
    most: int = MAX_JSON_BYTES
    is_repeatable: bool = True


class Connection:
    """A pool of connections to the Cairn server at `url`. Thread-safe. Redirects are never followed, so the token stays there.

    Raises AddressInvalid for a `url` that is none.
    """

    def __init__(
        self,
        url: str,
        tokens: TokenSource,
        settings: ClientSettings,
        clock: Callable[[], float] = time.monotonic,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self.url = server_url(url)
        self._tokens = tokens
        self._settings = settings
        self._clock = clock
        self._dice = dice
        self._closed = threading.Event()
        secure = httpx.create_ssl_context() if self.url.startswith("https:") else None
        self.whole_blocks = WholeBlocks(self.url, tokens, settings, secure)
        self._http = httpx.Client(
            transport=WideTransport(settings.jobs + 2, secure),
            headers={"Accept-Encoding": "identity", "User-Agent": USER_AGENT},
            timeout=httpx.Timeout(settings.timeout_seconds, connect=settings.connect_timeout_seconds),
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """End all connections, and every retry that waits."""
        self._closed.set()
        self.whole_blocks.close()
        self._http.close()

    def ask_once(self, path: str, body: object) -> Any:
        """What a POST of `body` makes, once however often it is tried: under an Idempotency-Key of its own."""
        data, headers = orjson.dumps(body), {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        return json_of(*self._send(_Call("POST", path, {}, headers, lambda: data)))

    def ask(self, method: str, path: str, body: object = None, *, is_repeatable: bool = True, **params: Any) -> Any:
        """The JSON that `path` (below /api/v1, already percent-encoded) answers; None for an answer without a body.

        `params` of None are left out. Raises the server's Problem, ServerUnreachable, AnswerInvalid.
        """
        if body is None:
            return json_of(*self._send(_Call(method, path, params, is_repeatable=is_repeatable)))
        data, headers = orjson.dumps(body), {"Content-Type": "application/json"}
        return json_of(*self._send(_Call(method, path, params, headers, lambda: data, is_repeatable=is_repeatable)))

    def put_blocks(self, path: str, body: Callable[[], Iterable[bytes]], size: int) -> None:
        """Send `size` bytes of framed blocks; `body()` gives them, again for each try. Raises what the server says of one."""
        headers = {"Content-Type": BLOCKS_TYPE, "Content-Length": str(size)}
        answer = json_of(*self._send(_Call("POST", path, {}, headers, body)))
        for result in answer.get("results", ()) if isinstance(answer, dict) else ():
            if isinstance(result, dict) and isinstance(result.get("problem"), dict):
                raise _problem(result["problem"], 422)

    def read(self, path: str, most: int) -> bytes:
        """The bytes that `path` answers. Raises AnswerInvalid if there are more than `most`."""
        return self._send(_Call("GET", path, {}, most=most))[1]

    def pieces(self, path: str, start: int, end: int) -> Generator[bytes, None, None]:
        """Bytes `start` to `end` of what `path` answers, as they come, in one try. Raises ServerUnreachable where they break off."""
        headers = {"Range": f"bytes={start}-{end - 1}"}
        return self._streamed(_Call("GET", path, {}, headers), PARTIAL_CONTENT)

    def blocks(self, path: str, body: object) -> Generator[bytes, None, None]:
        """The framed blocks that a POST of `body` answers, as `pieces`."""
        data = orjson.dumps(body)
        return self._streamed(_Call("POST", path, {}, {"Content-Type": "application/json"}, lambda: data), OK)

    def _streamed(self, call: _Call, status: int) -> Generator[bytes, None, None]:
        try:
            response = self._opened(call)
            try:
                if response.status_code != status:
                    raise ServerUnreachable(f"{response.url.host} answers {response.status_code}")
                yield from response.iter_raw()
            finally:
                response.close()
        except (*NEVER_SENT, *BROKEN, RuntimeError) as error:
            raise ServerUnreachable(f"the connection to {self.url} broke: {error or type(error).__name__}") from None

    def _send(self, call: _Call) -> tuple[httpx.Response, bytes]:
        tries, failed_first = 0, None
        while True:
            answer = self._try(call)
            if not isinstance(answer, Failure):
                return answer
            tries += 1
            failed_first = self._clock() if failed_first is None else failed_first
            waited = self._clock() - failed_first
            delay = self._settings.retry.delay(answer, tries, waited, call.is_repeatable, self._dice)
            if delay is None or self._closed.wait(delay):
                raise answer.problem

    def _opened(self, call: _Call) -> httpx.Response:
        """The answer, its body not read yet. A token that is refused is renewed once: with 401, nothing was done."""
        token = self._tokens.token()
        response = self._http.send(self._request(call, token), stream=True)
        if response.status_code != UNAUTHENTICATED:
            return response
        try:
            other = self._tokens.renewed(token)
        except BaseException:
            response.close()
            raise
        if other == token:
            return response
        response.close()
        return self._http.send(self._request(call, other), stream=True)

    def _request(self, call: _Call, token: str) -> httpx.Request:
        params = {key: value for key, value in call.params.items() if value is not None}
        return self._http.build_request(
            call.method,
            f"{self.url}/api/v1{call.path}",
            params=params or None,
            content=call.body() if call.body else None,
            headers={**call.headers, "Authorization": f"Bearer {token}"},
        )

    def _try(self, call: _Call) -> tuple[httpx.Response, bytes] | Failure:
        if self._closed.is_set():
            return Failure(ServerUnreachable("this client is closed"), is_temporary=False, may_have_happened=False)
        try:
            response = self._opened(call)
            try:
                data = body_of(response, call.most if response.is_success else _MAX_REFUSAL_BYTES)
            finally:
                response.close()
        except ServerUnreachable as away:  # There was no token to be had.
            return Failure(away, is_temporary=True, may_have_happened=False)
        except NEVER_SENT as error:
            problem = ServerUnreachable(f"no connection to {self.url}: {error or type(error).__name__}")
            return Failure(problem, not is_certificate_refused(error), may_have_happened=False)
        except BROKEN as error:
            problem = ServerUnreachable(f"the connection to {self.url} broke: {error or type(error).__name__}")
            return Failure(problem, is_temporary=True, may_have_happened=True)
        except RuntimeError as error:  # httpx: "Cannot send a request, as the client has been closed."
            return Failure(ServerUnreachable(str(error)), is_temporary=False, may_have_happened=False)
        return (response, data) if response.is_success else _refusal(response, data)


def _refusal(response: httpx.Response, data: bytes) -> Failure:
    """An answer that is no success, as a problem. Only a problem document can say that nothing happened."""
    status = response.status_code
    document = _problem_document(response, data)
    if response.is_redirect:
        problem: Problem = redirected(response)
    elif document is None:
        problem = ServerUnreachable(f"{response.url.host} answers {status} without saying why")
        problem.status = status  # type: ignore[misc]  # What a proxy in between answered.
    else:
        problem = _problem(document, status)
    # 429 is given before anything is done; a 503 of Cairn's says so, but for the one whose name is its meaning.
    happened = not (status == 429 or (status == 503 and document is not None and problem.slug != "outcome-unknown"))
    return Failure(problem, status in TEMPORARY, happened, _retry_after(response))


def _problem_document(response: httpx.Response, data: bytes) -> Mapping[str, Any] | None:
    if not response.headers.get("Content-Type", "").startswith("application/problem+json"):
        return None
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _problem(document: Mapping[str, Any], status: int) -> Problem:
    """As problem_from, and with the slug and title of a problem that only the server's rooms have a class for."""
    members = {key: value for key, value in document.items() if isinstance(key, str)}
    problem = problem_from(members, status)
    if type(problem) is Problem:
        problem.slug = str(document.get("type", "")).rpartition(":")[2] or "unknown"  # type: ignore[misc]
        problem.title = str(document.get("title") or problem.slug)  # type: ignore[misc]
    return problem


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds; a date or nonsense counts as nothing, our own backoff does then."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 7 else None
