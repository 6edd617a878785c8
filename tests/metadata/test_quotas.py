"""Quotas: what a user's buckets hold together is bounded, whoever writes, wherever, however many at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from foundation.authorization import Role
from foundation.identity import NOBODY, Identity
from foundation.ids import new_id
from foundation.problems import Forbidden, Problem, Unauthenticated
from metadata import (
    Batch,
    Catalogue,
    CatalogueSettings,
    CommitRequest,
    Copy,
    Delete,
    Member,
    Move,
    NewBucket,
    Put,
    QuotaExceeded,
    Restore,
    Usage,
    Versioning,
)
from tests.metadata.catalogues import Desk, chunks, somebody
from tests.metadata.readers import house
from tests.metadata.test_api import Door, door

__all__ = ["door", "house"]

SIZE = 5_000  # of a file of one chunk
ADMIN = replace(somebody(), scopes=frozenset({"admin", "files"}))


def limit(desk: Desk, quota: int | None) -> Usage:
    assert desk.me.user
    return desk.catalogue.accounts.set_quota(ADMIN, desk.me.user, quota)


def used(desk: Desk) -> int:
    return desk.catalogue.accounts.usage(desk.me).used_bytes


def test_what_would_go_beyond_the_quota_is_refused_and_nothing_is_left_of_it(desk: Desk) -> None:
    limit(desk, 2 * SIZE)
    upload = desk.open("late", chunks("late"))
    desk.send(upload, chunks("late"))
    desk.put("a", chunks("a"))
    desk.put("b", chunks("b"))
    with pytest.raises(QuotaExceeded) as refused:
        desk.commit(upload.id)
    expected = {"used_bytes": 2 * SIZE, "quota_bytes": 2 * SIZE, "wanted_bytes": SIZE}
    assert refused.value.members == expected
    assert refused.value.status == 507
    assert (desk.now().files, used(desk), desk.now().sequence) == (2, 2 * SIZE, 2)
    limit(desk, 3 * SIZE)
    assert desk.commit(upload.id).version.path == "late"


def test_what_is_certain_is_said_before_any_byte_is_sent(desk: Desk) -> None:
    limit(desk, SIZE)
    with pytest.raises(QuotaExceeded):
        desk.open("big", chunks("a", "b"), size=2 * SIZE)
    assert desk.open("small", chunks("a"), size=SIZE).size == SIZE


def test_a_quota_is_over_all_buckets_of_the_owner_and_over_nobody_elses(desk: Desk) -> None:
    limit(desk, 2 * SIZE)
    second, other = Desk(desk.catalogue, me=desk.me), Desk(desk.catalogue)
    desk.put("a", chunks("a"))
    second.put("b", chunks("b"))
    for full in (desk, second):
        with pytest.raises(QuotaExceeded):
            full.put("c", chunks("c"))
    other.put("c", chunks("c"))
    assert desk.catalogue.accounts.usage(desk.me) == Usage(2 * SIZE, 2 * SIZE, 2, 2, 2, 2 * SIZE)


def test_the_owner_of_the_bucket_pays_whoever_writes(desk: Desk) -> None:
    guest = somebody()
    assert guest.user
    desk.catalogue.accounts.set_quota(ADMIN, guest.user, 0)
    desk.catalogue.members.set(desk.me, desk.id, Member(guest.user, Role.EDITOR))
    theirs = Desk(desk.catalogue, me=guest)
    with pytest.raises(QuotaExceeded):
        theirs.put("own", chunks("a"))
    theirs.bucket = desk.bucket
    theirs.put("paid", chunks("a"))
    assert (used(desk), used(theirs)) == (SIZE, 0)
    limit(desk, SIZE)
    with pytest.raises(QuotaExceeded) as early:
        theirs.open("not paid", chunks("b"), size=SIZE)
    with pytest.raises(QuotaExceeded) as late:
        theirs.put("not paid", chunks("b"))
    # What else the owner has is no business of a member.
    assert early.value.members == late.value.members == {"wanted_bytes": SIZE}


def test_old_versions_and_the_trash_count_until_they_are_purged(desk: Desk) -> None:
    limit(desk, 2 * SIZE)
    file = desk.put("f", chunks("a")).version
    desk.put("f", chunks("b"))
    with pytest.raises(QuotaExceeded):
        desk.apply(Restore(file.file_id, file.version_id))
    desk.apply(Delete(path="f"))
    assert used(desk) == 2 * SIZE
    with pytest.raises(QuotaExceeded):
        desk.put("g", chunks("c"))
    desk.catalogue.files.purge(desk.me, file.file_id, None)
    assert desk.put("g", chunks("c")).version.path == "g"


def test_a_copy_and_a_move_to_another_bucket_count_there(desk: Desk) -> None:
    second = Desk(desk.catalogue)
    desk.put("f", chunks("a"))
    assert second.me.user
    assert desk.me.user
    desk.catalogue.members.set(second.me, second.id, Member(desk.me.user, Role.EDITOR))
    limit(second, SIZE - 1)
    for refused in (
        Batch(second.id, [Copy("g", path="f", from_bucket=desk.id)]),
        Batch(desk.id, [Move("g", path="f", to_bucket=second.id)]),
    ):
        with pytest.raises(QuotaExceeded):
            desk.catalogue.commits.apply(desk.me, refused)
    assert (used(second), desk.at("f").size) == (0, SIZE)
    limit(second, SIZE)
    desk.apply(Move("g", path="f", to_bucket=second.id))
    assert (used(second), second.at("g").size) == (SIZE, SIZE)
    limit(desk, SIZE)
    with pytest.raises(QuotaExceeded):
        desk.catalogue.commits.apply(desk.me, Batch(desk.id, [Copy("h", path="g", from_bucket=second.id)]))


def test_a_bucket_in_the_trash_counts_until_it_is_purged(desk: Desk) -> None:
    second = Desk(desk.catalogue, me=desk.me)
    desk.put("f", chunks("a"))
    limit(desk, SIZE)
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True)
    with pytest.raises(QuotaExceeded):
        second.put("g", chunks("b"))
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True, purge=True)
    while desk.catalogue.collection.purge_expired():
        pass
    assert second.put("g", chunks("b")).version.path == "g"


def test_deleting_and_replacing_at_once_need_no_room(catalogue: Catalogue) -> None:
    lean = Desk(catalogue, new=NewBucket(name="lean", versioning=Versioning.OFF, trash_days=0))
    lean.put("f", chunks("a"))
    limit(lean, SIZE)
    assert lean.put("f", chunks("b")).version.size == SIZE
    limit(lean, 0)
    with pytest.raises(QuotaExceeded):
        lean.put("g", chunks("c"))
    lean.apply(Delete(path="f"))
    assert used(lean) == 0


def test_a_quota_below_what_is_there_takes_nothing_away(desk: Desk) -> None:
    desk.put("f", chunks("a"))
    assert limit(desk, 1) == Usage(SIZE, 1, 1, 1, 1, SIZE)
    assert desk.put("empty", []).version.size == 0
    desk.apply(Delete(path="f"))
    assert limit(desk, None).quota_bytes is None
    desk.put("g", chunks("b"))


def test_of_a_batch_all_or_nothing_counts(desk: Desk) -> None:
    limit(desk, 2 * SIZE)
    plans = {f"f{n}": chunks(str(n)) for n in range(3)}
    upload = desk.basket([plan[0] for plan in plans.values()])
    with pytest.raises(QuotaExceeded):
        desk.apply(*(Put(path, plan) for path, plan in plans.items()), upload=upload.id)
    assert desk.now().files == 0
    desk.apply(*(Put(path, plan) for path, plan in list(plans.items())[:2]), upload=upload.id)
    assert used(desk) == 2 * SIZE


def test_of_commits_that_share_a_transaction_those_that_fit_go_through(desk: Desk) -> None:
    second = Desk(desk.catalogue, me=desk.me)
    uploads = []
    for n, one in enumerate((desk, second, desk, second)):
        uploads.append(one.open(f"f{n}", chunks(str(n))))
        one.send(uploads[-1], chunks(str(n)))
    limit(desk, 2 * SIZE)
    outcomes = desk.catalogue.commits.commit([CommitRequest(desk.me, upload.id) for upload in uploads])
    assert [type(outcome).__name__ for outcome in outcomes] == ["Result", "Result", "QuotaExceeded", "QuotaExceeded"]
    assert used(desk) == 2 * SIZE


def test_commits_into_several_buckets_at_once_do_not_pass_together(catalogue: Catalogue) -> None:
    me, rounds, number = somebody(), 4, 6
    desks = [Desk(catalogue, me=me) for _ in range(number)]
    room = 0
    for turn in range(rounds):
        limit(desks[0], None)
        ready = []
        for n, desk in enumerate(desks):
            ready.append(desk.open(f"f{turn}", chunks(f"{turn}-{n}")))
            desk.send(ready[-1], chunks(f"{turn}-{n}"))
        room += SIZE  # for one of them
        limit(desks[0], room)

        def commit(at: int, ready: list[object] = ready) -> bool:
            try:
                desks[at].commit(ready[at].id)  # type: ignore[attr-defined]
            except QuotaExceeded:
                return False
            return True

        with ThreadPoolExecutor(number) as threads:
            assert sum(threads.map(commit, range(number))) == 1
    assert used(desks[0]) == room == rounds * SIZE


def test_groups_of_commits_for_several_owners_with_quotas_never_deadlock(catalogue: Catalogue) -> None:
    desks = [Desk(catalogue) for _ in range(4)]
    for desk in desks:
        limit(desk, 10**9)
    groups = []
    for n in range(8):
        order = desks if n % 2 else list(reversed(desks))
        group = []
        for desk in order:
            upload = desk.open(f"f{n}", chunks(f"{n}"))
            desk.send(upload, chunks(f"{n}"))
            group.append(CommitRequest(desk.me, upload.id))
        groups.append(group)
    with ThreadPoolExecutor(8) as threads:
        outcomes = [outcome for group in threads.map(catalogue.commits.commit, groups) for outcome in group]
    assert [outcome for outcome in outcomes if isinstance(outcome, Problem)] == []
    assert [desk.now().files for desk in desks] == [8] * 4


def test_new_accounts_have_the_quota_of_the_settings_however_they_first_appear(
    opened: Callable[[CatalogueSettings], Catalogue],
) -> None:
    catalogue = opened(CatalogueSettings(quota_bytes=SIZE))
    desk, guest, stranger = Desk(catalogue), somebody(), somebody()
    assert guest.user
    assert catalogue.accounts.usage(stranger) == Usage(0, SIZE, 0, 0, 0, 0)
    catalogue.members.set(desk.me, desk.id, Member(guest.user, Role.VIEWER))
    for who in (desk.me, guest):
        assert catalogue.accounts.usage(who).quota_bytes == SIZE
    assert limit(desk, None).quota_bytes is None
    Desk(catalogue, me=desk.me)
    assert catalogue.accounts.usage(desk.me).quota_bytes is None


@pytest.mark.parametrize(
    ("caller", "problem"), [(NOBODY, Unauthenticated), (somebody(), Forbidden)], ids=["nobody", "a user"]
)
def test_only_administrators_set_quotas(desk: Desk, caller: Identity, problem: type[Problem]) -> None:
    with pytest.raises(problem):
        desk.catalogue.accounts.set_quota(caller, new_id(), 1)


def test_usage_and_quotas_over_http(door: Door) -> None:
    me = door.house.me
    door.ask("POST", "/buckets", json={"name": "mine"})
    told = {"used_bytes": 0, "quota_bytes": None, "buckets": 1, "files": 0, "versions": 0, "logical_bytes": 0}
    assert door.ask("GET", "/account/usage").json() == told
    address = f"/accounts/{me.user}/quota"
    assert door.problem("PUT", address, json={"quota_bytes": 1}) == (403, "forbidden")
    assert door.ask("PUT", address, ADMIN, json={"quota_bytes": 1}).json() == told | {"quota_bytes": 1}
    assert door.ask("PUT", address, ADMIN, json={"quota_bytes": None}).json() == told
    for wrong in ({"quota_bytes": -1}, {"quota_bytes": "1"}, {"quota_bytes": True}, {"quota_bytes": 2**63}, {}):
        assert door.problem("PUT", address, json=wrong, caller=ADMIN) == (422, "invalid")
