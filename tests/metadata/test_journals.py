"""Reading the journals: in order, without gaps, nobody else's."""

from itertools import pairwise

import pytest

from foundation.identity import NOBODY
from foundation.ids import new_id
from foundation.problems import Unauthenticated
from metadata.errors import BucketNotFound, CursorExpired
from metadata.model import ChangeKind
from tests.metadata.readers import House, house, somebody

__all__ = ["house"]


def test_a_journal_is_read_in_pages_without_gaps(house: House) -> None:
    bucket = house.bucket()
    house.put(bucket.id, *(f"file-{number}" for number in range(7)))
    seen, after, more = [], 0, True
    while more:
        page = house.journals.read(house.me, "mine", after, 3)
        seen += page.items
        after, more = page.sequence, page.more
    assert [change.path for change in seen] == [f"file-{number}" for number in range(7)]
    assert all(later.sequence == earlier.sequence + 1 for earlier, later in pairwise(seen))
    assert {change.kind for change in seen} == {ChangeKind.FILE_CREATED}
    assert {(change.actor, change.device, change.bucket_id) for change in seen} == {
        (house.me.user, house.me.device, bucket.id)
    }
    end = house.journals.read(house.me, str(bucket.id), after, 3)
    assert (end.items, end.sequence, end.more) == ([], after, False)


def test_a_sequence_from_a_lost_future_is_refused(house: House) -> None:
    house.bucket()
    with pytest.raises(CursorExpired):
        house.journals.read(house.me, "mine", 1, 10)
    with pytest.raises(CursorExpired):
        house.journals.read_root(house.me, 2, 10)


def test_the_root_journal_is_ones_own(house: House) -> None:
    bucket = house.bucket()
    [change] = house.journals.read_root(house.me, 0, 10).items
    assert (change.kind, change.bucket_id, change.file_id) == (ChangeKind.BUCKET_CREATED, bucket.id, None)
    nothing = house.journals.read_root(somebody(), 0, 10)
    assert (nothing.items, nothing.sequence, nothing.more) == ([], 0, False)
    with pytest.raises(Unauthenticated):
        house.journals.read_root(NOBODY, 0, 10)


def test_the_sequences_of_buckets_and_users_are_told_together(house: House) -> None:
    bucket, other = house.bucket("one").id, house.bucket("two").id
    house.put(bucket, "a", "b")
    assert house.me.user
    journals = [bucket, other, house.me.user, new_id()]
    assert house.journals.sequences(journals) == {bucket: 2, other: 0, house.me.user: 2}
    assert house.journals.sequences([]) == {}


def test_a_strangers_reading_is_answered_as_of_what_is_not_there(house: House) -> None:
    bucket = house.bucket()
    house.put(bucket.id, "a")
    for ref in (str(bucket.id), "mine", str(new_id())):
        for after in (0, 10**6):
            with pytest.raises(BucketNotFound):
                house.journals.read(somebody(), ref, after, 10)
