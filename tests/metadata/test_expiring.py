"""Uploads that nobody touches end in bounded slices, whatever they hold, and leave nothing behind."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, func, select, update

from foundation.database import Database
from foundation.database import opened as opened_database
from foundation.sql import now
from metadata import BlocksMissing, Catalogue, CatalogueSettings, UploadState
from metadata.schema import blocks, upload_blocks, upload_chunks, uploads
from tests.metadata.catalogues import Desk, chunks

SLICES = CatalogueSettings(
    dead_name_retention=timedelta(0), ended_upload_retention=timedelta(0), collect_chunks=4, stage_chunks=4
)
PLAN = chunks(*"abcdefghij")


@pytest.fixture
def database(location: str) -> Iterator[Database]:
    with opened_database(location) as database:
        yield database


@pytest.fixture
def sliced(opened: Callable[..., Catalogue]) -> Desk:
    return Desk(opened(SLICES))


def leave_alone(database: Database) -> None:
    """Nobody has touched any upload for a month."""

    def age(connection: object) -> None:
        long_ago = now(connection) - timedelta(days=30)  # type: ignore[arg-type]
        connection.execute(update(uploads).values(active_at=long_ago)).close()  # type: ignore[attr-defined]

    database.write(age)


def number(database: Database, table: object) -> int:
    count = select(func.count()).select_from(table)  # type: ignore[arg-type]
    return database.read(lambda connection: connection.execute(count).scalar_one())


def collect(catalogue: Catalogue) -> None:
    for page in (catalogue.collection.collect_contents, catalogue.collection.collect_blocks):
        after: int | None = 0
        while after is not None:
            after = page(after).last


def test_an_upload_that_holds_much_ends_in_slices_and_leaves_nothing(sliced: Desk, database: Database) -> None:
    upload = sliced.open("f", PLAN)
    sliced.send(upload, PLAN)
    leave_alone(database)
    held = [number(database, upload_blocks)]
    while sliced.catalogue.collection.expire_uploads():
        held.append(number(database, upload_blocks))
    assert held == [10, 6, 2, 0]
    assert sliced.catalogue.uploads.get(sliced.me, upload.id).state is UploadState.EXPIRED
    assert number(database, upload_chunks) == 0
    collect(sliced.catalogue)
    assert number(database, blocks) == 0


def test_an_upload_that_holds_much_is_aborted_in_slices_and_leaves_nothing(sliced: Desk, database: Database) -> None:
    """Of one call each transaction lets go of as much as one slice may."""
    upload = sliced.open("f", PLAN)
    sliced.send(upload, PLAN)
    taken: list[int] = []

    def remember(_connection: object, cursor: sqlite3.Cursor, statement: str, *_rest: object) -> None:
        if statement.startswith(("DELETE FROM upload_blocks", "DELETE FROM upload_chunks")):
            taken.append(cursor.rowcount)

    event.listen(Engine, "after_cursor_execute", remember)
    try:
        assert sliced.catalogue.uploads.end(sliced.me, upload.id) is UploadState.ABORTED
    finally:
        event.remove(Engine, "after_cursor_execute", remember)
    assert taken == [4, 4, 2, 4, 4, 2]
    assert sliced.catalogue.uploads.end(sliced.me, upload.id) is UploadState.ABORTED
    collect(sliced.catalogue)
    assert (number(database, upload_chunks), number(database, blocks)) == (0, 0)


def test_whoever_comes_back_between_the_slices_is_told_what_to_send_again(sliced: Desk, database: Database) -> None:
    upload = sliced.open("f", PLAN)
    sliced.send(upload, PLAN)
    leave_alone(database)
    assert sliced.catalogue.collection.expire_uploads() == 1
    collect(sliced.catalogue)
    assert sliced.catalogue.uploads.get(sliced.me, upload.id).state is UploadState.OPEN
    missing = sliced.catalogue.uploads.missing(sliced.me, upload.id, None, 100)
    assert len(missing) == 4
    with pytest.raises(BlocksMissing):
        sliced.commit(upload.id)
    again = [chunk for chunk in PLAN if chunk.id in missing]
    sliced.send(upload, again)
    assert sliced.catalogue.collection.expire_uploads() == 0
    assert sliced.commit(upload.id).version.num_chunks == 10
    assert sliced.at("f").size == sum(chunk.size for chunk in PLAN)


def test_what_a_crash_left_of_a_plan_goes_when_the_upload_is_forgotten(sliced: Desk, database: Database) -> None:
    upload = sliced.open("f", PLAN)
    # As it is when the process dies before the first slice of the plan.
    ended = update(uploads).where(uploads.c.id == upload.id).values(state=UploadState.EXPIRED.value)
    database.write(lambda connection: connection.execute(ended).close())
    assert number(database, upload_chunks) == 10
    assert sliced.catalogue.collection.prune() == 1
    assert (number(database, upload_chunks), number(database, uploads)) == (0, 0)
