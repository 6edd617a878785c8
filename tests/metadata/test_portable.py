"""Rows as they travel: every table, every value, from either database into the other."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

import identity
import metadata
from foundation import portable_rows
from foundation.database import Database, opened
from foundation.portable_rows import RowPage
from identity import identity_rows
from identity.portable import LEFT_OUT as SIGNED_IN
from metadata import BackupHolds, HoldLapsed, catalogue_rows
from metadata.portable import LEFT_OUT
from tests.metadata.catalogues import Desk, chunks
from tests.servers.migrated import migrated_catalogue
from tests.servers.postgresql_server import Databases


def test_every_table_of_an_installation_travels_or_is_left_out_by_name(tmp_path: Path) -> None:
    location = migrated_catalogue(tmp_path / "catalogue.db")
    identity.migrate(location)
    metadata.migrate(location)
    with opened(location) as database:
        there = database.read(lambda connection: set(inspect(connection).get_table_names()))
    own = {name for name in there if name.startswith("search_") or name.endswith("_version")}
    travelling = catalogue_rows.tables.keys() | identity_rows.tables.keys()
    assert there - own == travelling | (there & (LEFT_OUT | SIGNED_IN))
    assert travelling & (LEFT_OUT | SIGNED_IN) == set()


def rows(moment: Any) -> int:
    return sum(page.rows for page in catalogue_rows.pages(moment))


def pages(database: Database) -> list[RowPage]:
    return database.snapshot(lambda moment: list(catalogue_rows.pages(moment)))


def test_rows_and_numbers_are_the_same_in_either_database(
    desk: Desk, database: Database, postgresql: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portable_rows, "PAGE_BYTES", 300)
    for name in ("a", "ü ' %s {}", "z" * 200):
        desk.put(name, chunks(name, "shared"), tags={"key": name[:20]}, executable=True)
    desk.basket(chunks("held"))
    told = pages(database)
    counters = database.snapshot(catalogue_rows.counters)
    assert counters["uploads"] == 4
    assert len([page for page in told if page.table == "files"]) == 2
    for location in (f"sqlite:///{tmp_path / 'other.db'}", postgresql.fresh_database()):
        metadata.migrate(location)
        with opened(location) as other:
            assert other.snapshot(catalogue_rows.is_empty)
            for page in told:
                other.write_long(partial(catalogue_rows.load, page=page))
            other.write_long(lambda connection: catalogue_rows.finish(connection, counters | {"candidates": 70}))
            assert pages(other) == told
            assert not other.snapshot(catalogue_rows.is_empty)
            assert other.snapshot(catalogue_rows.counters) == counters | {"candidates": 70}
            # What is found, and what is numbered next, go on from there.
            with opened(location) as again:
                catalogue = metadata.open_catalogue(again)
                upload = catalogue.uploads.open(desk.me, None, metadata.Precondition(), [])[0]
                assert upload.writer == 5
                found = catalogue.search.find(desk.me, metadata.SearchQuery(q="zzzz"))
                assert len(found.items) == 1


def test_a_snapshot_does_not_see_what_is_written_while_it_is_read(desk: Desk, database: Database) -> None:
    desk.put("a", chunks("a"))

    def body(moment: Any) -> tuple[int, int]:
        first = rows(moment)
        desk.put("b", chunks("b"))
        return first, rows(moment)

    before, after = database.snapshot(body)
    assert before == after < database.snapshot(rows)


def test_a_hold_is_alive_until_it_ends_and_never_again_once_it_lapsed(desk: Desk, database: Database) -> None:
    holds = BackupHolds(database)
    hold = holds.begin(timedelta(minutes=5))
    renewed = holds.renew(hold, timedelta(minutes=9))
    assert renewed.lease_until > hold.lease_until
    holds.end(renewed)
    with pytest.raises(HoldLapsed):
        holds.end(renewed)
    short = holds.begin(timedelta(microseconds=1))
    for act in (lambda: holds.renew(short, timedelta(minutes=5)), lambda: holds.end(short)):
        with pytest.raises(HoldLapsed):
            act()
    # A renewal that came too late has not helped.
    late = holds.renew(holds.begin(timedelta(minutes=5)), timedelta(minutes=5))
    with pytest.raises(HoldLapsed):
        holds._require_in_time(type(late)(late.id, late.since, late.since))  # noqa: SLF001
