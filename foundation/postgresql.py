"""Connections to PostgreSQL that do not wait for ever: a server that hangs keeps its sockets open and says nothing."""

import time
from collections.abc import Generator
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg.abc import Buffer, PQGen
from psycopg.types.array import ListDumper

T = TypeVar("T")

SILENCE_SECONDS = 5.0
CONNECT_SECONDS = 3


class PlainListDumper(ListDumper):
    """Lists of UUIDs, of numbers and of texts, as arrays: psycopg's own way looks at each item with regular expressions."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        kinds = set(map(type, obj))
        if kinds == {UUID}:
            return f"{{{','.join([id.hex for id in obj])}}}".encode()
        if kinds == {int}:
            return f"{{{','.join(map(str, obj))}}}".encode()
        if kinds != {str} or "\0" in (whole := "".join(obj)):
            return super().dump(obj)
        if '"' in whole or "\\" in whole:
            obj = [item.replace("\\", "\\\\").replace('"', '\\"') for item in obj]
        return '{{"{}"}}'.format('","'.join(obj)).encode()


class WatchedConnection(psycopg.Connection[Any]):
    """After each five seconds without an answer it looks whether the server still greets; if not, it gives up.

    A slow statement of a healthy server goes on: `statement_timeout` is the bound of that.
    """

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        return super().wait(self._watched(gen), interval, timeout)

    def _watched(self, gen: PQGen[T]) -> Generator[Any, Any, T]:
        heard = time.monotonic()
        try:
            awaited = next(gen)
            while True:
                ready = yield awaited
                if ready:
                    heard = time.monotonic()
                elif time.monotonic() - heard > SILENCE_SECONDS:
                    self._require_greeting()
                    heard = time.monotonic()
                awaited = gen.send(ready)
        except StopIteration as end:
            result: T = end.value
            return result

    def _require_greeting(self) -> None:
        try:
            psycopg.connect(self.info.dsn, password=self.info.password or None, connect_timeout=CONNECT_SECONDS).close()
        except psycopg.OperationalError as error:
            if "too many" in str(error):  # It is busy, and alive.
                return
            self.close()
            raise psycopg.OperationalError("the server has stopped answering") from error
