"""Requests to the outside, to addresses that are configured: bounded in size and time, and sent nowhere else by what is answered."""

import ssl
import time
from dataclasses import dataclass
from functools import cached_property

import httpx

from foundation.problems import Unavailable

MAX_ANSWER_BYTES = 256 * 1024
FETCH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class Fetcher:
    """Thread-safe. No proxy is asked, no redirect followed, no cookie kept."""

    def get(self, url: str) -> bytes:
        """The body at `url`. Raises Unavailable for anything but a 200 in FETCH_SECONDS with at most MAX_ANSWER_BYTES."""
        answer = self._answer(httpx.Request("GET", url, headers={"Accept": "application/json"}))
        if answer.status != 200:
            raise Unavailable(f"The issuer answers with {answer.status}.")
        return answer.body

    def post_form(self, url: str, body: str, headers: dict[str, str]) -> Answer:
        """What is answered to a form, whatever its status. Raises Unavailable as `get`, and for 5xx and 429."""
        form = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        answer = self._answer(httpx.Request("POST", url, content=body.encode(), headers=headers | form))
        if answer.status >= 500 or answer.status == 429:
            raise Unavailable(f"The issuer answers with {answer.status}.")
        return answer

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()  # Reading all certificates takes 20 MB: once, and only where there is TLS.

    def _answer(self, request: httpx.Request) -> Answer:
        ends, body = time.monotonic() + FETCH_SECONDS, b""
        tls = self._tls if request.url.scheme == "https" else False
        request.extensions["timeout"] = httpx.Timeout(FETCH_SECONDS).as_dict()
        try:
            with httpx.HTTPTransport(verify=tls, trust_env=False) as transport:
                answer = transport.handle_request(request)
                for piece in answer.iter_raw():
                    body += piece
                    # The transport's own limit is for each read: a server that drips bytes would hold us for hours.
                    if len(body) > MAX_ANSWER_BYTES or time.monotonic() > ends:
                        raise Unavailable("The issuer's answer is too large or too slow.")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable("The issuer does not answer at the moment.") from error
        return Answer(answer.status_code, body)
