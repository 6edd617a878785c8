"""Twins: live files whose paths differ only in case or Unicode normal form."""

import pytest

from metadata import BucketNotFound, Delete
from metadata.sql_twins import find_twins
from tests.metadata.catalogues import Desk

NAMES = ["a/Straße", "a/STRASSE", "b/e\u0301", "b/\u00e9", "b/É", "c", "d/x", "D/x"]


def groups(desk: Desk, limit: int = 100) -> list[list[str]]:
    found: list[list[str]] = []
    after = None
    while True:
        page = desk.catalogue.files.twins(desk.me, desk.id, after, limit)
        assert len(page.items) <= limit
        found += [[one.path for one in twins.files] for twins in page.items]
        if (after := page.next_key) is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_twins_are_told_in_groups(desk: Desk, limit: int) -> None:
    desk.put_all({name: [] for name in NAMES})
    assert groups(desk, limit) == [["a/STRASSE", "a/Straße"], ["b/e\u0301", "b/É", "b/é"], ["D/x", "d/x"]]
    (twins, *_) = desk.catalogue.files.twins(desk.me, desk.id, None, 1).items
    assert {one.file_id for one in twins.files} == {desk.at("a/Straße").file_id, desk.at("a/STRASSE").file_id}


def test_what_lies_in_the_trash_is_nobodys_twin(desk: Desk) -> None:
    desk.put_all({"x": [], "X": []})
    desk.apply(Delete(path="x"))
    assert groups(desk) == []


@pytest.mark.parametrize("window", [4, 5, 8, 9])
def test_a_page_that_ends_within_a_group_tells_it_once(
    desk: Desk, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put_all({name: [] for name in NAMES})
    monkeypatch.setattr(find_twins, "__defaults__", (window,))
    whole = [["a/STRASSE", "a/Straße"], ["b/e\u0301", "b/É", "b/é"], ["D/x", "d/x"]]
    assert groups(desk) == whole


def test_a_stranger_sees_no_twins(desk: Desk) -> None:
    desk.put_all({"x": [], "X": []})
    stranger = Desk(desk.catalogue)
    with pytest.raises(BucketNotFound):
        desk.catalogue.files.twins(stranger.me, desk.id, None, 10)
