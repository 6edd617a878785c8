"""What of a bucket can be changed and what cannot, and the list of those in the trash."""

from datetime import timedelta

import pytest

from foundation.identity import NOBODY
from foundation.problems import Unauthenticated
from metadata import (
    BucketChanges,
    BucketExists,
    BucketNameInvalid,
    BucketNotFound,
    Naming,
    NewBucket,
    PathInvalid,
    PathTaken,
    Put,
)
from tests.metadata.catalogues import Desk, somebody
from tests.metadata.readers import House, house
from tests.metadata.test_api import Door, door

__all__ = ["door", "house"]


def test_a_bucket_has_its_new_name_at_once_and_the_old_one_is_free(house: House) -> None:
    made = house.bucket("old-name")
    renamed = house.buckets.update(house.me, "old-name", BucketChanges(name="new-name"))
    assert (renamed.id, renamed.name, renamed.title) == (made.id, "new-name", made.title)
    assert house.buckets.get(house.me, "new-name").id == made.id
    assert house.bucket("old-name").id != made.id
    kinds = [change.kind for change in house.journals.read_root(house.me, 0, 10).items]
    assert kinds == ["bucket.created", "bucket.updated", "bucket.created"]


def test_a_name_that_is_taken_or_none_is_refused_and_nothing_changes(house: House) -> None:
    house.bucket("mine")
    house.bucket("taken")
    for name, problem in (("taken", BucketExists), ("No", BucketNameInvalid), ("", BucketNameInvalid)):
        with pytest.raises(problem):
            house.buckets.update(house.me, "mine", BucketChanges(title="Changed", name=name))
    assert house.buckets.get(house.me, "mine").title == "mine"
    assert house.journals.read_root(house.me, 0, 10).sequence == 2


def test_a_name_that_only_a_deleted_bucket_has_is_free(house: House) -> None:
    house.bucket("mine")
    house.bucket("gone")
    house.buckets.delete(house.me, "gone", recursive=False)
    assert house.buckets.update(house.me, "mine", BucketChanges(name="gone")).name == "gone"


@pytest.mark.parametrize("field", ["naming", "chunking"])
def test_what_is_fixed_when_a_bucket_is_made_is_named_and_nothing_changes(door: Door, field: str) -> None:
    made = door.ask("POST", "/buckets", json={"name": "mine"}).json()
    for value in (made[field], "s3" if field == "naming" else "fastcdc", None):
        refused = door.ask("PATCH", "/buckets/mine", json={"title": "Other", field: value})
        assert refused.status_code == 422
        assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert door.ask("GET", "/buckets/mine").json() == made


S3_KEYS = ["a//b", "/a", "../a", "a/./b", ".", "a\tb", "a\u0001", "a/b", "a", "a/", "x" * 900]


def test_a_bucket_of_s3_naming_takes_the_keys_that_s3_takes(catalogue_desk: Desk) -> None:
    desk = catalogue_desk
    results = desk.apply(*(Put(key, []) for key in S3_KEYS))
    assert [result.version.path for result in results] == S3_KEYS
    assert desk.now().files == len(S3_KEYS)


@pytest.fixture
def catalogue_desk(desk: Desk) -> Desk:
    """A bucket of S3's naming."""
    return Desk(desk.catalogue, new=NewBucket(name="keys", naming=Naming.S3))


@pytest.mark.parametrize("key", [key for key in S3_KEYS if key not in {"a", "a/", "a/b"}], ids=range(8))
def test_a_portable_bucket_refuses_what_other_doors_cannot_hold(desk: Desk, key: str) -> None:
    with pytest.raises(PathInvalid):
        desk.apply(Put(key, []))
    assert desk.now().files == 0


def test_in_a_portable_bucket_nothing_is_both_a_file_and_a_folder(desk: Desk) -> None:
    desk.apply(Put("a", []))
    for path in ("a/b", "a/"):
        with pytest.raises(PathTaken):
            desk.apply(Put(path, []))


def test_the_trash_of_buckets_is_its_owners_and_tells_until_when(house: House) -> None:
    for name in ("ccc", "aaa", "bbb"):
        house.bucket(name)
        house.buckets.delete(house.me, name, recursive=False)
    house.bucket("aaa")
    first = house.buckets.list(house.me, None, 2, deleted=True)
    rest = house.buckets.list(house.me, first.next_key, 2, deleted=True)
    found = [*first.items, *rest.items]
    assert [bucket.name for bucket in found] == ["aaa", "bbb", "ccc"]
    assert rest.next_key is None
    for bucket in found:
        assert bucket.deleted_at
        assert bucket.restorable_until == bucket.deleted_at + timedelta(days=30)
    assert house.buckets.list(somebody(), None, 10, deleted=True).items == []
    assert [bucket.name for bucket in house.buckets.list(house.me, None, 10).items] == ["aaa"]
    with pytest.raises(Unauthenticated):
        house.buckets.list(NOBODY, None, 10, deleted=True)


def test_a_deleted_bucket_is_shown_to_its_owner_by_its_id_and_to_nobody_else(house: House) -> None:
    made = house.bucket()
    house.buckets.delete(house.me, "mine", recursive=False)
    shown = house.buckets.get(house.me, str(made.id), deleted=True)
    assert (shown.id, shown.is_purging) == (made.id, False)
    for caller, ref in ((somebody(), str(made.id)), (house.me, "mine")):
        with pytest.raises(BucketNotFound):
            house.buckets.get(caller, ref, deleted=True)
    with pytest.raises(BucketNotFound):
        house.buckets.get(house.me, str(made.id))
    assert house.bucket("mine").id == house.buckets.get(house.me, "mine", deleted=True).id


def test_a_deleted_bucket_over_http(door: Door) -> None:
    made = door.ask("POST", "/buckets", json={"name": "mine"}).json()
    assert (made["deleted_at"], made["restorable_until"], made["purge"]) == (None, None, None)
    until = door.ask("DELETE", "/buckets/mine").json()["restorable_until"]
    shown = door.ask("GET", f"/buckets/{made['id']}").json()
    assert (shown["restorable_until"], shown["purge"]) == (until, None)
    assert door.ask("GET", "/buckets?deleted=true").json()["items"] == [shown]
    for method, address, body in (
        ("PATCH", f"/buckets/{made['id']}", {"title": "x"}),
        ("DELETE", f"/buckets/{made['id']}", None),
        ("GET", f"/buckets/{made['id']}/files", None),
        ("GET", f"/buckets/{made['id']}/trash", None),
        ("GET", f"/buckets/{made['id']}/changes", None),
        ("GET", f"/buckets/{made['id']}/members", None),
    ):
        assert door.problem(method, address, json=body) == (404, "bucket-not-found")
    door.ask("DELETE", f"/buckets/{made['id']}?purge=true")
    progress = {"files_left": 0, "versions_left": 0, "bytes_left": 0}
    assert door.ask("GET", f"/buckets/{made['id']}").json()["purge"] == progress
    assert door.problem("POST", f"/buckets/{made['id']}/restore") == (404, "bucket-not-found")


def test_a_cursor_of_the_trash_is_none_of_the_live_list(door: Door) -> None:
    for name in ("aaa", "bbb"):
        door.ask("POST", "/buckets", json={"name": name})
        door.ask("DELETE", f"/buckets/{name}")
    cursor = door.ask("GET", "/buckets?deleted=true&limit=1").json()["next_cursor"]
    assert door.problem("GET", f"/buckets?cursor={cursor}") == (422, "cursor-invalid")
    assert len(door.ask("GET", f"/buckets?deleted=true&cursor={cursor}").json()["items"]) == 1


def test_a_rename_over_http_tells_what_stands_against_it(door: Door) -> None:
    for name in ("mine", "taken"):
        door.ask("POST", "/buckets", json={"name": name})
    assert door.problem("PATCH", "/buckets/mine", json={"name": "taken"}) == (409, "bucket-exists")
    assert door.problem("PATCH", "/buckets/mine", json={"name": "A"}) == (422, "bucket-name-invalid")
    assert door.ask("PATCH", "/buckets/mine", json={"name": "yours"}).json()["name"] == "yours"
