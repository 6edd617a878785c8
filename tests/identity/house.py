"""What the tests of identity work with."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event

from foundation.database import Database
from identity import IdentityRoom, open_identity
from identity.passwords import Passwords
from identity.sign_in import Browser

SECRET = b"s" * 32
URL = "http://cairn.test"
EMAIL, PASSWORD = "ada@example.org", "correct horse battery"
HOME = Browser("192.0.2.1", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
QUICK = Passwords(time_cost=1, memory_kib=8)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class House:
    """A room, its clock and its database."""

    room: IdentityRoom
    clock: Hands
    database: Database

    def another_process(self) -> IdentityRoom:
        """A second room on the same database, which hears of nothing that the first one does."""
        return open_identity(self.database, SECRET, URL, passwords=QUICK, clock=self.clock)

    @contextmanager
    def inserts(self) -> Iterator[list[str]]:
        """The tables into which rows are written meanwhile, in that order."""
        found: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            found.extend(re.findall(r"^INSERT INTO (\w+)", statement))

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield found
        finally:
            event.remove(Engine, "before_cursor_execute", note)
