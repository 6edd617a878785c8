"""Operations on folders, copies and descriptions as batches spell them."""

from typing import Any

import pytest

from metadata import NewBucket
from tests.chunker.served import Person, Served
from tests.chunker.test_commits import batch


def results(me: Person, *operations: dict[str, Any]) -> list[dict[str, Any]]:
    answer = batch(me, *operations)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


@pytest.mark.parametrize("name", ["prefix", "path", "from"])
@pytest.mark.parametrize("group", ["group", "group_id"])
def test_a_folder_is_moved_deleted_and_taken_back(me: Person, name: str, group: str) -> None:
    me.http.put(f"{me.content}/a/b", content=b"one")
    [moved] = results(me, {"op": "move_prefix", name: "a", "to": "c"})
    assert (moved.keys(), moved["files"], moved["sequence"]) == ({"group", "files", "sequence"}, 1, 2)
    assert me.http.get(f"{me.content}/c/b").content == b"one"
    [deleted] = results(me, {"op": "delete_prefix", name: "c"})
    assert me.http.get(f"{me.content}/c/b").status_code == 404
    results(me, {"op": "restore_prefix", group: deleted["group"]})
    assert me.http.get(f"{me.content}/c/b").content == b"one"
    results(me, {"op": "delete_prefix", name: "c"}, {"op": "restore_prefix", name: "c"})
    assert me.http.get(f"{me.content}/c/b").content == b"one"


def test_a_file_is_copied_described_and_moved_to_another_bucket(me: Person, stack: Served) -> None:
    other = stack.catalogue.buckets.create(me.identity, NewBucket(name="another"))
    file = me.http.put(f"{me.content}/a", content=b"one").json()
    copied, by_id, described, moved = results(
        me,
        {"op": "copy", "path": "a", "to": "b"},
        {"op": "copy", "file_id": file["file_id"], "path": "c"},
        {"op": "describe", "path": "a", "tags": {"k": "v"}, "description": "d", "access": "public", "executable": True},
        {"op": "move", "path": "a", "to_bucket": "another"},
    )
    assert [one["path"] for one in (copied, by_id, described, moved)] == ["b", "c", "a", "a"]
    assert (moved["bucket_id"], moved["sequence"]) == (str(other.id), 1)
    assert me.http.get("/buckets/another/content/a").content == b"one"
    back = me.http.post("/buckets/another/commits", json={"operations": [
        {"op": "copy", "path": "b", "from_bucket": str(me.bucket.id), "to": "b"}
    ]})  # fmt: skip
    assert back.json()["results"][0]["etag"] == copied["etag"]


def test_several_deletes_have_one_group_that_undoes_them(me: Person) -> None:
    for path in "ab":
        me.http.put(f"{me.content}/{path}", content=b"x")
    answer = batch(me, *({"op": "delete", "path": path} for path in "ab")).json()
    results(me, {"op": "restore_prefix", "group": answer["group"]})
    assert me.http.get(f"{me.content}/b").content == b"x"
    assert batch(me, {"op": "delete", "path": "a"}).json()["group"] is None


@pytest.mark.parametrize(
    ("operation", "status", "said"),
    [
        ({"op": "restore_prefix"}, 422, "prefix"),
        ({"op": "restore_prefix", "prefix": "a", "group": "01890a5d-ac96-774b-bcce-b302099a8057"}, 422, "prefix"),
        ({"op": "restore_prefix", "group": "01890a5d-ac96-774b-bcce-b302099a8057"}, 404, "group-not-found"),
        ({"op": "delete_prefix", "prefix": ""}, 422, "path-invalid"),
        ({"op": "delete_prefix", "prefix": "a/../b"}, 422, "path-invalid"),
        ({"op": "move_prefix", "prefix": "a", "to": "a/b"}, 422, "itself"),
        ({"op": "move_prefix", "prefix": "a"}, 422, "to"),
        ({"op": "describe", "path": "f"}, 422, "describe"),
        ({"op": "describe", "path": "f", "tags": {"k": "v" * 257}}, 422, "tags"),
        ({"op": "copy", "path": "f"}, 422, "to"),
        ({"op": "copy", "path": "f", "to": "g", "from_bucket": "nowhere"}, 404, "bucket-not-found"),
        ({"op": "move", "path": "f", "to": "g", "to_bucket": "nowhere"}, 404, "bucket-not-found"),
    ],
)
def test_what_breaks_a_rule_is_told_and_changes_nothing(
    me: Person, stack: Served, operation: dict[str, Any], status: int, said: str
) -> None:
    me.http.put(f"{me.content}/f", content=b"x")
    answer = batch(me, operation)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert stack.catalogue.buckets.get(me.identity, str(me.bucket.id)).sequence == 1
