"""Buckets: made, named, changed, put into the trash."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from foundation.authorization import Role
from foundation.identity import NOBODY, Identity
from foundation.ids import new_id
from foundation.problems import CursorInvalid, Forbidden, Problem, Unauthenticated
from foundation.sql import now
from metadata.errors import BucketExists, BucketNameInvalid, BucketNotEmpty, BucketNotFound
from metadata.model import BucketChanges, ChangeKind, NewBucket, Versioning
from metadata.sync_schema import sync_events
from tests.metadata.readers import House, house, somebody

__all__ = ["house"]


def test_a_new_bucket_is_its_makers_and_found_by_id_and_name(house: House) -> None:
    made = house.buckets.create(house.me, NewBucket(name="photos", title="Photos"))
    assert made.owner == house.me.user
    assert made.role is Role.OWNER
    assert (made.files, made.sequence, made.deleted_at) == (0, 0, None)
    assert house.buckets.get(house.me, "photos") == house.buckets.get(house.me, str(made.id)) == made
    assert house.buckets.get(house.me, str(made.id).upper()) == made


def test_a_name_is_made_from_the_title_and_numbered_when_taken(house: House) -> None:
    names = [house.buckets.create(house.me, NewBucket(title="Fotos Köln")).name for _ in range(3)]
    assert names == ["fotos-koln", "fotos-koln-2", "fotos-koln-3"]


def test_a_name_that_was_asked_for_and_is_taken_is_refused_but_others_may_have_it(house: House) -> None:
    house.bucket("mine")
    with pytest.raises(BucketExists):
        house.bucket("mine")
    assert house.buckets.create(somebody(), NewBucket(name="mine")).name == "mine"


def test_buckets_of_one_title_made_at_once_all_get_a_name(house: House) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: house.buckets.create(house.me, NewBucket(title="Same")), range(16)))
    assert len({bucket.name for bucket in made}) == 16
    changes = house.journals.read_root(house.me, 0, 100)
    assert [change.sequence for change in changes.items] == list(range(1, 17))


@pytest.mark.parametrize(
    "name", ["", "Upper", "ab", "a" * 64, "10.0.0.1", "..", "a\0b", "\ud800aa", "01a1fdba-0aae-7c45-9083-bab8d25c3d3d"]
)
def test_a_name_outside_the_rules_is_refused_and_makes_nothing(house: House, name: str) -> None:
    with pytest.raises(BucketNameInvalid):
        house.buckets.create(house.me, NewBucket(name=name))
    assert house.buckets.list(house.me, None, 10).items == []
    with pytest.raises(BucketNotFound):
        house.buckets.get(house.me, name)


def test_the_list_is_by_name_in_pages_and_holds_ones_own_only(house: House) -> None:
    for name in ("ccc", "aaa", "b.b", "b-b"):
        house.bucket(name)
    house.buckets.create(somebody(), NewBucket(name="theirs"))
    first = house.buckets.list(house.me, None, 3)
    assert [bucket.name for bucket in first.items] == ["aaa", "b-b", "b.b"]
    assert [bucket.name for bucket in house.buckets.list(house.me, first.next_key, 3).items] == ["ccc"]
    assert house.buckets.list(house.me, first.next_key, 1).next_key is None
    with pytest.raises(CursorInvalid):
        house.buckets.list(house.me, "\0", 3)


def test_an_update_changes_what_is_given_and_says_so_once_in_the_root_journal(house: House) -> None:
    made = house.bucket()
    changed = house.buckets.update(house.me, "mine", BucketChanges(title="Other", keep_days=7, trash_days=0))
    assert (changed.title, changed.keep_days, changed.trash_days) == ("Other", 7, 0)
    assert changed.name == made.name
    assert house.buckets.update(house.me, "mine", BucketChanges(title="Other")) == changed
    assert house.buckets.update(house.me, "mine", BucketChanges(keep_days=0)).keep_days is None
    kinds = [change.kind for change in house.journals.read_root(house.me, 0, 10).items]
    assert kinds == [ChangeKind.BUCKET_CREATED, ChangeKind.BUCKET_UPDATED, ChangeKind.BUCKET_UPDATED]


@pytest.mark.parametrize(
    ("before", "wanted", "after"), [("on", "off", "suspended"), ("off", "off", "off"), ("suspended", "off", "suspended"),
                                    ("off", "on", "on"), ("on", "suspended", "suspended")],
)  # fmt: skip
def test_versioning_that_was_on_is_never_off_again(house: House, before: str, wanted: str, after: str) -> None:
    house.buckets.create(house.me, NewBucket(name="mine", versioning=Versioning(before)))
    assert house.buckets.update(house.me, "mine", BucketChanges(versioning=Versioning(wanted))).versioning == after


def test_a_bucket_with_live_files_is_deleted_only_on_request(house: House) -> None:
    bucket = house.bucket()
    house.plant(bucket.id, ["a"])
    with pytest.raises(BucketNotEmpty):
        house.buckets.delete(house.me, "mine", recursive=False)
    assert house.buckets.get(house.me, "mine").deleted_at is None
    until = house.buckets.delete(house.me, "mine", recursive=True)
    assert timedelta(days=29) < until - house.database.read(now) <= timedelta(days=30)


def test_a_deleted_bucket_is_gone_for_every_request_and_its_name_is_free(house: House) -> None:
    bucket = house.bucket()
    [file] = house.plant(bucket.id, ["a"]).values()
    house.buckets.delete(house.me, str(bucket.id), recursive=True)
    for ref in ("mine", str(bucket.id)):
        with pytest.raises(BucketNotFound):
            house.buckets.delete(house.me, ref, recursive=True)
        with pytest.raises(BucketNotFound):
            house.journals.read(house.me, ref, 0, 10)
    with pytest.raises(Problem) as gone:
        house.files.get(house.me, file)
    assert gone.value.status == 404
    assert house.bucket("mine").id != bucket.id
    assert [one.name for one in house.buckets.list(house.me, None, 10).items] == ["mine"]


def test_a_deleted_bucket_is_taken_back_with_all_it_held(house: House) -> None:
    bucket = house.bucket()
    [file] = house.plant(bucket.id, ["a"]).values()
    house.buckets.delete(house.me, "mine", recursive=True)
    with pytest.raises(BucketNotFound):
        house.buckets.restore(somebody(), str(bucket.id))
    with pytest.raises(BucketNotFound):
        house.buckets.restore(house.me, "mine")
    assert house.buckets.restore(house.me, str(bucket.id)).id == bucket.id
    assert house.files.get(house.me, file).path == "a"
    kinds = [change.kind for change in house.journals.read_root(house.me, 0, 10).items]
    assert kinds == ["bucket.created", "bucket.deleted", "bucket.restored"]
    with pytest.raises(BucketNotFound):
        house.buckets.restore(house.me, str(bucket.id))


def test_a_bucket_whose_name_is_taken_is_taken_back_under_another(house: House) -> None:
    bucket = house.bucket()
    house.buckets.delete(house.me, "mine", recursive=False)
    house.bucket("mine")
    with pytest.raises(BucketExists):
        house.buckets.restore(house.me, str(bucket.id))
    with pytest.raises(BucketNameInvalid):
        house.buckets.restore(house.me, str(bucket.id), "No Name")
    assert house.buckets.restore(house.me, str(bucket.id), "again").name == "again"


@pytest.mark.parametrize("is_in_trash", [False, True])
def test_a_purged_bucket_cannot_be_taken_back(house: House, is_in_trash: bool) -> None:
    bucket = house.bucket()
    if is_in_trash:
        house.buckets.delete(house.me, "mine", recursive=False)
        with pytest.raises(BucketNotFound):
            house.buckets.delete(somebody(), str(bucket.id), recursive=True, purge=True)
    until = house.buckets.delete(house.me, str(bucket.id), recursive=False, purge=True)
    assert until <= house.database.read(now)
    with pytest.raises(BucketNotFound):
        house.buckets.restore(house.me, str(bucket.id))


def test_every_change_of_a_bucket_has_its_sync_event_in_the_same_transaction(house: House) -> None:
    house.bucket()
    house.buckets.delete(house.me, "mine", recursive=False)
    changes = house.journals.read_root(house.me, 0, 10).items
    query = select(sync_events.c.id, sync_events.c.type, sync_events.c.status, sync_events.c.owner)
    rows = house.database.read(lambda connection: connection.execute(query).all())
    assert {(row.id, row.type) for row in rows} == {(change.event_id, change.kind.value) for change in changes}
    assert {(row.status, row.owner) for row in rows} == {("pending", house.me.user)}
    assert {change.device for change in changes} == {house.me.device}


def test_what_is_anothers_is_answered_as_what_is_not_there(house: House) -> None:
    bucket = house.bucket()
    stranger = somebody()
    told = []
    for ref in (str(bucket.id), "mine", str(new_id()), "absent"):
        for act in (
            lambda ref: house.buckets.get(stranger, ref),
            lambda ref: house.buckets.update(stranger, ref, BucketChanges(title="x")),
            lambda ref: house.buckets.delete(stranger, ref, recursive=True),
        ):
            with pytest.raises(BucketNotFound) as refused:
                act(ref)
            told.append(refused.value.document())
    assert all(document == told[0] for document in told)


def test_who_is_not_signed_in_or_has_too_small_a_credential_is_told_that(house: House) -> None:
    house.bucket()
    readers = replace(house.me, scopes=frozenset({"files:read"}))
    service = Identity(is_service=True, scopes=frozenset({"files"}))
    assert house.buckets.get(readers, "mine").name == "mine"
    for caller, problem in ((NOBODY, Unauthenticated), (readers, Forbidden), (service, Forbidden)):
        with pytest.raises(problem):
            house.buckets.create(caller, NewBucket(name="new"))
        with pytest.raises(problem):
            house.buckets.delete(caller, "mine", recursive=False)
    with pytest.raises(Unauthenticated):
        house.buckets.list(NOBODY, None, 1)
