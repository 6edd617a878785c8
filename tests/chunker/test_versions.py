"""The blocks of many versions in one answer: all of them, in order, verified, and only to who may read them."""

from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from block_storage import open_block_store
from foundation.blocks import MIB
from metadata import NewBucket, open_catalogue
from tests.chunker.served import Person, Served, cut, framed, id_of, served, some_bytes
from tests.servers.migrated import migrated_catalogue


def put(me: Person, path: str, data: bytes) -> str:
    """The version's id."""
    made = me.http.put(f"{me.content}/{path}", content=data)
    assert made.status_code == 201, made.text
    return str(made.json()["version_id"])


def ask(me: Person, versions: list[Any], bucket: str | None = None) -> Any:
    return me.http.post(f"/buckets/{bucket or me.bucket.id}/blocks", json={"versions": versions})


def test_blocks_come_version_by_version_in_the_order_asked_for(me: Person) -> None:
    contents = [some_bytes(size, seed=size) for size in (0, 1, 5_000, MIB, 2 * MIB + 7, 3)]
    versions = [put(me, f"f{n}", data) for n, data in enumerate(contents)]
    order = [5, 0, 4, 1, 3, 2, 5]
    answer = ask(me, [versions[n] for n in order])
    assert answer.headers["content-type"] == "application/vnd.cairn.blocks"
    assert answer.content == b"".join(framed(*cut(contents[n])) for n in order)


def test_an_old_version_is_given_as_it_was(me: Person) -> None:
    old = put(me, "a", b"old")
    me.http.put(f"{me.content}/a", content=b"new")
    assert ask(me, [old]).content == framed(b"old")


def test_versions_of_other_buckets_deletions_and_unknown_ones_are_named_and_nothing_is_given(
    stack: Served, me: Person, stranger: Person
) -> None:
    mine, theirs = put(me, "a", b"mine"), put(stranger, "a", b"theirs")
    other = stack.catalogue.buckets.create(me.identity, NewBucket(title="Other")).id
    elsewhere = me.http.put(f"/buckets/{other}/content/a", content=b"elsewhere").json()["version_id"]
    file_id = me.http.put(f"{me.content}/gone", content=b"x").json()["file_id"]
    me.http.delete(f"{me.content}/gone")
    deletion = str(stack.catalogue.files.get(me.identity, UUID(file_id)).version_id)
    wrong = [theirs, elsewhere, deletion, str(uuid4())]
    refused = ask(me, [mine, *wrong])
    assert (refused.status_code, refused.json()["missing"]) == (404, wrong)
    assert refused.json()["type"].endswith(":version-not-found")


def test_a_stranger_learns_nothing_of_the_bucket(me: Person, stranger: Person) -> None:
    mine = put(me, "a", b"mine")
    refused = ask(stranger, [mine], str(me.bucket.id))
    missing = ask(stranger, [mine], str(uuid4()))
    assert refused.status_code == missing.status_code == 404
    assert refused.json()["type"] == missing.json()["type"] == "urn:cairn:problem:bucket-not-found"


@pytest.mark.parametrize("versions", [[], ["x"], [1], [str(uuid4())] * 1001])
def test_a_list_that_is_none_is_refused_by_name(me: Person, versions: list[Any]) -> None:
    refused = ask(me, versions)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].startswith("versions")


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_block_that_cannot_be_read_is_given_empty_and_the_others_whole(tmp_path: Path, is_lost: bool) -> None:
    database = migrated_catalogue(tmp_path / "cairn.db")
    with (
        closing(open_catalogue(database)) as catalogue,
        closing(open_block_store(f"file://{tmp_path / 'blocks'}", initialise=True)) as store,
        served(catalogue, store) as stack,
    ):
        me = stack.person()
        versions = [put(me, name, name.encode()) for name in ("a", "b", "c")]
        (block,) = (path for path in (tmp_path / "blocks").rglob(f"{id_of(b'b')}.*") if path.is_file())
        block.unlink() if is_lost else block.write_bytes(b"B")
        given = ask(me, versions).content
        assert given == framed(b"a") + bytes.fromhex(id_of(b"b")) + bytes(4) + framed(b"c")
        content = catalogue.files.find(me.identity, str(me.bucket.id), "b").content
        assert content
        assert catalogue.files.chunks(content, 0, 1)[0].state == ("missing" if is_lost else "damaged")


def test_readers_who_stop_reading_do_not_keep_others_from_it(stack: Served, me: Person) -> None:
    """Sixty answers of 8 MiB that nobody takes: more than all memory for reading, were it kept for them."""
    versions = [put(me, f"f{n}", some_bytes(MIB, seed=n)) for n in range(8)]
    stalled = []
    try:
        for _ in range(60):
            request = me.http.build_request("POST", f"/buckets/{me.bucket.id}/blocks", json={"versions": versions})
            stalled.append(me.http.send(request, stream=True))
        assert len(ask(me, versions).content) == 8 * (MIB + 36)
    finally:
        for answer in stalled:
            answer.close()
