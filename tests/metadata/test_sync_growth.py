"""What verification tells costs the same however much there is: every statement goes along an index, and sorts nothing long."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from foundation.blocks import BlockId
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.sql import insert_rows, now
from metadata.model import ChangeKind
from metadata.schema import blocks
from metadata.sql_proofs import SqlProofs
from metadata.sql_sync_records import SqlSyncRecords
from metadata.sync_model import EventQuery, EventStatus
from metadata.sync_schema import sync_events
from tests.metadata.readers import House, house
from tests.metadata.sync_rows import administrator

__all__ = ["house"]
EVENTS = 8_000
LARGE = ("sync_events", "blocks")


@dataclass(frozen=True)
class Grown:
    house: House
    bucket: Any
    file: Any
    version: Any

    @property
    def me(self) -> Identity:
        return self.house.me

    def plans(self, ask: Callable[[], object]) -> list[str]:
        """How the database goes about each statement that `ask` makes."""
        said: list[tuple[str, Any]] = []
        engine = self.house.database._reader  # noqa: SLF001 — what it executes is what is looked at.

        def note(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
            said.append((statement, parameters))

        event.listen(engine, "before_cursor_execute", note)
        try:
            ask()
        finally:
            event.remove(engine, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN" if self.house.database.is_sqlite else "EXPLAIN"

        def body(connection: Connection) -> list[str]:
            return [
                "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
                for statement, parameters in said
            ]

        return self.house.database.read(body)


@pytest.fixture
def grown(house: House) -> Grown:
    """Many events of mine, of which few are unfinished; as many blocks, of which few are bad or unread."""
    bucket = house.bucket()
    (version,) = house.put(bucket.id, "f")
    moment = house.database.read(now)
    common = {"bucket": bucket.id, "owner": house.me.user, "type": "file.updated", "next_attempt_at": moment}
    statuses = {0: "failed", 1: "pending", 2: "processing"}
    rows = [
        common
        | {
            "id": new_id(),
            "file": version.file_id if n % 100 == 0 else new_id(),
            "version": new_id(),
            "status": statuses.get(n % 400, "completed"),
            "created_at": (at := moment - timedelta(seconds=n)),
            "updated_at": at,
            "healed_at": at if n % 300 == 0 else None,
        }
        for n in range(EVENTS)
    ]
    kept = [
        {
            "id": (id := BlockId.of(str(n).encode())),
            "name": f"{id}.1-{n:016x}",
            "size": 1,
            "stored_size": 1,
            "xxh3": 0,
            "state": "missing" if n % 500 == 0 else "stored",
            "registered_at": moment - timedelta(days=9),
            "checked_at": moment,
            "verified_at": None if n % 600 == 1 else moment - timedelta(seconds=n),
        }
        for n in range(EVENTS)
    ]

    def body(connection: Connection) -> None:
        insert_rows(connection, sync_events, rows)
        insert_rows(connection, blocks, kept)
        if connection.dialect.name == "postgresql":  # It does so by itself; SQLite does not.
            connection.execute(text("ANALYZE"))

    house.database.write(body)
    return Grown(house, bucket, version.file_id, version.version_id)


def check(plans: list[str]) -> None:
    """No plan reads a large table from end to end, or sorts what it reads."""
    assert plans
    for plan in plans:
        for table in LARGE:
            assert f"Seq Scan on {table}" not in plan, plan
            assert f"SCAN {table}\n" not in f"{plan}\n", plan


def is_in_order(plan: str) -> bool:
    return "USE TEMP B-TREE FOR ORDER BY" not in plan and "Sort" not in plan


QUERIES = (
    EventQuery(),
    EventQuery(oldest_first=True),
    EventQuery(status=EventStatus.FAILED),
    EventQuery(status=EventStatus.PENDING, oldest_first=True),
    EventQuery(status=EventStatus.COMPLETED),
    EventQuery(type=ChangeKind.FILE_PURGED),
    EventQuery(healed_only=True),
)


def test_pages_of_events_are_walks_along_an_index(grown: Grown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metadata.event_pages._MOST_SCANNED", 300)
    records = SqlSyncRecords(grown.house.database)
    for query in QUERIES:
        first = records.events(grown.me, replace(query, limit=5))
        for caller in (grown.me, administrator()):
            for asked in (query, replace(query, after=first.next_key), replace(query, bucket=str(grown.bucket.id))):
                plans = grown.plans(lambda asked=asked, caller=caller: records.events(caller, asked))
                check(plans)
                assert all(is_in_order(plan) for plan in plans if "Join" not in plan), (asked, plans)
        check(grown.plans(lambda query=query: records.events(grown.me, replace(query, file_id=grown.file))))


def test_figures_hints_and_what_is_wanted_go_along_indexes(grown: Grown) -> None:
    records = SqlSyncRecords(grown.house.database)
    check(grown.plans(lambda: records.figures(grown.me)))
    check(grown.plans(lambda: records.figures(administrator())))
    check(grown.plans(lambda: records.wanted(grown.me, BlockId.of(b"x"), 10)))
    check(grown.plans(lambda: records.open_checks(grown.me, {grown.version: grown.file})))
    check(grown.plans(lambda: grown.house.files.folders(grown.me, "mine", ["", "a/"])))
    check(grown.plans(lambda: records.hints([grown.me.user], grown.house.database.read(now), 10)))


def test_what_a_round_has_still_to_read_is_found_by_indexes(grown: Grown) -> None:
    proofs = SqlProofs(grown.house.database)
    number = proofs.request(administrator(), is_urgent=True).number
    assert len(proofs.unproved(number, 2 * EVENTS)) == EVENTS
    plans = grown.plans(lambda: proofs.unproved(number, 50))
    check(plans)
    assert all(map(is_in_order, plans))
