"""Listing: by path, with prefix, delimiter and cursor."""

from collections.abc import Collection
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.ids import new_id
from foundation.problems import CursorInvalid
from metadata.errors import BucketNotFound
from metadata.model import ListQuery, Naming, NewBucket
from metadata.rows import entry_from, uuid_text
from tests.metadata.readers import House, house, somebody

__all__ = ["house"]

PIECES = st.sampled_from(
    ["a", "/", "//", "b", "é", "e\u0301", "\U0010ffff", "\ud7ff", "\ue000", "%", "_", "'", "\\", "."]
)
PATHS = st.lists(PIECES, min_size=1, max_size=6).map("".join)
DELIMITERS = st.sampled_from(["", "/", "a", "//", "\U0010ffff", "b/"])


def expected(paths: Collection[str], prefix: str, delimiter: str) -> list[str]:
    """Every entry in order, a common prefix once, as somebody would write it who had all paths in memory."""
    found: list[str] = []
    for path in sorted(paths, key=str.encode):
        if path.startswith(prefix):
            place = path.find(delimiter, len(prefix)) if delimiter else -1
            entry = path if place < 0 else path[: place + len(delimiter)]
            if place < 0 or entry not in found[-1:]:
                found.append(entry)
    return found


def listed(house: House, bucket: UUID, query: ListQuery) -> list[str]:
    """All pages, each of which must keep to the limit."""
    found: list[str] = []
    while True:
        page = house.files.entries(house.me, str(bucket), query)
        entries = [row[0] for row in page.rows] + list(page.prefixes)
        assert len(entries) <= query.limit
        found += sorted(entries, key=str.encode)
        if page.next_key is None:
            return found
        query = ListQuery(query.prefix, query.delimiter, page.next_key, query.limit, query.include_deleted)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    st.sets(PATHS, max_size=60),
    st.lists(PIECES, max_size=2).map("".join),
    DELIMITERS,
    st.sampled_from([1, 2, 3, 7, 1000]),
    st.booleans(),
)
def test_all_pages_together_are_what_a_naive_listing_says(
    house: House, paths: set[str], prefix: str, delimiter: str, limit: int, include_deleted: bool
) -> None:
    bucket = house.buckets.create(house.me, NewBucket(name=f"b-{new_id().hex}", naming=Naming.S3)).id
    deleted = set(sorted(paths)[::3])
    house.plant(bucket, sorted(paths), deleted)
    query = ListQuery(prefix, delimiter, limit=limit, include_deleted=include_deleted)
    seen = paths if include_deleted else paths - deleted
    assert listed(house, bucket, query) == expected(seen, prefix, delimiter)


@pytest.mark.parametrize("limit", [10, 700, 10_000])
def test_large_prefixes_are_jumped_over_between_files(house: House, limit: int) -> None:
    bucket = house.bucket().id
    paths = [f"d{folder:03}/{number:03}" for folder in range(30) for number in range(150)]
    paths += [f"d{folder:03}x" for folder in range(0, 30, 2)] + [f"e{number:04}" for number in range(500)]
    house.plant(bucket, paths)
    assert listed(house, bucket, ListQuery(delimiter="/", limit=limit)) == expected(paths, "", "/")


def test_files_in_the_trash_that_share_a_path_are_all_listed_when_asked_for(house: House) -> None:
    bucket = house.bucket().id
    for _ in range(3):
        house.plant(bucket, ["a", "b/c", "b/d"], deleted=["a", "b/c", "b/d"])
    house.plant(bucket, ["a"])
    for limit in (1, 2, 100):
        assert (
            listed(house, bucket, ListQuery(limit=limit, include_deleted=True)) == ["a"] * 4 + ["b/c"] * 3 + ["b/d"] * 3
        )
        with_folders = ListQuery(delimiter="/", limit=limit, include_deleted=True)
        assert listed(house, bucket, with_folders) == ["a"] * 4 + ["b/"]
    assert listed(house, bucket, ListQuery()) == ["a"]


def test_the_light_list_and_the_full_one_say_the_same(house: House) -> None:
    bucket = str(house.bucket().id)
    house.plant(UUID(bucket), ["a", "b/c", "z"], deleted=["z"])
    query = ListQuery(include_deleted=True)
    full = house.files.list(house.me, bucket, query)
    light = [entry_from(row) for row in house.files.entries(house.me, bucket, query).rows]
    assert [item.path for item in full.items] == ["a", "b/c", "z"]
    for item, entry in zip(full.items, light, strict=True):
        assert entry["file_id"] == uuid_text(item.file_id)
        assert entry["version_id"] == str(item.version_id)
        assert entry["content_hash"] == (item.content_hash.hex() if item.content_hash else None)
        for name in ("size", "etag", "tags", "modified_at", "created_at", "deleted_at", "executable", "kind"):
            assert entry[name] == getattr(item, name)


@pytest.mark.parametrize("key", ["", "x", "dnot-a-uuid", "f\0", "p\ud800", "d" + "0" * 36])
def test_a_key_that_no_page_gave_is_refused_or_lists_nothing_wrong(house: House, key: str) -> None:
    bucket = str(house.bucket().id)
    with pytest.raises(CursorInvalid):
        house.files.entries(house.me, bucket, ListQuery(after=key))


def test_a_prefix_that_no_path_can_have_lists_nothing(house: House) -> None:
    bucket = house.bucket().id
    house.plant(bucket, ["a"])
    for prefix in ("\0", "\ud800", "a" * 5000):
        assert listed(house, bucket, ListQuery(prefix=prefix)) == []


def test_a_stranger_learns_nothing_from_a_list(house: House) -> None:
    bucket = house.bucket().id
    house.plant(bucket, ["a"])
    for query in (ListQuery(), ListQuery(prefix="a"), ListQuery(after="junk")):
        with pytest.raises(BucketNotFound):
            house.files.list(somebody(), str(bucket), query)
