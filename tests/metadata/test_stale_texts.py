"""Search after folders have moved: right before its index knows, and the index is whole when it has caught up."""

import sqlite3
from contextlib import closing

import pytest

from foundation.database import opened
from foundation.ids import new_id
from foundation.sql import insert_rows
from metadata import (
    Catalogue,
    Delete,
    DeletePrefix,
    Describe,
    Move,
    MovePrefix,
    Put,
    RestorePrefix,
    SearchQuery,
    sql_trigrams,
)
from metadata.schema import files
from metadata.search_text import search_text
from tests.metadata.catalogues import Desk


def index_is_whole(location: str) -> bool:
    """SQLite's index holds the trigrams of the live files, and no other, each under its file's number."""
    with closing(sqlite3.connect(location.removeprefix("sqlite:///"))) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.held USING fts5vocab('main', 'search_index', 'instance')")
        held = set(connection.execute("SELECT term, doc FROM temp.held"))
        live = connection.execute(
            "SELECT number, search_text FROM files JOIN search_rows ON file = id WHERE deleted_at IS NULL"
        ).fetchall()
        counts = "SELECT (SELECT count(*) FROM files WHERE deleted_at IS NULL), (SELECT count(*) FROM search_rows)"
        assert connection.execute(counts).fetchone() == (len(live), len(live))
    wanted = {(text[at : at + 3], number) for number, text in live for at in range(len(text) - 2)}
    return held == wanted


def caught_up(catalogue: Catalogue, location: str, limit: int = 200) -> int:
    """How many files the index looked at again until it is whole."""
    total = 0
    while done := catalogue.collection.index_texts(limit):
        assert done <= limit
        total += done
    assert not location.startswith("sqlite") or index_is_whole(location)
    return total


def paths(desk: Desk, q: str) -> list[str]:
    return [one.path for one in desk.catalogue.search.find(desk.me, SearchQuery(q, limit=100)).items]


@pytest.fixture
def filled(catalogue: Catalogue, location: str) -> Desk:
    """More files than search looks at before it asks the index."""
    desk = Desk(catalogue)
    original = desk.put("original", []).version
    names = [f"photos/{number:05} {'rare' if number == 1777 else 'other'}" for number in range(2_500)]
    rows = [
        {
            "id": new_id(), "bucket": desk.bucket.id, "path": name, "path_folded": name, "search_text": search_text(name, "", {}),
            "current_version": original.version_id, "created_at": original.created_at,
        }
        for name in names
    ]  # fmt: skip
    with opened(location) as database:
        database.write(lambda connection: insert_rows(connection, files, rows))
    return desk


def test_a_moved_folder_is_found_by_its_new_name_before_while_and_after_the_index_learns_it(
    filled: Desk, location: str
) -> None:
    filled.apply(MovePrefix("photos", "zebra"))
    for _ in range(20):
        assert paths(filled, "zebra/01777") == paths(filled, "rare") == ["zebra/01777 rare"]
        assert paths(filled, "photos/01777") == []
        assert len(paths(filled, "zebra/01")) == 100
        filled.catalogue.collection.index_texts(150)
    filled.apply(MovePrefix("zebra", "yak"))
    filled.apply(Move("elsewhere/rare", path="yak/01777 rare"))
    assert caught_up(filled.catalogue, location) == (2_500 if location.startswith("sqlite") else 0)
    assert paths(filled, "rare") == ["elsewhere/rare"]
    assert paths(filled, "zebra") == paths(filled, "photos") == paths(filled, "yak/01777") == []


def test_where_the_index_lags_far_behind_search_walks(
    filled: Desk, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.apply(MovePrefix("photos", "zebra"))
    monkeypatch.setattr(sql_trigrams, "MOST_STALE", 2_000)
    assert paths(filled, "zebra/01777") == ["zebra/01777 rare"]
    assert paths(filled, "photos") == []
    caught_up(filled.catalogue, location)
    assert paths(filled, "zebra/01777") == ["zebra/01777 rare"]


@pytest.mark.parametrize("every", [1, 2, 3, 100])
def test_whatever_happens_between_two_slices_the_index_ends_whole(
    catalogue: Catalogue, location: str, every: int
) -> None:
    desk = Desk(catalogue)
    moved = desk.put("a/one", []).version.file_id
    happenings = [
        [Put(f"a/{number} Äß", [], description="words") for number in range(7)],
        [MovePrefix("a", "b/c")], [Describe(moved, description="other words", tags={"k": "v"})], [DeletePrefix("b")],
        [RestorePrefix("b")], [MovePrefix("b/c", "a")], [Delete(path="a/one")], [DeletePrefix("a")],
        [Put("a/one", [])], [RestorePrefix("a/3 Äß")], [MovePrefix("a", "d")],
    ]  # fmt: skip
    for number, operations in enumerate(happenings):
        for operation in operations:
            desk.apply(operation)
        if number % every == 0:
            catalogue.collection.index_texts(3)
    for version in desk.catalogue.search.find(desk.me, SearchQuery("d/1")).items:
        desk.catalogue.files.purge(desk.me, version.file_id, None)
    caught_up(catalogue, location, limit=4)
