"""Who is told what of verification, and who may drive it: members by their role, administrators everything, strangers nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from foundation.authorization import Role
from foundation.identity import NOBODY, Identity
from foundation.problems import Forbidden, Problem, Unauthenticated
from metadata import Catalogue, EventQuery, EventStatus, Member, SyncRecords
from metadata.schema import blocks
from metadata.sync_schema import sync_outcomes
from tests.metadata.catalogues import Desk, chunks, somebody
from tests.metadata.sync_rows import SyncRows, administrator, sync_rows


@pytest.fixture
def rows(location: str) -> Iterator[SyncRows]:
    with sync_rows(location) as found:
        yield found


@dataclass(frozen=True)
class Shared:
    """A file of an owner's whose check failed, in a bucket with an editor and a viewer."""

    desk: Desk
    file: Any
    event: Any
    callers: dict[str, Identity]

    @property
    def records(self) -> SyncRecords:
        return self.desk.catalogue.sync_records


@pytest.fixture
def shared(desk: Desk, rows: SyncRows) -> Shared:
    editor, viewer = somebody(), somebody()
    for one, role in ((editor, Role.EDITOR), (viewer, Role.VIEWER)):
        assert one.user is not None
        desk.catalogue.members.set(desk.me, desk.id, Member(one.user, role))
    rows.forget_sharing()  # Of the sharing: these are about the file.
    file = desk.put("f", chunks("a")).version.file_id
    rows.all_events("failed", reason="1 part is missing from the store.")
    event = desk.catalogue.sync_records.file_status(desk.me, file).event_id
    callers = {
        "nobody": NOBODY,
        "stranger": somebody(),
        "viewer": viewer,
        "editor": editor,
        "owner": desk.me,
        "reader": replace(desk.me, scopes=frozenset({"files:read"})),
        "admin": administrator(),
    }
    return Shared(desk, file, event, callers)


READS: dict[str, Callable[[Shared, Identity], object]] = {
    "event": lambda shared, me: shared.records.event(me, shared.event),
    "file status": lambda shared, me: shared.records.file_status(me, shared.file),
    "events of the file": lambda shared, me: shared.records.events(me, EventQuery(file_id=shared.file)),
    "events of the bucket": lambda shared, me: shared.records.events(me, EventQuery(bucket=shared.desk.id)),
}
WRITES: dict[str, Callable[[Shared, Identity], object]] = {
    "retry": lambda shared, me: shared.records.retry(me, shared.event),
    "verify the file": lambda shared, me: shared.records.verify_file(me, shared.file),
    "verify the bucket": lambda shared, me: shared.records.verify_bucket(me, shared.desk.id),
}
UNKNOWN: dict[str, Callable[[Shared, Identity], object]] = {
    "event": lambda shared, me: shared.records.event(me, uuid4()),
    "file status": lambda shared, me: shared.records.file_status(me, uuid4()),
    "events of the file": lambda shared, me: shared.records.events(me, EventQuery(file_id=uuid4())),
    "events of the bucket": lambda shared, me: shared.records.events(me, EventQuery(bucket=str(uuid4()))),
    "retry": lambda shared, me: shared.records.retry(me, uuid4()),
    "verify the file": lambda shared, me: shared.records.verify_file(me, uuid4()),
    "verify the bucket": lambda shared, me: shared.records.verify_bucket(me, str(uuid4())),
}


def outcome(shared: Shared, ask: Callable[[Shared, Identity], object], caller: str) -> str:
    try:
        ask(shared, shared.callers[caller])
    except Problem as problem:
        return str(problem.status)
    return "done"


# What becomes of reading, and of asking for a check.
ROLES = {
    "nobody": ("401", "401"),
    "stranger": ("404", "404"),
    "viewer": ("done", "403"),
    "editor": ("done", "done"),
    "owner": ("done", "done"),
    "reader": ("done", "403"),
    "admin": ("done", "done"),
}


def test_each_role_may_do_what_it_may_with_files(shared: Shared) -> None:
    for caller, expected in ROLES.items():
        for asks, verdict in zip((READS, WRITES), expected, strict=True):
            for what, ask in asks.items():
                assert outcome(shared, ask, caller) == verdict, (caller, what)


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_is_anothers_is_told_as_what_is_not_there(shared: Shared, what: str) -> None:
    documents = []
    for ask in (READS.get(what) or WRITES[what], UNKNOWN[what]):
        with pytest.raises(Problem) as refused:
            ask(shared, shared.callers["stranger"])
        documents.append(refused.value.document())
    assert documents[0] == documents[1]


def test_lists_hold_what_one_sees_and_no_more(catalogue: Catalogue, shared: Shared, rows: SyncRows) -> None:
    viewer = shared.callers["viewer"]
    own = Desk(catalogue, me=viewer)
    own.put("mine", [])
    Desk(catalogue).put("theirs", [])

    def seen(caller: str, **query: Any) -> list[str | None]:
        return [event.path for event in shared.records.events(shared.callers[caller], EventQuery(**query)).items]

    assert seen("stranger") == []
    assert seen("viewer") == ["mine", None, "f", None]
    assert seen("owner") == ["f", None]
    assert seen("admin") == ["theirs", None, "mine", None, "f", None]
    assert seen("viewer", status=EventStatus.FAILED) == seen("admin", status=EventStatus.FAILED) == ["f", None]
    rows.event(shared.event, "completed", healed_at=rows.now())
    for caller, expected in (("stranger", []), ("viewer", ["f"]), ("owner", ["f"]), ("admin", ["f"])):
        assert seen(caller, healed_only=True) == expected
    with pytest.raises(Unauthenticated):
        seen("nobody")


def test_a_member_that_was_removed_and_a_bucket_in_the_trash_tell_nothing(shared: Shared) -> None:
    desk, viewer, editor = shared.desk, shared.callers["viewer"], shared.callers["editor"]
    assert viewer.user is not None
    desk.catalogue.members.remove(desk.me, desk.id, viewer.user)
    assert shared.records.events(viewer, EventQuery()).items == []
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True)
    assert shared.records.events(editor, EventQuery()).items == []
    for ask in READS.values():
        for caller in (viewer, editor):
            with pytest.raises(Problem) as refused:
                ask(shared, caller)
            assert refused.value.status == 404
    # To its owner it is told until it is forgotten.
    kinds = [event.type.value for event in shared.records.events(desk.me, EventQuery(bucket=desk.id)).items]
    assert kinds == ["bucket.deleted", "bucket.unshared", "file.created", "bucket.created"]
    assert shared.records.event(desk.me, shared.event).bucket_title == desk.bucket.title


def test_only_whoever_may_write_tries_all_again_and_only_their_own(shared: Shared) -> None:
    for caller, raised in (("nobody", Unauthenticated), ("reader", Forbidden)):
        with pytest.raises(raised):
            shared.records.retry_all(shared.callers[caller])
    for caller, number in (("stranger", 0), ("editor", 0), ("owner", 2)):
        assert shared.records.retry_all(shared.callers[caller]) == number


def test_an_administrator_tries_everybodys_again(shared: Shared) -> None:
    assert shared.records.retry_all(shared.callers["admin"]) == 2


def test_figures_are_of_ones_own_and_tell_nothing_of_others(
    catalogue: Catalogue, shared: Shared, rows: SyncRows
) -> None:
    theirs = Desk(catalogue)
    theirs.put("g", chunks("a", "b"))
    rows.set(blocks, blocks.c.id.is_not(None), state="missing")
    for desk in (shared.desk, theirs):
        rows.add(sync_outcomes, owner=desk.me.user, at=rows.now(), verified=1)
    admin = shared.callers["admin"]
    number = catalogue.proofs.request(admin, is_urgent=False).number

    def figures(caller: Identity) -> tuple[Any, ...]:
        found = shared.records.figures(caller)
        assert found.round is not None
        progress = (found.round.number, found.round.total_blocks, found.round.bytes, found.round.worker)
        counts = (found.pending, found.failed, found.completed, found.files, found.missing_blocks)
        return (*counts, *progress)

    catalogue.proofs.lease(number, "one", timedelta(0))
    assert figures(shared.desk.me) == (0, 2, 1, 1, 1, number, 1_000, 0, None)
    assert figures(shared.callers["stranger"]) == (0, 0, 0, 0, 0, number, 1_000, 0, None)
    assert figures(shared.callers["viewer"]) == (0, 0, 0, 0, 0, number, 1_000, 0, None)
    assert figures(admin) == (2, 2, 2, 2, 3, number, 3, 0, "one")
    rows.all_events("completed")
    moment = shared.records.figures(admin).proved_at
    assert moment is not None
    assert shared.records.figures(shared.desk.me).proved_at is not None
    for caller in ("stranger", "viewer"):
        assert shared.records.figures(shared.callers[caller]).proved_at is None
    with pytest.raises(Unauthenticated):
        shared.records.figures(NOBODY)


def test_only_ones_own_blocks_are_wanted_whoever_else_has_them(
    catalogue: Catalogue, shared: Shared, rows: SyncRows
) -> None:
    theirs = Desk(catalogue)
    file = theirs.put("g", chunks("a", "b")).version.file_id
    rows.set(blocks, blocks.c.id.is_not(None), state="missing")
    mine = [one.id for one in chunks("a")]
    assert [one.id for one in shared.records.wanted(shared.desk.me, None, 10)] == mine
    assert len(shared.records.wanted(theirs.me, None, 10)) == 2
    for caller in ("viewer", "editor", "stranger", "admin"):
        assert shared.records.wanted(shared.callers[caller], None, 10) == []
    # What one had once and others still have is nobody's business any more.
    catalogue.files.purge(theirs.me, file, None)
    assert shared.records.wanted(theirs.me, None, 10) == []
    with pytest.raises(Unauthenticated):
        shared.records.wanted(NOBODY, None, 10)
