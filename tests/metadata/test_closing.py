"""Accounts that close: nothing of their users is left but journals, whoever dies meanwhile, and nothing of others goes."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from foundation.authorization import Role
from foundation.database import Database
from foundation.database import opened as opened_database
from foundation.problems import Forbidden
from metadata import (
    AccountClosing,
    BucketNotFound,
    Catalogue,
    Member,
    NewBucket,
    Precondition,
    UploadEnded,
    UploadNotFound,
)
from metadata.schema import blocks, candidates, changes, contents
from tests.metadata.catalogues import Desk, chunk, received, somebody
from tests.metadata.closing import ADMIN, SLICE, SMALL, Leaving, made_leaving, run_out, traces, user_of
from tests.metadata.killed_child import kill_in_slice


@pytest.fixture
def database(location: str) -> Iterator[Database]:
    with opened_database(location) as database:
        yield database


@pytest.fixture
def leaving(opened: Callable[..., Catalogue], database: Database) -> Leaving:
    return made_leaving(opened(SMALL), database)


def close(leaving: Leaving) -> None:
    leaving.catalogue.accounts.close(ADMIN, leaving.user)


def require_gone(leaving: Leaving, database: Database) -> None:
    assert leaving.catalogue.accounts.closing(ADMIN, leaving.user) is None
    assert traces(database, {leaving.user, *leaving.buckets}) == {}
    # The friend's: a file of their own, what the other one put there, and a copy of what was shared.
    assert leaving.friend.now().files == 2
    assert leaving.friend.at("from-the-guest").file_id == leaving.theirs
    assert leaving.friend.at("copy").num_chunks == 1
    left = database.read(lambda connection: set(connection.execute(select(blocks.c.id)).scalars()))
    assert left == {bytes(chunk("given").id), bytes(chunk("present").id)}
    for table in (contents, candidates):
        number = database.read(lambda connection, table=table: connection.execute(count(table)).scalar_one())  # type: ignore[misc]
        assert number == (2 if table is contents else 0)


def count(table: object) -> object:
    return select(func.count()).select_from(table)  # type: ignore[arg-type]


def test_nothing_is_left_of_who_goes_and_all_of_who_stays(leaving: Leaving, database: Database) -> None:
    mine, theirs = {leaving.user, *leaving.buckets}, {user_of(leaving.friend.me), leaving.friend.bucket.id}
    assert set(traces(database, mine)) > {"notices.owner", "verify_requests.bucket", "idempotency_keys.user"}
    before = traces(database, theirs)
    close(leaving)
    run_out(leaving.catalogue)
    require_gone(leaving, database)
    # They are no member of the bucket that is gone; the guest and what they had sent is forgotten, and one event tells it: that is all.
    gone = {"members.user": 1, "members.bucket": 1, "uploads.bucket": 1}
    assert {name: before.pop(name) for name in gone} == gone
    told = {"sync_events.owner", "sync_events.bucket"}
    assert traces(database, theirs) == {name: number + (name in told) for name, number in before.items()}


def test_journals_tell_what_became_of_it(leaving: Leaving, database: Database) -> None:
    close(leaving)
    run_out(leaving.catalogue)
    told = leaving.catalogue.journals.read_root(leaving.friend.me, 0, 100).items
    assert [(change.kind.value, change.bucket_id) for change in told][-1] == ("bucket.deleted", leaving.desk.bucket.id)
    query = (
        select(changes.c.kind, changes.c.actor).where(changes.c.journal == leaving.user).order_by(changes.c.sequence)
    )
    own = [tuple(row) for row in database.read(lambda connection: connection.execute(query).all())]
    assert own[-3:] == [
        ("bucket.deleted", leaving.user),
        ("bucket.deleted", leaving.user),
        ("bucket.unshared", leaving.user),
    ]


@pytest.mark.parametrize("when", [2, 9])
def test_a_close_that_was_killed_goes_on_where_it_was(
    leaving: Leaving, database: Database, location: str, when: int
) -> None:
    close(leaving)
    kill_in_slice("tests.metadata.close_child", location, when)
    assert run_out(leaving.catalogue) > 0
    require_gone(leaving, database)


def test_two_at_once_close_as_one(leaving: Leaving, database: Database, location: str) -> None:
    close(leaving)
    close(leaving)
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.metadata.close_child", location],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    with child:
        assert child.stdin is not None
        child.stdin.write(b"go on\n" * 1000)
        child.stdin.close()
        run_out(leaving.catalogue)
    assert child.returncode == 0
    run_out(leaving.catalogue)
    require_gone(leaving, database)


def test_how_far_it_is_is_told_and_only_falls(leaving: Leaving) -> None:
    close(leaving)
    seen = []
    while leaving.catalogue.collection.close_accounts(1) or leaving.catalogue.collection.purge_expired(1):
        if (left := leaving.catalogue.accounts.closing(ADMIN, leaving.user)) is None:
            break
        seen.append((left.buckets, left.files, left.versions, left.version_bytes))
        assert not left.is_empty or seen[-1] == (0, 0, 0, 0)
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) > 5
    assert leaving.catalogue.accounts.closing(ADMIN, user_of(leaving.friend.me)) is None


def test_only_administrators_close_accounts(desk: Desk) -> None:
    for who in (desk.me, somebody(), replace(desk.me, scopes=frozenset({"files", "account"}))):
        with pytest.raises(Forbidden):
            desk.catalogue.accounts.close(who, user_of(desk.me))
        with pytest.raises(Forbidden):
            desk.catalogue.accounts.closing(who, user_of(desk.me))
    assert desk.now().files == 0


def test_whoever_is_deleted_while_uploading_fails_cleanly_and_nothing_of_it_appears(
    leaving: Leaving, database: Database
) -> None:
    catalogue, me = leaving.catalogue, leaving.desk.me
    close(leaving)
    for begin in (
        lambda: catalogue.buckets.create(me, NewBucket(name="another")),
        lambda: catalogue.uploads.open(me, None, Precondition(), []),
        lambda: catalogue.members.set(leaving.friend.me, leaving.friend.id, Member(leaving.user, Role.VIEWER)),
    ):
        with pytest.raises(AccountClosing):
            begin()
    while catalogue.uploads.get(me, leaving.upload.id).state.value == "open":
        assert catalogue.collection.close_accounts(SLICE)
    with pytest.raises((UploadEnded, UploadNotFound)):
        leaving.desk.commit(leaving.upload.id)
    with pytest.raises((UploadEnded, UploadNotFound)):
        catalogue.blocks.register(leaving.upload.id, received(leaving.upload, [chunk("late")]))
    run_out(catalogue)
    with pytest.raises(BucketNotFound):
        catalogue.buckets.get(me, leaving.desk.id)
    assert leaving.friend.now().files == 2
    require_gone(leaving, database)


def test_what_who_goes_put_into_anothers_bucket_can_still_be_proved(leaving: Leaving) -> None:
    close(leaving)
    run_out(leaving.catalogue)
    event = leaving.catalogue.sync_records.verify_file(leaving.friend.me, leaving.theirs)
    leaving.catalogue.jobs.claim("a worker", 256, timedelta(minutes=1))
    held = leaving.catalogue.jobs.chunks([event.event_id])[event.event_id]
    assert [chunk.is_held for chunk in held] == [True]


def test_an_account_outlives_what_still_comes_in_under_its_name(
    opened: Callable[..., Catalogue], database: Database
) -> None:
    leaving = made_leaving(opened(replace(SMALL, closed_account_retention=timedelta(hours=1))), database)
    close(leaving)
    run_out(leaving.catalogue)
    left = leaving.catalogue.accounts.closing(ADMIN, leaving.user)
    assert left is not None
    assert left.is_empty
    assert traces(database, {leaving.user, *leaving.buckets}) == {"accounts.user": 1}
    with pytest.raises(AccountClosing):
        leaving.catalogue.buckets.create(leaving.desk.me, NewBucket(name="again"))


@pytest.mark.full
def test_a_slice_takes_one_row_if_that_is_its_bound(leaving: Leaving, database: Database) -> None:
    close(leaving)
    mine, most = {leaving.user, *leaving.buckets}, 0
    before = sum(traces(database, mine).values())
    while leaving.catalogue.collection.close_accounts(1):
        after = sum(traces(database, mine).values())
        before, most = after, max(most, before - after)
    # A membership goes with nothing else; an upload's row tells its owner and its bucket.
    assert most == 2
