"""Sync events: one for each thing that was done, with its journal's event id, written with it; none for what changed nothing."""

from collections.abc import Iterable, Iterator
from uuid import UUID

import pytest
from sqlalchemy import select

from foundation.database import Database
from foundation.database import opened as opened_database
from metadata import (
    Delete,
    FileNotFound,
    Move,
    MovePrefix,
    open_catalogue,
)
from metadata.schema import changes
from metadata.sync_schema import sync_events
from tests.metadata.event_cases import CASES, SETTINGS, Event, Stage


def written(database: Database) -> dict[UUID, Event]:
    columns = [sync_events.c[name] for name in ("type", "bucket", "file", "version", "total_chunks")]
    query = select(sync_events.c.id, *columns, sync_events.c.deleted_chunks, sync_events.c.failed_chunks)
    rows = database.read(lambda connection: connection.execute(query).all())
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: tuple(row[1:]) for row in rows}  # type: ignore[misc]


def strangers_to_journals(database: Database) -> set[UUID]:
    """Events that are no change's, and changes of files that have no event."""
    told = select(changes.c.event_id, changes.c.kind)
    kinds = dict(database.read(lambda connection: [tuple(row) for row in connection.execute(told)]))
    events = set(written(database))
    return {id for id in events if id not in kinds} | {
        id for id, kind in kinds.items() if kind.startswith("file.") and id not in events
    }


def in_order(events: Iterable[Event]) -> list[str]:
    return sorted(map(repr, events))


@pytest.fixture
def database(location: str) -> Iterator[Database]:
    with opened_database(location) as database:
        yield database


def test_each_thing_done_writes_exactly_its_events_and_doing_it_again_none(database: Database) -> None:
    catalogue = open_catalogue(database, SETTINGS)
    expected, found, again = {}, {}, {}
    for name, does in CASES.items():
        steps = does(Stage(catalogue, database))
        next(steps)
        before = written(database)
        expected[name] = in_order(next(steps))
        after = written(database)
        found[name] = in_order(after[id] for id in after.keys() - before.keys())
        assert next(steps, None) is None
        again[name] = [event for id, event in written(database).items() if id not in after]
    assert found == expected
    assert [event for events in again.values() for event in events] == []
    assert strangers_to_journals(database) == set()


def test_a_transaction_that_goes_back_takes_its_events_along(database: Database) -> None:
    stage = Stage(open_catalogue(database, SETTINGS), database)
    before = written(database)
    with pytest.raises(FileNotFound):
        stage.desk.apply(Move("g", path="f"), MovePrefix("in", "out"), Delete(path="nowhere"))
    assert written(database) == before
    assert stage.desk.now().sequence == 1
