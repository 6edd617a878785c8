"""Members: who else may use a bucket, until when, and where they hear of it."""

import asyncio
import threading
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text

from foundation.authorization import Role
from foundation.database import Database
from foundation.database import opened as opened_database
from foundation.identity import NOBODY, Identity
from foundation.ids import new_id
from foundation.problems import CursorInvalid, Forbidden, Invalid, Unauthenticated
from metadata import BucketChanges, BucketNotFound, Member, MemberNotFound, NewBucket
from metadata.schema import buckets, members
from tests.metadata.catalogues import Desk, chunks, somebody
from tests.metadata.readers import house
from tests.metadata.test_api import Door, door

__all__ = ["door", "house"]


@pytest.fixture
def guest() -> Identity:
    return somebody()


def share(desk: Desk, guest: Identity, role: Role) -> None:
    assert guest.user
    desk.catalogue.members.set(desk.me, desk.id, Member(guest.user, role))


def part(desk: Desk, guest: Identity) -> None:
    assert guest.user
    desk.catalogue.members.remove(desk.me, desk.id, guest.user)


def heard(desk: Desk, who: Identity) -> list[str]:
    return [change.kind.value for change in desk.catalogue.journals.read_root(who, 0, 100).items]


def of(desk: Desk, guest: Identity) -> Desk:
    """The same bucket, used by the guest."""
    other = Desk(desk.catalogue, me=guest)
    other.bucket = desk.bucket
    return other


def test_a_viewer_reads_and_an_editor_writes_and_neither_manages(desk: Desk, guest: Identity) -> None:
    desk.put("f", chunks("a"))
    theirs = of(desk, guest)
    with pytest.raises(BucketNotFound):
        theirs.now()
    share(desk, guest, Role.VIEWER)
    assert theirs.now().role is Role.VIEWER
    assert theirs.at("f").size == 5_000
    with pytest.raises(Forbidden):
        theirs.put("g", chunks("b"))
    share(desk, guest, Role.EDITOR)
    assert theirs.now().role is Role.EDITOR
    assert theirs.put("g", chunks("b")).version.actor == guest.user
    for forbidden in (
        lambda: theirs.catalogue.buckets.update(guest, desk.id, BucketChanges(title="Mine")),
        lambda: theirs.catalogue.buckets.delete(guest, desk.id, recursive=True),
        lambda: theirs.catalogue.members.list(guest, desk.id, None, 10),
        lambda: share(theirs, somebody(), Role.VIEWER),
        lambda: part(theirs, desk.me),
    ):
        with pytest.raises(Forbidden):
            forbidden()


def test_shared_buckets_are_listed_by_name_among_ones_own(desk: Desk, guest: Identity) -> None:
    create = desk.catalogue.buckets.create
    create(guest, NewBucket(name="aaa"))
    create(guest, NewBucket(name="ccc"))
    shared = [create(desk.me, NewBucket(name="bbb")), create(somebody(), NewBucket(name="ccc"))]
    for bucket in shared:
        owner = replace(desk.me, user=bucket.owner)
        desk.catalogue.members.set(owner, str(bucket.id), Member(guest.user or new_id(), Role.VIEWER))
    create(desk.me, NewBucket(name="ddd"))
    for limit in (1, 2, 3, 10):
        found, after = [], None
        while True:
            page = desk.catalogue.buckets.list(guest, after, limit)
            found += [(bucket.name, bucket.role.value) for bucket in page.items]
            after = page.next_key
            if after is None:
                break
        assert found == [("aaa", "owner"), ("bbb", "viewer"), ("ccc", "owner"), ("ccc", "viewer")]


def test_a_shared_bucket_is_reached_by_its_id_and_a_name_is_ones_own(desk: Desk, guest: Identity) -> None:
    share(desk, guest, Role.EDITOR)
    with pytest.raises(BucketNotFound):
        desk.catalogue.buckets.get(guest, desk.bucket.name)
    own = desk.catalogue.buckets.create(guest, NewBucket(name=desk.bucket.name))
    assert desk.catalogue.buckets.get(guest, desk.bucket.name).id == own.id
    assert desk.catalogue.buckets.get(guest, desk.id).owner == desk.me.user


def test_the_owner_stands_first_and_the_others_follow_by_id(desk: Desk) -> None:
    guests = sorted((somebody() for _ in range(3)), key=lambda guest: str(guest.user))
    for guest in reversed(guests):
        share(desk, guest, Role.VIEWER)
    expected = [(desk.me.user, Role.OWNER), *((guest.user, Role.VIEWER) for guest in guests)]
    for limit in (1, 2, 4, 10):
        found: list[tuple[UUID, Role]] = []
        after = None
        while True:
            page = desk.catalogue.members.list(desk.me, desk.id, after, limit)
            found += [(member.user, member.role) for member in page.items]
            after = page.next_key
            if after is None:
                break
        assert found == expected
    with pytest.raises(CursorInvalid):
        desk.catalogue.members.list(desk.me, desk.id, "x", 1)


def test_the_owner_stays_the_owner(desk: Desk, guest: Identity) -> None:
    assert desk.me.user
    share(desk, guest, Role.EDITOR)
    for refused in (
        lambda: share(desk, desk.me, Role.VIEWER),
        lambda: share(desk, guest, Role.OWNER),
        lambda: part(desk, desk.me),
    ):
        with pytest.raises(Invalid):
            refused()
    roles = [member.role for member in desk.catalogue.members.list(desk.me, desk.id, None, 10).items]
    assert roles == [Role.OWNER, Role.EDITOR]


def test_a_member_may_leave_and_nobody_is_removed_twice(desk: Desk, guest: Identity) -> None:
    share(desk, guest, Role.VIEWER)
    part(of(desk, guest), guest)
    with pytest.raises(BucketNotFound):
        part(of(desk, guest), guest)
    with pytest.raises(MemberNotFound):
        part(desk, guest)
    with pytest.raises(BucketNotFound):
        of(desk, guest).now()


def test_members_hear_of_all_that_happens_to_the_bucket_in_their_root_journal(desk: Desk, guest: Identity) -> None:
    share(desk, guest, Role.VIEWER)
    share(desk, guest, Role.VIEWER)
    share(desk, guest, Role.EDITOR)
    desk.catalogue.buckets.update(desk.me, desk.id, BucketChanges(title="New"))
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=False)
    desk.catalogue.buckets.restore(desk.me, desk.id)
    part(desk, guest)
    desk.catalogue.buckets.update(desk.me, desk.id, BucketChanges(title="Newer"))
    common = ["bucket.updated", "bucket.deleted", "bucket.restored"]
    assert heard(desk, guest) == ["bucket.shared", "bucket.updated", *common, "bucket.unshared"]
    assert heard(desk, desk.me) == ["bucket.created", *common, "bucket.updated"]
    changes = desk.catalogue.journals.read_root(guest, 0, 100).items
    assert [change.sequence for change in changes] == list(range(1, 7))
    assert {(change.bucket_id, change.actor, change.device) for change in changes} == {
        (desk.bucket.id, desk.me.user, desk.me.device)
    }


def test_whoever_is_removed_is_out_of_their_open_upload_and_of_the_journal(desk: Desk, guest: Identity) -> None:
    share(desk, guest, Role.EDITOR)
    theirs = of(desk, guest)
    upload = theirs.open("f", chunks("a"))
    theirs.send(upload, chunks("a"))
    part(desk, guest)
    with pytest.raises(BucketNotFound):
        theirs.commit(upload.id)
    with pytest.raises(BucketNotFound):
        theirs.journal()
    assert desk.now().files == 0


def test_a_commit_that_waits_for_the_one_who_removes_its_author_is_refused(
    desk: Desk, guest: Identity, location: str
) -> None:
    """The membership that its own statement saw when it began to wait is not what counts."""
    share(desk, guest, Role.EDITOR)
    theirs = of(desk, guest)
    upload = theirs.open("f", chunks("a"))
    theirs.send(upload, chunks("a"))
    outcome: list[object] = []

    def commit() -> None:
        try:
            outcome.append(theirs.commit(upload.id))
        except BucketNotFound as refused:
            outcome.append(refused)

    committing = threading.Thread(target=commit)
    with opened_database(location) as database:

        def remove(connection: object) -> None:
            bucket = select(buckets.c.id).where(buckets.c.id == desk.bucket.id)
            connection.execute(bucket.with_for_update(key_share=True)).all()  # type: ignore[attr-defined]
            gone = delete(members).where(members.c.bucket == desk.bucket.id)
            connection.execute(gone).close()  # type: ignore[attr-defined]
            committing.start()
            if not database.is_sqlite:
                wait_for_a_waiter(database)

        database.write(remove)
    committing.join()
    assert [type(one) for one in outcome] == [BucketNotFound]
    assert desk.now().files == 0


def wait_for_a_waiter(database: Database) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    pause = threading.Event()
    for _ in range(1000):
        if database.read(lambda connection: connection.execute(waiting).scalar_one()):
            return
        pause.wait(0.01)
    raise AssertionError("nobody waits")


def test_only_who_is_signed_in_and_may_change_the_bucket_shares_it(desk: Desk, guest: Identity) -> None:
    readers = replace(desk.me, scopes=frozenset({"files:read"}))
    for caller, problem in ((NOBODY, Unauthenticated), (readers, Forbidden), (somebody(), BucketNotFound)):
        for act in (
            lambda caller: desk.catalogue.members.set(caller, desk.id, Member(new_id(), Role.VIEWER)),
            lambda caller: desk.catalogue.members.remove(caller, desk.id, new_id()),
            lambda caller: desk.catalogue.members.list(caller, desk.id, None, 1),
        ):
            with pytest.raises(problem):
                act(caller)


def test_members_over_http(door: Door) -> None:
    guest = somebody()
    bucket = door.ask("POST", "/buckets", json={"name": "mine"}).json()["id"]
    address = f"/buckets/{bucket}/members/{guest.user}"
    assert door.ask("PUT", address, json={"role": "viewer"}).json() == {"user_id": str(guest.user), "role": "viewer"}
    listed = door.ask("GET", "/buckets/mine/members?limit=1").json()
    assert [one["role"] for one in listed["items"]] == ["owner"]
    rest = door.ask("GET", f"/buckets/mine/members?limit=1&cursor={listed['next_cursor']}").json()
    assert rest == {"items": [{"user_id": str(guest.user), "role": "viewer"}], "next_cursor": None}
    assert [one["role"] for one in door.ask("GET", "/buckets", guest).json()["items"]] == ["viewer"]
    for role in ("owner", "king", None):
        assert door.problem("PUT", address, json={"role": role}) == (422, "invalid")
    owner = f"/buckets/{bucket}/members/{door.house.me.user}"
    assert door.problem("PUT", owner, json={"role": "editor"}) == (422, "invalid")
    assert door.problem("DELETE", owner) == (422, "invalid")
    assert door.problem("PUT", address, json={"role": "editor"}, caller=guest) == (403, "forbidden")
    assert door.ask("DELETE", address, guest).status_code == 204
    assert door.problem("DELETE", address) == (404, "member-not-found")
    assert door.problem("GET", f"/buckets/{bucket}", caller=guest) == (404, "bucket-not-found")


def test_a_long_poll_of_whoever_is_removed_meanwhile_is_refused(door: Door) -> None:
    guest = somebody()
    bucket = door.ask("POST", "/buckets", json={"name": "mine"}).json()["id"]
    door.ask("PUT", f"/buckets/{bucket}/members/{guest.user}", json={"role": "viewer"})

    async def removed_while_waiting() -> int:
        async with door.client(guest) as theirs, door.client(door.house.me) as mine:
            waiting = asyncio.create_task(theirs.get(f"/buckets/{bucket}/changes?wait=0.5"))
            await asyncio.sleep(0)
            await mine.delete(f"/buckets/{bucket}/members/{guest.user}")
            return (await waiting).status_code

    assert asyncio.run(removed_while_waiting()) == 404
