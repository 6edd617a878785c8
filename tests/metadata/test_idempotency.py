"""Idempotency keys: the same request under the same key has one effect and one answer."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, select, update

from foundation.database import opened
from foundation.http_wire import dumps
from foundation.identity import Identity
from foundation.problems import Forbidden, OutcomeUnknown
from foundation.sql import now
from metadata.batch import Batch, BatchResult, Delete, MakeFolder, Once
from metadata.catalogue import Catalogue
from metadata.errors import BucketExists, IdempotencyKeyReused, PathTaken
from metadata.idempotency import KEPT
from metadata.model import NO_PRECONDITION, NewBucket, Target
from metadata.schema import idempotency_keys
from metadata.sql_catalogue import open_catalogue
from tests.metadata.catalogues import Desk, chunks

KEY = Once("a-key", b"the body's hash")
Act = Callable[[Desk, Once | None], Any]


def make_bucket(desk: Desk, once: Once | None) -> Any:
    return desk.catalogue.buckets.create(desk.me, NewBucket(title="Photos"), once)


def open_upload(desk: Desk, once: Once | None) -> Any:
    return desk.catalogue.uploads.open(desk.me, Target(desk.id, "a.txt", 5_000), NO_PRECONDITION, chunks("a"), once)


def make_folder(desk: Desk, once: Once | None) -> Any:
    return desk.catalogue.commits.apply(desk.me, Batch(desk.id, [MakeFolder("folder")], once=once))


def effects(desk: Desk) -> tuple[int, int, int]:
    """Buckets, uploads and changes that there are."""
    return (
        len(desk.catalogue.buckets.list(desk.me, None, 100).items),
        len(desk.catalogue.uploads.list(desk.me, None, 100).items),
        len(desk.journal()),
    )


ACTS = pytest.mark.parametrize("act", [make_bucket, open_upload, make_folder])


@ACTS
def test_the_same_key_and_body_have_one_effect_and_one_answer(desk: Desk, act: Act) -> None:
    first = act(desk, KEY)
    after = effects(desk)
    assert dumps(act(desk, KEY)) == dumps(first)
    assert effects(desk) == after
    act(desk, Once("another", KEY.body_hash))
    assert effects(desk) != after or act is make_folder  # A folder that is there already is left as it is.


@ACTS
def test_the_same_key_with_another_body_is_refused_and_does_nothing(desk: Desk, act: Act) -> None:
    act(desk, KEY)
    after = effects(desk)
    with pytest.raises(IdempotencyKeyReused):
        act(desk, replace(KEY, body_hash=b"another"))
    assert effects(desk) == after


def test_keys_belong_to_their_user(desk: Desk) -> None:
    other = Desk(desk.catalogue)
    assert make_bucket(desk, KEY).id != make_bucket(other, KEY).id


@ACTS
def test_identical_requests_at_once_have_one_effect_and_one_answer(desk: Desk, act: Act) -> None:
    before = effects(desk)
    start = threading.Barrier(6)

    def request(_: int) -> Any:
        start.wait()
        return act(desk, KEY)

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(request, range(6)))
    assert len({dumps(answer) for answer in answers}) == 1
    assert sum(effects(desk)) == sum(before) + 1


def test_a_failure_leaves_the_key_free(desk: Desk) -> None:
    desk.put("a", chunks("a"))
    with pytest.raises(PathTaken):
        desk.catalogue.commits.apply(desk.me, Batch(desk.id, [MakeFolder("a")], once=KEY))
    desk.apply(Delete(path="a"))
    made = desk.catalogue.commits.apply(desk.me, Batch(desk.id, [MakeFolder("a")], once=KEY))
    assert made.only.version.path == "a/"


def test_the_answer_is_the_first_one_though_what_it_tells_of_has_gone(desk: Desk) -> None:
    made = make_bucket(desk, KEY)
    desk.catalogue.buckets.delete(desk.me, str(made.id), recursive=True, purge=True)
    assert make_bucket(desk, KEY) == made


def test_a_bucket_that_was_taken_back_is_taken_back_once(desk: Desk) -> None:
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True)
    restored = desk.catalogue.buckets.restore(desk.me, desk.id, "anew", KEY)
    assert desk.catalogue.buckets.restore(desk.me, desk.id, "anew", KEY) == restored
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True)
    Desk(desk.catalogue, desk.me, NewBucket(name="taken"))
    with pytest.raises(BucketExists):
        desk.catalogue.buckets.restore(desk.me, desk.id, "taken", replace(KEY, key="b"))


def test_a_credential_that_may_only_read_is_not_told_an_answer(desk: Desk) -> None:
    make_folder(desk, KEY)
    reader = Identity(desk.me.user, uuid4(), frozenset({"files:read"}))
    with pytest.raises(Forbidden):
        desk.catalogue.commits.apply(reader, Batch(desk.id, [MakeFolder("folder")], once=KEY))


def test_a_key_is_free_again_after_24_hours(location: str, catalogue: Catalogue) -> None:
    desk = Desk(catalogue)
    first = make_bucket(desk, KEY)

    def age(connection: Connection) -> None:
        connection.execute(update(idempotency_keys).values(created_at=now(connection) - KEPT - timedelta(seconds=1)))

    with opened(location) as database:
        database.write(age)
        second = make_bucket(desk, replace(KEY, body_hash=b"another body"))
        assert second.id != first.id
        kept = database.read(lambda connection: connection.execute(select(idempotency_keys.c.status)).scalars().all())
    assert kept == [201]


def test_a_keyed_commit_whose_outcome_was_lost_is_repeated_and_done_once(
    location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks behind COMMIT: the transaction is done, and nobody says so."""
    with opened(location) as database:
        catalogue = open_catalogue(database)
        desk = Desk(catalogue)
        transaction, broken = database._once, []  # noqa: SLF001 — the one place where a COMMIT's answer can be lost.

        def losing(engine: Any, body: Any) -> Any:
            result = transaction(engine, body)
            if isinstance(result, BatchResult) and not broken:
                broken.append(result)
                raise OutcomeUnknown
            return result

        monkeypatch.setattr(database, "_once", losing)
        made = make_folder(desk, KEY)
        assert dumps(broken) == dumps([made])
        assert [change[0] for change in desk.journal()] == [made.sequence]
        broken.clear()
        with pytest.raises(OutcomeUnknown):
            desk.apply(MakeFolder("without a key"))
