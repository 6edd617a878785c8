"""People at work while something breaks: files go up and come down through the front door, and whatever was acknowledged is remembered."""

import hashlib
import random
import secrets
import threading
from collections.abc import Mapping
from time import monotonic
from types import TracebackType
from typing import Self

import httpx

from tests.stack.native_stack import NativeStack

_PEOPLE = 3
_SIZES = (1, 70_000, 1_500_000, 3_000_000)
# What a request is answered with, while something is broken: never anything else, and never with an end of its own making.
_REFUSED = frozenset({429, 502, 503, 504})


class Load:
    """In a bucket of its own, from `with` to its end. `wrong`: whatever must never be, in words."""

    def __init__(self, stack: NativeStack) -> None:
        self._stack = stack
        with stack.http(stack.token) as http:
            answer = http.post("/buckets", json={"title": f"Load {secrets.token_hex(4)}"})
        self.bucket = str(answer.json()["name"])
        self.wrong: list[str] = []
        self.longest_seconds = 0.0
        self.done = 0
        self._acknowledged: dict[str, str] = {}
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(_PEOPLE)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    @property
    def acknowledged(self) -> Mapping[str, str]:
        """The SHA-256 of each file by its path."""
        return dict(self._acknowledged)

    def read_all(self) -> None:
        """Every acknowledged byte is there, and right."""
        with self._stack.http(self._stack.token) as http:
            for path in self.acknowledged:
                answer = http.get(f"/buckets/{self.bucket}/content/{path}")
                assert answer.status_code == 200, (path, answer.text)
                assert hashlib.sha256(answer.content).hexdigest() == self._acknowledged[path], path

    def _work(self, number: int) -> None:
        dice = random.Random(number)
        with self._stack.http(self._stack.token) as http:
            turn = 0
            while not self._ending.is_set():
                turn += 1
                self._put(http, f"{number}/{turn}", dice.randbytes(dice.choice(_SIZES)))
                if known := list(self._acknowledged):
                    self._get(http, dice.choice(known))

    def _put(self, http: httpx.Client, path: str, content: bytes) -> None:
        answer = self._ask(http, "PUT", path, content)
        if answer is not None and answer.status_code in {200, 201}:
            self._acknowledged[path] = hashlib.sha256(content).hexdigest()

    def _get(self, http: httpx.Client, path: str) -> None:
        answer = self._ask(http, "GET", path)
        if (
            answer is not None
            and answer.status_code == 200
            and hashlib.sha256(answer.content).hexdigest() != self._acknowledged[path]
        ):
            self.wrong.append(f"GET {path}: other bytes")

    def _ask(self, http: httpx.Client, method: str, path: str, content: bytes | None = None) -> httpx.Response | None:
        began = monotonic()
        try:
            answer = http.request(method, f"/buckets/{self.bucket}/content/{path}", content=content)
        except httpx.TimeoutException:
            self.wrong.append(f"{method} {path}: no answer")
            return None
        except httpx.TransportError:
            # Cut off: visibly no answer. A pause, as any client makes it.
            self._ending.wait(0.1)
            return None
        finally:
            self.longest_seconds = max(self.longest_seconds, monotonic() - began)
        self._judge(method, path, answer)
        return answer

    def _judge(self, method: str, path: str, answer: httpx.Response) -> None:
        if answer.is_success:
            self.done += 1
        elif answer.status_code not in _REFUSED:
            self.wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        elif answer.headers["content-type"] != "application/problem+json" or "retry-after" not in answer.headers:
            self.wrong.append(f"{method} {path}: {answer.status_code} without saying when to come again")
