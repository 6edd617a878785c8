"""Batch commits: many operations, one transaction, one journal range."""

from typing import Any

import pytest

from foundation.blocks import MIB
from tests.chunker.served import FRAMED, Person, chunk_list, framed, id_of, some_bytes


def batch(me: Person, *operations: dict[str, Any], **more: Any) -> Any:
    return me.http.post(f"/buckets/{me.bucket.id}/commits", json={"operations": operations, **more})


def put(path: str, data: bytes, **more: Any) -> dict[str, Any]:
    return {"op": "put", "path": path, "chunks": chunk_list(data), **more}


def collected(me: Person, *blocks: bytes) -> str:
    upload = str(me.http.post("/uploads", json={}).json()["upload_id"])
    me.http.post(f"/uploads/{upload}/chunks", content=framed(*blocks), headers=FRAMED)
    return upload


def test_a_thousand_files_are_published_at_once_and_only_once(me: Person) -> None:
    blocks = [b"file %d" % number for number in range(1000)]
    upload = collected(me, *blocks)
    operations = [put(f"folder/{number}", block, base_version=None) for number, block in enumerate(blocks)]
    first, again = (batch(me, *operations, upload_id=upload) for _ in range(2))
    assert first.status_code == 200
    assert first.json() == again.json()
    assert [one["path"] for one in first.json()["results"]] == [f"folder/{number}" for number in range(1000)]
    assert me.http.get(f"{me.content}/folder/999").content == b"file 999"


def test_operations_of_every_kind_in_one_batch(me: Person) -> None:
    me.http.put(f"{me.content}/old", content=b"old")
    gone = me.http.put(f"{me.content}/gone", content=b"gone").json()
    me.http.delete(f"{me.content}/gone")
    upload = collected(me, b"new")
    answer = batch(
        me,
        put("new", b"new", tags={"a": "b"}, content_type="text/x-new"),
        {"op": "move", "path": "old", "to": "moved"},
        {"op": "restore", "file_id": gone["file_id"]},
        {"op": "delete", "file_id": gone["file_id"]},
        {"op": "folder", "path": "folder"},
        upload_id=upload,
    )
    results = answer.json()["results"]
    assert (answer.status_code, [one["path"] for one in results]) == (200, ["new", "moved", "gone", "gone", "folder/"])
    assert (results[3]["content_hash"], results[3]["size"]) == (None, 0)
    assert me.http.get(f"{me.content}/moved").content == b"old"
    assert me.http.get(f"{me.content}/gone").status_code == 404
    assert me.http.get(f"{me.content}/new").headers["content-type"] == "text/x-new"


def test_what_the_caller_holds_is_published_without_its_bytes_and_without_an_upload(
    me: Person, stranger: Person
) -> None:
    me.http.put(f"{me.content}/a", content=b"mine")
    assert batch(me, put("b", b"mine")).status_code == 200
    assert me.http.get(f"{me.content}/b").content == b"mine"
    upload = collected(me, b"new")
    assert batch(me, put("c", b"mine"), put("d", b"new"), upload_id=upload).status_code == 200
    probe = batch(stranger, put("b", b"mine"))
    assert (probe.status_code, probe.json()["missing"]) == (409, [id_of(b"mine")])


@pytest.mark.parametrize("key", ["op", "type", "operation", "action", "kind"])
def test_an_operation_may_name_itself_in_each_usual_way(me: Person, key: str) -> None:
    assert batch(me, {key: "put", "path": "a", "chunks": [], "size": 0}).status_code == 200
    wrapped = batch(me, {"folder": {"path": "f"}}, {"move": {"path": "a", "to": "f/a"}})
    assert [one["path"] for one in wrapped.json()["results"]] == ["f/", "f/a"]


def test_a_moved_or_restored_file_is_told_its_path_as_when_it_is_renamed_by_itself(me: Person) -> None:
    file = me.http.put(f"{me.content}/a", content=b"a").json()["file_id"]
    assert batch(me, {"op": "move", "file_id": file, "path": "b"}).json()["results"][0]["path"] == "b"
    me.http.delete(f"{me.content}/b")
    assert batch(me, {"op": "restore", "file_id": file, "path": "c"}).json()["results"][0]["path"] == "c"


def test_one_conflict_refuses_all_and_is_named(me: Person) -> None:
    me.http.put(f"{me.content}/taken", content=b"taken")
    upload = collected(me, b"new")
    answer = batch(me, put("fine", b"new"), put("taken", b"new", base_version=None), upload_id=upload)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:cairn:problem:version-conflict")
    assert [one["path"] for one in answer.json()["conflicts"]] == ["taken"]
    assert me.http.get(f"{me.content}/fine").status_code == 404


def test_blocks_that_did_not_come_are_named_and_the_batch_works_later(me: Person) -> None:
    upload = collected(me, b"one")
    operations = [put("one", b"one"), put("two", b"two")]
    early = batch(me, *operations, upload_id=upload)
    assert (early.status_code, early.json()["missing"]) == (409, [id_of(b"two")])
    me.http.put(f"/uploads/{upload}/chunks/{id_of(b'two')}", content=b"two")
    assert batch(me, *operations, upload_id=upload).status_code == 200


def test_a_base_sequence_refuses_what_changed_after_it(me: Person) -> None:
    sequence = batch(me, {"op": "folder", "path": "a"}).json()["sequence"]
    me.http.put(f"{me.content}/b", content=b"b")
    assert batch(me, {"op": "delete", "path": "b"}, base_sequence=sequence).status_code == 409
    assert batch(me, {"op": "folder", "path": "c"}, base_sequence=sequence).status_code == 200


def test_an_unknown_operation_is_told_those_that_are_known(me: Person) -> None:
    answer = batch(me, {"op": "rename", "path": "a"})
    assert answer.status_code == 422
    assert all(known in answer.json()["detail"] for known in ("put", "delete", "move", "restore", "folder"))


@pytest.mark.parametrize(
    ("field", "operations"),
    [
        ("operations", []),
        ("operations", [{"op": "folder", "path": "a"}] * 1001),
        ("operations.0.put.chunks.0.size", [{"op": "put", "path": "a", "chunks": [{"id": "0" * 64, "size": 0}]}]),
        ("operations.0.put.tags", [put("a", b"x", tags={str(number): "" for number in range(51)})]),
        ("operations.0.put.tags.k", [put("a", b"x", tags={"k": "v" * 257})]),
        ("operations.0.put.description", [put("a", b"x", description="\0")]),
        ("operations.0.put", [put("a", b"x", size=2)]),
        ("operations.0.delete", [{"op": "delete"}]),
        ("operations.0.delete", [{"op": "delete", "path": "a", "file_id": "0" * 32}]),
        ("operations.0.move.to", [{"op": "move", "path": "a"}]),
        ("operations.0.restore.file_id", [{"op": "restore", "file_id": "x"}]),
        ("operations.0", [{"path": "a"}]),
        ("operations.0", ["folder"]),
    ],
)
def test_a_batch_that_breaks_a_rule_names_the_field(me: Person, field: str, operations: list[Any]) -> None:
    answer = batch(me, *operations)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize(
    "body",
    [
        b'{"operations": [' + b"1," * 4_000_000 + b"1]}",
        b'{"operations": [{"op": "put", "path": "a", "chunks": [' + b"1," * 4_000_000 + b"1]}]}",
        b"{" + b",".join(b'"%x": 1' % number for number in range(600_000)) + b"}",
        b'{"operations": [{' + b",".join(b'"%x": 1' % number for number in range(600_000)) + b"}]}",
    ],
    ids=["operations", "chunks", "fields", "fields of an operation"],
)
def test_a_body_of_millions_of_mistakes_is_told_few_of_them(me: Person, body: bytes) -> None:
    # Each would be an error of a kilobyte in memory: eight gigabytes, and a minute in which nobody is served.
    headers = {"Content-Type": "application/json"}
    answer = me.http.post(f"/buckets/{me.bucket.id}/commits", content=body, headers=headers, timeout=20)
    assert answer.status_code == 422
    assert len(answer.json().get("errors", ())) <= 2


def test_chunks_that_the_bucket_s_chunking_cannot_give_are_refused(me: Person) -> None:
    chunks = [{"id": "0" * 64, "size": 5}, {"id": "0" * 64, "size": MIB}]
    answer = batch(me, {"op": "folder", "path": "f"}, {"op": "put", "path": "a", "chunks": chunks})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:cairn:problem:chunk-size")
    assert answer.json()["errors"][0]["field"] == "operations.1.chunks"
    assert me.http.get(f"{me.content}/f/").status_code == 404


def test_a_block_may_repeat_within_a_file(me: Person) -> None:
    data = some_bytes(MIB) * 3
    assert me.http.put(f"{me.content}/a", content=data).json()["num_chunks"] == 3
    assert me.http.get(f"{me.content}/a").content == data


def test_a_batch_on_somebody_else_s_bucket_or_upload_finds_nothing(me: Person, stranger: Person) -> None:
    upload = collected(me, b"secret")
    assert batch(stranger, put("a", b"secret"), upload_id=upload).status_code == 404
    theirs = stranger.http.post(
        f"/buckets/{me.bucket.id}/commits", json={"operations": [{"op": "folder", "path": "a"}]}
    )
    assert (theirs.status_code, theirs.json()["type"]) == (404, "urn:cairn:problem:bucket-not-found")
