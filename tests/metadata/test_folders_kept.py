"""What a folder leaves behind when it goes: as its bucket keeps the files in it."""

import pytest

from metadata import (
    BucketChanges,
    Catalogue,
    Delete,
    DeletePrefix,
    NewBucket,
    Restore,
    RestorePrefix,
    VersionConflict,
    Versioning,
)
from tests.metadata.catalogues import Desk, chunk
from tests.metadata.counting import counted, recounted
from tests.metadata.folders import done


@pytest.mark.parametrize(
    "new",
    [
        NewBucket(name="kept", keep_days=3),
        NewBucket(name="off", versioning=Versioning.OFF),
        NewBucket(name="suspended", versioning=Versioning.SUSPENDED, trash_days=7),
    ],
    ids=lambda new: new.name,
)
def test_what_a_folder_leaves_is_kept_as_what_a_file_leaves(catalogue: Catalogue, new: NewBucket) -> None:
    desk = Desk(catalogue, new=new)
    alone, together = desk.put_all({"b": [chunk("1")], "a/x": [chunk("2")]})
    desk.apply(Delete(path="b"))
    desk.apply(Restore(alone.version.file_id))
    done(desk, DeletePrefix("a"))
    done(desk, RestorePrefix("a"))
    kept = [
        [one.purge_after and (one.purge_after - one.created_at).days for one in versions]
        for versions in (
            desk.catalogue.files.versions(desk.me, result.version.file_id, None, 10).items
            for result in (alone, together)
        )
    ]
    assert kept[0] == kept[1]
    assert counted(desk) == recounted(desk)


def test_without_a_trash_a_folder_is_gone_at_once_and_every_event_tells_what_went(catalogue: Catalogue) -> None:
    desk = Desk(catalogue, new=NewBucket(name="lean", versioning=Versioning.OFF, trash_days=0))
    desk.put_all({"a/x": [chunk("1")], "a/y": [chunk("1")], "a/z": [chunk("2")], "b": [chunk("2")]})
    deleted = done(desk, DeletePrefix("a"))
    assert (deleted.files, counted(desk)) == (3, (1, 1, 5_000, 5_000))
    assert counted(desk) == recounted(desk)
    with pytest.raises(VersionConflict) as refused:
        done(desk, RestorePrefix(group=deleted.group))
    assert [one["path"] for one in refused.value.members["conflicts"]] == ["a/x", "a/y", "a/z"]
    kinds = [kind for _, kind, _ in desk.journal()][4:]
    assert kinds == ["file.deleted"] * 3 + ["file.purged"] * 3
    assert desk.catalogue.collection.collect_contents(0).removed == 3


def test_what_was_promised_to_stay_stays_when_its_folder_goes(catalogue: Catalogue) -> None:
    desk = Desk(catalogue, new=NewBucket(name="was-on"))
    desk.put_all({"a/x": [chunk("1")], "a/y": [chunk("2")]})
    desk.put_all({"a/x": [chunk("3")]})
    old = desk.at("a/x").file_id
    catalogue.buckets.update(desk.me, desk.id, BucketChanges(versioning=Versioning.SUSPENDED, trash_days=0))
    done(desk, DeletePrefix("a"))
    assert [one.file_id for one in catalogue.files.trash(desk.me, desk.id, None, 10).items] == [old]
    assert counted(desk) == recounted(desk)
