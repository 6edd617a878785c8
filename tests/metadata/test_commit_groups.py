"""Commits that share a transaction leave exactly what they leave one after another, and answer each its own."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, select

from foundation.database import Database
from foundation.database import opened as opened_database
from foundation.problems import DatabaseUnavailable, Forbidden, Invalid, Problem
from metadata import (
    Catalogue,
    CatalogueSettings,
    Chunk,
    CommitRequest,
    Delete,
    ListQuery,
    NewBucket,
    Precondition,
    Put,
    Result,
    UploadNotFound,
    Versioning,
)
from metadata import commit as commits_module
from metadata.schema import (
    buckets,
    candidates,
    changes,
    contents,
    file_chunks,
    file_versions,
    files,
    upload_blocks,
    upload_chunks,
    upload_contents,
    uploads,
)
from metadata.sync_schema import sync_events
from tests.full_run import few
from tests.metadata.catalogues import Desk, chunk, chunks, somebody

ADMIN = frozenset({"files", "admin"})
PATHS = ("a", "a/b", "a/b/c", "d", "d/", "e", "f")
NEVER = Precondition(if_none_match=("*",))
BASES = (Precondition(), Precondition(), Precondition(has_base=True), NEVER)
BUCKETS = (
    {"versioning": Versioning.ON},
    {"versioning": Versioning.OFF, "trash_days": 0},
    {"versioning": Versioning.OFF, "trash_days": 3},
)


class Twin:
    """One of two that play the same game, each in an account with two buckets and with blocks of its own."""

    def __init__(self, catalogue: Catalogue, kind: dict[str, Any], mark: str) -> None:
        self.catalogue, self.mark = catalogue, mark
        me = replace(somebody(), scopes=ADMIN)
        self.desks = [Desk(catalogue, me, NewBucket(name=f"{mark}-{number}", **kind)) for number in range(2)]
        self.paths: Sequence[str] = PATHS
        self.requests: list[CommitRequest] = []
        self.opened: list[UUID] = []
        self.labels = {chunk(f"{mark}{text}", size).id: (text, size) for text in "uvwxyz" for size in (5_000, 1 << 20)}

    def plan(self, texts: str) -> list[Chunk]:
        return chunks(*(self.mark + text for text in texts))

    def prepare(self, seed: int, number: int) -> None:
        """Files that are there before, then uploads in every state with a request for each."""
        dice = random.Random(seed)
        # Without a trash a group may be within a quota that one of it alone exceeds: another of it makes room.
        if dice.random() < 0.4 and self.desks[0].bucket.trash_days:
            self.catalogue.accounts.set_quota(self.desks[0].me, self.desks[0].me.user, dice.choice((12_000, 1 << 21)))
        for path in dice.sample(("e", "f", "a", "d/"), dice.randrange(3)):
            self.desks[0].put(path, self.plan("u") if not path.endswith("/") else [])
        for _ in range(number):
            self._one(dice)
        if dice.random() < 0.3 and self.desks[0].now().files:
            first = self.catalogue.files.list(self.desks[0].me, self.desks[0].id, ListQuery(limit=1)).items[0]
            self.desks[0].apply(Delete(file_id=first.file_id))

    def _one(self, dice: random.Random) -> None:
        desk, path, base = dice.choice(self.desks), dice.choice(self.paths), dice.choice(BASES)
        plan = self.plan("".join(dice.choices("uvwxyz", k=dice.randrange(4))))
        is_streamed, state = dice.random() < 0.3, dice.random()
        try:
            upload = desk.open(path, [] if is_streamed else plan, base)
        except Problem:
            return
        self.opened.append(upload.id)
        sent = list(dict.fromkeys(plan))
        desk.send(upload, sent[1:] if state < 0.1 else [*sent, *self.plan("z")] if state < 0.3 else sent)
        if 0.3 < state < 0.4:
            self.catalogue.uploads.end(desk.me, upload.id)
        given = plan if is_streamed else None
        if 0.5 < state < 0.55 and plan:
            given = [Chunk(plan[0].id, plan[0].size - 1), *plan[1:]]
        request = CommitRequest(desk.me, upload.id, given, bucket=desk.bucket.id)
        if 0.4 < state < 0.5:
            self.catalogue.commits.commit([replace(request, chunks=None)])
        self.requests += [request, *self._beside(request, dice)]

    def _beside(self, request: CommitRequest, dice: random.Random) -> Sequence[CommitRequest]:
        """What else is asked about the same upload, or about none."""
        repeated = [request]
        by_a_stranger = [replace(request, caller=somebody(), chunks=self.plan("x"))]
        of_none = [replace(request, upload=UUID(int=dice.getrandbits(128)))]
        return dice.choices((repeated, by_a_stranger, of_none, []), (1, 1, 1, 7))[0]

    def answers(self, outcomes: Sequence[Result | Problem]) -> list[Any]:
        return [
            (one.slug, sorted(one.members))
            if isinstance(one, Problem)
            else (one.version.path, one.sequence, one.created)
            for one in outcomes
        ]

    def left(self, connection: Connection) -> dict[str, Any]:
        """All that the tables say of it, in its own words."""
        ids = [desk.bucket.id for desk in self.desks]
        rows = connection.execute
        own = [row for row in rows(select(uploads)) if row.id in self.opened]
        number = {row.writer: self.opened.index(row.id) for row in own}
        lists: dict[UUID, list[Any]] = {row.id: [] for row in rows(select(contents))}
        for row in rows(select(file_chunks).order_by(file_chunks.c.content, file_chunks.c.index)):
            lists[row.content].append((row.index, row.offset, self.labels.get(row.block)))
        paths = {row.id: (ids.index(row.bucket), row.path) for row in rows(select(files)) if row.bucket in ids}
        versions = [row for row in rows(select(file_versions)) if row.bucket in ids]
        staged = [row for row in rows(select(upload_contents)) if row.upload in number]
        named = {row.content for row in rows(select(file_versions))} | {
            row.content for row in rows(select(upload_contents))
        }
        judged = {row.content for row in rows(select(candidates)) if row.content}
        return {
            "counters": [
                (row.files, row.versions, row.logical_bytes, row.version_bytes, row.next_sequence)
                for id in ids
                for row in rows(select(buckets).where(buckets.c.id == id))
            ],
            "files": sorted((paths[row.id], row.deleted_at is None) for row in rows(select(files)) if row.id in paths),
            "versions": sorted(
                (paths[row.file], row.sequence, lists.get(row.content), row.purge_after is None) for row in versions
            ),
            "changes": sorted(
                (ids.index(row.journal), row.sequence, row.kind, row.path)
                for row in rows(select(changes))
                if row.journal in ids
            ),
            "jobs": sorted(row.type for row in rows(select(sync_events)) if row.bucket in ids),
            "uploads": sorted((number[row.writer], row.state, row.size, bool(row.result)) for row in own),
            "held": sorted(
                (number[row.upload], self.labels[row.block])
                for row in rows(select(upload_blocks))
                if row.upload in number
            ),
            "planned": sorted(
                (number[row.upload], row.index) for row in rows(select(upload_chunks)) if row.upload in number
            ),
            "staged": sorted((number[row.upload], lists[row.content]) for row in staged),
            "blocks to judge": {self.labels[row.block] for row in rows(select(candidates)) if row.block in self.labels},
            "lost": [lists[id] for id in lists if id not in named and id not in judged],
        }


def left(database: Database, twin: Twin) -> dict[str, Any]:
    return database.read(twin.left)


@pytest.mark.parametrize("seed", few(range(5)))
@pytest.mark.parametrize("kind", BUCKETS, ids=["versions", "no trash", "trash"])
def test_a_group_leaves_what_its_commits_leave_one_by_one(
    catalogue: Catalogue, location: str, kind: dict[str, Any], seed: int
) -> None:
    together, alone = Twin(catalogue, kind, "t"), Twin(catalogue, kind, "a")
    with opened_database(location) as database:
        for twin in (together, alone):
            twin.prepare(seed, 12)
        assert left(database, together) == left(database, alone)
        outcomes = catalogue.commits.commit(together.requests)
        one_by_one = [outcome for one in alone.requests for outcome in catalogue.commits.commit([one])]
        assert together.answers(outcomes) == alone.answers(one_by_one)
        assert left(database, together) == left(database, alone)


def unordered(said: dict[str, Any]) -> dict[str, Any]:
    """Without the sequences."""
    cut = {name: sorted(((row[0], *row[2:]) for row in said[name]), key=repr) for name in ("versions", "changes")}
    return said | cut


@pytest.mark.parametrize("seed", few(range(4)))
def test_long_lists_and_crowds_change_only_the_order(
    opened: Callable[[CatalogueSettings], Catalogue], location: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits_module, "MAX_CHUNKS", 3)
    catalogue = opened(CatalogueSettings(stage_chunks=2))
    together, alone = Twin(catalogue, BUCKETS[0], "t"), Twin(catalogue, BUCKETS[0], "a")
    with opened_database(location) as database:
        for twin in (together, alone):
            twin.paths = [f"g{number}" for number in range(1000)]
            twin.prepare(seed, 16)
        outcomes = catalogue.commits.commit(together.requests)
        one_by_one = [outcome for one in alone.requests for outcome in catalogue.commits.commit([one])]
        told = [[answer[::2] for answer in told] for told in (together.answers(outcomes), alone.answers(one_by_one))]
        assert told[0] == told[1]
        assert unordered(left(database, together)) == unordered(left(database, alone))


def held(desk: Desk, path: str, plan: Sequence[Chunk]) -> UUID:
    """An open upload that holds all of its plan."""
    upload = desk.open(path, plan)
    desk.send(upload, plan)
    return upload.id


def test_a_strangers_list_is_never_that_of_the_upload_it_names(desk: Desk) -> None:
    upload = held(desk, "f", chunks("a"))
    theirs = CommitRequest(somebody(), upload, chunks("b"))
    mine = CommitRequest(desk.me, upload)
    refused, made, again = desk.catalogue.commits.commit([theirs, mine, theirs])
    assert isinstance(made, Result)
    assert made.version.content_hash == desk.put("g", chunks("a")).version.content_hash
    assert [type(one) for one in (refused, again)] == [UploadNotFound] * 2


@pytest.mark.parametrize("comes_first", [True, False])
def test_a_credential_that_may_only_read_neither_commits_nor_keeps_another_from_it(
    desk: Desk, comes_first: bool
) -> None:
    upload = held(desk, "f", chunks("a"))
    reader = replace(desk.me, scopes=frozenset({"files:read"}))
    callers = [reader, desk.me] if comes_first else [desk.me, reader]
    outcomes = desk.catalogue.commits.commit([CommitRequest(caller, upload) for caller in callers])
    assert {caller: type(outcome) for caller, outcome in zip(callers, outcomes, strict=True)} == {
        desk.me: Result,
        reader: Forbidden,
    }


def test_one_upload_asked_for_from_two_devices_at_once_makes_one_version(desk: Desk) -> None:
    upload = held(desk, "f", chunks("a"))
    devices = [desk.me, replace(desk.me, device=uuid4())]
    one, other = desk.catalogue.commits.commit([CommitRequest(caller, upload) for caller in devices])
    assert isinstance(one, Result)
    assert one == other
    assert len(desk.journal()) == desk.now().versions == 1


@pytest.mark.parametrize("paths", [(), ("f",), ("f", "g")])
def test_an_upload_without_a_path_is_for_batches_before_and_after_its_commit(desk: Desk, paths: Sequence[str]) -> None:
    basket = desk.basket(chunks("a"))
    for _ in range(2):
        with pytest.raises(Invalid):
            desk.commit(basket.id)
        desk.apply(*(Put(path, chunks("a")) for path in paths), upload=basket.id)


def test_a_database_that_is_away_is_not_asked_once_for_each_of_a_group(
    desk: Desk, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def away(*_arguments: object, **_named: object) -> object:
        asked.append(None)
        raise DatabaseUnavailable

    requests = [CommitRequest(desk.me, held(desk, f"f{number}", chunks("a"))) for number in range(9)]
    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", away)
        outcomes = [desk.catalogue.commits.commit(requests)][0]
    assert {type(outcome) for outcome in outcomes} == {DatabaseUnavailable}
    assert len(asked) == 2
    assert all(isinstance(outcome, Result) for outcome in desk.catalogue.commits.commit(requests))
