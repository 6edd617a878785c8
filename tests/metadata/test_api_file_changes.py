"""PATCH of a file and the list of twins, through the HTTP door."""

from typing import Any
from uuid import UUID

import pytest

from foundation.authorization import Role
from metadata import Member
from metadata.wire import ResultWire
from tests.metadata.readers import House, house, somebody
from tests.metadata.test_api import Door, bucket_id, door

__all__ = ["door", "house"]


def patched(door: Door, file_id: UUID, **wanted: Any) -> ResultWire:
    answer = door.ask("PATCH", f"/files/{file_id}", json=wanted)
    assert answer.status_code == 200, answer.text
    return ResultWire.model_validate_json(answer.content)


def test_a_file_is_described_and_renamed_at_once(door: Door) -> None:
    [version] = door.house.put(bucket_id(door), "a")
    said = {"description": "d", "tags": {"k": "v"}, "access": "public"}
    result = patched(door, version.file_id, path="b", **said)
    assert {name: getattr(result, name) for name in said} == said
    assert (result.path, result.sequence, result.file_id) == ("b", 3, version.file_id)
    kinds = [one["kind"] for one in door.ask("GET", "/buckets/mine/changes").json()["items"]]
    assert kinds == ["file.created", "file.described", "file.moved"]
    again = patched(door, version.file_id, path="b", **said)
    assert (again.sequence, again.version_id) == (None, result.version_id)


def test_a_file_is_moved_to_another_bucket(door: Door) -> None:
    [version] = door.house.put(bucket_id(door), "a")
    other = bucket_id(door, "other")
    result = patched(door, version.file_id, bucket="other", description="d")
    assert (result.bucket_id, result.path, result.description, result.sequence) == (other, "a", "d", 1)
    assert result.file_id != version.file_id


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "path"),
        ({"path": None}, "path"),
        ({"tags": {"": "v"}}, "tags"),
        ({"tags": {str(number): "" for number in range(51)}}, "tags"),
        ({"tags": {"k": 1}}, "tags.k"),
        ({"description": "x" * 10_001}, "description"),
        ({"description": "\0"}, "description"),
        ({"access": "everybody"}, "access"),
        ({"name": "b"}, "name"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_named(door: Door, body: dict[str, Any], field: str) -> None:
    [version] = door.house.put(bucket_id(door), "a")
    answer = door.ask("PATCH", f"/files/{version.file_id}", json=body)
    assert (answer.status_code, field in answer.text) == (422, True)
    assert door.house.files.find(door.house.me, "mine", "a") == version


def test_one_change_that_cannot_be_made_leaves_the_others_unmade(door: Door) -> None:
    [version, _] = door.house.put(bucket_id(door), "a", "b")
    for body, status in (({"path": "b"}, 409), ({"bucket": "nowhere"}, 404), ({"path": "c/"}, 422)):
        answer = door.ask("PATCH", f"/files/{version.file_id}", json={"description": "d", **body})
        assert answer.status_code == status
    answer = door.ask("PATCH", f"/files/{version.file_id}", json={"description": "d"}, headers={"If-Match": '"x"'})
    assert answer.status_code == 412
    assert door.house.files.find(door.house.me, "mine", "a") == version


def test_strangers_learn_nothing_and_viewers_change_nothing(door: Door) -> None:
    bucket = bucket_id(door)
    [version] = door.house.put(bucket, "a")
    someone = somebody()
    for method, url, body in (
        ("PATCH", f"/files/{version.file_id}", {"json": {"access": "public"}}),
        ("GET", f"/buckets/{bucket}/twins", {}),
    ):
        assert door.ask(method, url, someone, **body).status_code == 404
    door.house.parts.members.set(door.house.me, str(bucket), Member(someone.user or bucket, Role.VIEWER))
    assert door.ask("PATCH", f"/files/{version.file_id}", someone, json={"access": "public"}).status_code == 403
    assert door.ask("GET", f"/buckets/{bucket}/twins", someone).status_code == 200


def test_twins_are_listed_in_pages(door: Door, house: House) -> None:
    house.put(bucket_id(door), "a", "A", "b", "c", "C")
    first = door.ask("GET", "/buckets/mine/twins?limit=1").json()
    second = door.ask("GET", f"/buckets/mine/twins?limit=1&cursor={first['next_cursor']}").json()
    found = [[file["path"] for file in group["files"]] for page in (first, second) for group in page["items"]]
    assert (found, second["next_cursor"]) == ([["A", "a"], ["C", "c"]], None)
    assert door.problem("GET", "/buckets/mine/twins?cursor=x") == (422, "cursor-invalid")


def test_a_purge_obeys_if_match(door: Door) -> None:
    [version] = door.house.put(bucket_id(door), "a")
    address = f"/files/{version.file_id}?purge=true"
    stale = door.ask("DELETE", address, headers={"If-Match": '"another"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:cairn:problem:precondition-failed")
    assert door.ask("GET", f"/files/{version.file_id}").json()["version_id"] == str(version.version_id)
    assert door.ask("DELETE", address, headers={"If-Match": f'"{version.etag}"'}).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_does_not_say_json_is_refused_as_such(door: Door, kind: str) -> None:
    [version] = door.house.put(bucket_id(door), "a")
    for method, path, text in (
        ("PATCH", f"/files/{version.file_id}", b'{"path":"b"}'),
        ("POST", "/buckets", b'{"name":"other"}'),
        ("POST", f"/files/{version.file_id}/undelete", b"{}"),
    ):
        answer = door.ask(method, path, content=text, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["type"]) == (415, "urn:cairn:problem:unsupported-media-type")
    assert door.ask("PATCH", f"/files/{version.file_id}").status_code == 422
