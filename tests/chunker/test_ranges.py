"""Ranges and conditions of a download (RFC 9110, 13 and 14)."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunker.errors import RangeNotSatisfiable
from chunker.ranges import ByteRange, parse_ranges
from foundation.blocks import MIB
from tests.chunker.served import Person, some_bytes

DATA = some_bytes(3 * MIB + 17, seed=3)
SIZE = len(DATA)


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=5-", [(5, 100)]),
        ("bytes=-7", [(93, 100)]),
        ("bytes=-1000", [(0, 100)]),
        ("bytes=90-1000", [(90, 100)]),
        ("BYTES= 1-2 ,, 8-9", [(1, 3), (8, 10)]),
        ("bytes=8-9,1-2", [(1, 3), (8, 10)]),
        ("bytes=0-4,5-9,3-7", [(0, 10)]),
        ("bytes=0-1,500-", [(0, 2)]),
    ],
)
def test_a_range_header_names_these_bytes(header: str, ranges: list[tuple[int, int]]) -> None:
    assert parse_ranges(header, 100) == [ByteRange(*one) for one in ranges]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-2",
        "bytes=1-2,x",
        "items=0-1",
        "bytes=--1",
        "bytes=٣-٤",
    ]
    + ["bytes=" + ",".join(f"{start}-{start}" for start in range(0, 2 * count, 2)) for count in (101, 100_000)],
)
def test_a_header_that_is_not_understood_or_asks_for_too_much_is_as_if_it_was_not_there(header: str | None) -> None:
    assert parse_ranges(header, 10_000_000) is None


@pytest.mark.parametrize(("header", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)])
def test_ranges_beyond_the_end_are_not_satisfiable(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_ranges(header, size)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted), min_size=1, max_size=20))
def test_joined_ranges_hold_the_same_bytes_and_neither_touch_nor_overlap(wanted: list[list[int]]) -> None:
    joined = parse_ranges("bytes=" + ",".join(f"{first}-{last}" for first, last in wanted), 100)
    assert joined is not None
    assert {byte for one in joined for byte in range(one.start, one.end)} == {
        byte for first, last in wanted for byte in range(first, last + 1)
    }
    assert all(one.end < following.start for one, following in pairwise(joined))


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=-10", SIZE - 10, SIZE),
        (f"bytes={MIB - 1}-{MIB}", MIB - 1, MIB + 1),
        (f"bytes={MIB}-{2 * MIB - 1}", MIB, 2 * MIB),
        ("bytes=1-", 1, SIZE),
    ],
)
def test_a_single_range_is_served_across_the_chunks_borders(me: Person, header: str, start: int, end: int) -> None:
    me.http.put(f"{me.content}/a", content=DATA)
    got = me.http.get(f"{me.content}/a", headers={"Range": header})
    assert (got.status_code, got.content == DATA[start:end]) == (206, True)
    assert got.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert got.headers["content-length"] == str(end - start)


def test_several_ranges_come_as_multipart(me: Person) -> None:
    me.http.put(f"{me.content}/a.txt", content=DATA)
    got = me.http.get(f"{me.content}/a.txt", headers={"Range": f"bytes=0-9,{MIB - 5}-{MIB + 4},-3"})
    boundary = re.fullmatch(r"multipart/byteranges; boundary=([0-9a-f]{32})", got.headers["content-type"])
    assert boundary
    assert got.headers["content-length"] == str(len(got.content))
    expected = b"".join(
        f"\r\n--{boundary[1]}\r\nContent-Type: text/plain\r\nContent-Range: bytes {start}-{end - 1}/{SIZE}\r\n\r\n".encode()
        + DATA[start:end]
        for start, end in ((0, 10), (MIB - 5, MIB + 5), (SIZE - 3, SIZE))
    )
    assert (got.status_code, got.content) == (206, expected + f"\r\n--{boundary[1]}--\r\n".encode())


def test_a_range_beyond_the_end_is_416_and_tells_the_size(me: Person) -> None:
    me.http.put(f"{me.content}/a", content=b"0123456789")
    got = me.http.get(f"{me.content}/a", headers={"Range": "bytes=10-"})
    assert (got.status_code, got.headers["content-range"]) == (416, "bytes */10")


def test_if_range_of_another_state_sends_the_whole(me: Person) -> None:
    me.http.put(f"{me.content}/a", content=b"0123456789")
    etag = me.http.head(f"{me.content}/a").headers["etag"]
    for condition, status in (
        (etag, 206),
        ('"other"', 200),
        (f"W/{etag}", 200),
        ("Sat, 29 Oct 1994 19:43:31 GMT", 200),
    ):
        got = me.http.get(f"{me.content}/a", headers={"Range": "bytes=2-3", "If-Range": condition})
        assert (got.status_code, got.content) == (status, b"23" if status == 206 else b"0123456789")


def test_conditions_of_a_get_and_their_order(me: Person) -> None:
    me.http.put(f"{me.content}/a", content=b"0123456789")
    etag = me.http.head(f"{me.content}/a").headers["etag"]

    def status(**headers: str) -> int:
        return me.http.get(
            f"{me.content}/a", headers={key.replace("_", "-"): value for key, value in headers.items()}
        ).status_code

    assert status(If_None_Match=etag) == 304
    assert status(If_None_Match=f"W/{etag}") == 304
    assert status(If_None_Match="*") == 304
    assert status(If_None_Match='"other"') == 200
    assert status(If_None_Match="garbage") == 400
    assert status(If_Match=etag) == 200
    assert status(If_Match=f"W/{etag}") == 412
    assert status(If_Match='"other"', If_None_Match=etag) == 412
    assert status(If_None_Match=etag, Range="bytes=0-1") == 304
    assert status(Range="bytes=5-2") == 200
