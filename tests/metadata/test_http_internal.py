"""The catalogue's internal routes: who is let in, what is there, what is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from foundation.http_room import RoomClient, RoomLimits
from foundation.identity import Identity
from foundation.internal_calls import INTERNAL, acting_for_header
from foundation.problems import Forbidden, OutcomeUnknown, Unavailable
from foundation.retries import RetryTimes
from foundation.service_tokens import Room
from metadata import (
    CatalogueSettings,
    CommitRequest,
    ListQuery,
    MakeFolder,
    NewBucket,
    Once,
    http_catalogue,
    open_catalogue,
)
from metadata.calls import SEAMS
from metadata.internal_api import MAX_BODY_BYTES
from metadata.rows import entry_from
from tests.metadata.catalogues import Desk, chunks, somebody
from tests.metadata.lossy import Network
from tests.metadata.served import TOKENS, over_http, service
from tests.servers.migrated import migrated_catalogue
from tests.servers.served import serving

FAST = RoomLimits(retries=RetryTimes(tries=4, first_pause_seconds=0.001))


def migrated(folder: Path) -> str:
    return migrated_catalogue(folder / "catalogue.db")


@dataclass
class Door:
    """The routes, as bytes."""

    http: httpx.Client
    me: Identity

    def ask(self, path: str, body: Any = None, *, me: Room | None = Room.SYNC, **request: Any) -> httpx.Response:
        headers = acting_for_header(self.me) | ({"Authorization": f"Bearer {TOKENS.mint(me)}"} if me else {})
        return self.http.post(f"{INTERNAL}/catalogue/{path}", json=body, headers=headers, **request)


@pytest.fixture
def beneath(tmp_path: Path) -> Iterator[Desk]:
    """A desk at the catalogue itself, over its database."""
    catalogue = open_catalogue(migrated(tmp_path), CatalogueSettings())
    yield Desk(catalogue)
    catalogue.close()


@pytest.fixture
def door(beneath: Desk) -> Iterator[Door]:
    with serving(service(beneath.catalogue)) as address, httpx.Client(base_url=address, trust_env=False) as http:
        yield Door(http, beneath.me)


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rpartition(":")[2]


def test_the_caller_is_whom_the_head_names(door: Door, beneath: Desk) -> None:
    asked = {"bucket": beneath.id, "deleted": False}
    assert door.ask("buckets/get", asked).json()["id"] == beneath.id
    door.me = somebody()
    assert slug(door.ask("buckets/get", asked)) == (404, "bucket-not-found")


@pytest.mark.parametrize(
    "path",
    [
        "buckets/purge",
        "buckets/__init__",
        "buckets/_database",
        "nothing/get",
        "close/__call__",
        "listings/entries",
        "catalogue/close",
        "buckets",
        "",
        "buckets/get/x",
    ],
)
def test_what_is_not_in_the_table_is_not_there(door: Door, path: str) -> None:
    assert slug(door.ask(path, {})) == (404, "not-found")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "bucket"),
        ({"bucket": 3, "deleted": False}, "bucket: This is a text."),
        ({"bucket": "b", "deleted": False, "caller": None}, "bucket"),
        ([], "bucket"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_by_name(door: Door, body: Any, named: str) -> None:
    answer = door.ask("buckets/get", body)
    assert slug(answer) == (422, "invalid")
    assert named in answer.json()["detail"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"bucket": NaN, "deleted": false}'])
def test_what_is_no_json_is_refused(door: Door, content: bytes) -> None:
    assert slug(door.ask("buckets/get", content=content)) == (422, "invalid")


def test_a_body_beyond_its_limit_is_refused(door: Door) -> None:
    assert slug(door.ask("buckets/get", content=b" " * (MAX_BODY_BYTES + 1))) == (413, "too-large")


def test_only_services_are_let_in_each_where_it_has_business(door: Door) -> None:
    for seam, calls in SEAMS.items():
        for method in calls:
            path = f"{seam}/{method}"
            assert slug(door.ask(path, {}, me=None)) == (401, "unauthenticated"), path
            assert slug(door.ask(path, {}, me=Room.METADATA)) == (403, "forbidden"), path
            may = door.ask(path, [], me=Room.CHUNKER)
            is_workers = seam in ("collection", "installation", "jobs", "manifests", "proofs")
            assert slug(may) == ((403, "forbidden") if is_workers else (422, "invalid")), path
            assert slug(door.ask(path, [])) == (422, "invalid"), path


def test_a_malformed_head_is_no_caller(door: Door) -> None:
    headers = {"Authorization": f"Bearer {TOKENS.mint(Room.SYNC)}", "Cairn-Acting-For": "root"}
    assert slug(door.http.post(f"{INTERNAL}/catalogue/buckets/get", json={}, headers=headers)) == (400, "malformed")


def test_a_service_without_the_scope_is_told_so_as_a_problem(beneath: Desk) -> None:
    with over_http(beneath.catalogue, me=Room.CHUNKER) as remote, pytest.raises(Forbidden):
        remote.collection.due_names()


def test_what_the_database_says_of_the_store_is_the_workers_business(beneath: Desk) -> None:
    with over_http(beneath.catalogue, me=Room.CHUNKER) as remote:
        for ask in (remote.installation.read, remote.installation.newest_writer, remote.is_new):
            with pytest.raises(Forbidden):
                ask()
        with pytest.raises(Forbidden):
            remote.installation.raise_writer(1_000_000)
    assert beneath.catalogue.installation.newest_writer() < 1_000_000


def test_commits_of_two_people_are_answered_in_order(beneath: Desk) -> None:
    other = Desk(beneath.catalogue)
    ids = {}
    for desk, path in ((beneath, "a"), (other, "b")):
        upload = desk.open(path, chunks(path))
        desk.send(upload, chunks(path))
        ids[path] = CommitRequest(desk.me, upload.id)
    with over_http(beneath.catalogue) as remote:
        nobodys = CommitRequest(beneath.me, uuid4())
        first, second, third = remote.commits.commit([ids["b"], nobodys, ids["a"]])
    assert [getattr(one, "slug", None) or one.version.path for one in (first, second, third)] == [  # type: ignore[union-attr]
        "b",
        "upload-not-found",
        "a",
    ]


def test_light_listings_say_the_same_over_http(beneath: Desk) -> None:
    beneath.put_all({path: chunks(path) for path in ("a", "b/c", "b/d")}, tags={"colour": "red"})
    query = ListQuery(delimiter="/")
    near = beneath.catalogue.listings.entries(beneath.me, beneath.id, query)
    with over_http(beneath.catalogue) as remote:
        far = remote.listings.entries(beneath.me, beneath.id, query)
    assert list(map(entry_from, far.rows)) == list(map(entry_from, near.rows))
    assert (far.prefixes, far.next_key, far.checks) == (near.prefixes, near.next_key, near.checks)
    assert len(far.checks.by_version) == 1


def test_whether_it_is_new_and_ready_is_told(tmp_path: Path) -> None:
    with over_http(open_catalogue(migrated(tmp_path), CatalogueSettings())) as remote:
        remote.ready()
        assert remote.is_new()
        Desk(remote).basket()
        assert not remote.is_new()


def test_a_catalogue_that_is_away_is_not_ready() -> None:
    away = http_catalogue(RoomClient("http://127.0.0.1:9", Room.SYNC, TOKENS, FAST))
    with pytest.raises(Unavailable):
        away.ready()
    with pytest.raises(Unavailable):
        away.buckets.get(somebody(), "b")
    away.close()


@pytest.fixture
def network(beneath: Desk) -> Iterator[Network]:
    with serving(service(beneath.catalogue)) as address, Network(address) as network:
        yield network


def at(network: Network, desk: Desk) -> Desk:
    """The same desk, reached over `network`."""
    far = object.__new__(Desk)
    far.catalogue, far.me, far.new, far.bucket = network.catalogue(TOKENS, FAST), desk.me, desk.new, desk.bucket
    return far


@pytest.mark.parametrize("lose", ["answer", "request"])
def test_what_is_repeatable_is_repeated_when_an_answer_is_lost(network: Network, beneath: Desk, lose: str) -> None:
    far = at(network, beneath)
    upload = far.open("f", chunks("a"))
    far.send(upload, chunks("a"))
    network.lose_next(lose)
    assert far.commit(upload.id).version.path == "f"
    assert network.lost == {lose: 1}
    assert [kind for _, kind, _ in far.journal()].count("file.created") == 1


def test_a_lost_register_is_told_and_never_repeated(network: Network, beneath: Desk) -> None:
    far = at(network, beneath)
    upload = far.basket()
    network.lose_next("answer")
    with pytest.raises(OutcomeUnknown):
        far.send(upload, chunks("a"))
    assert network.requests == 2
    assert beneath.catalogue.blocks.claim(beneath.me, upload.id, [chunks("a")[0].id])


@pytest.mark.parametrize("with_upload", [True, False])
def test_a_batch_is_repeated_where_it_publishes_once(network: Network, beneath: Desk, with_upload: bool) -> None:
    far = at(network, beneath)
    upload = far.basket().id if with_upload else None
    network.lose_next("answer")
    far.apply(MakeFolder("d"), upload=upload, once=None if with_upload else Once("key", b"body"))
    assert len(far.journal()) == 1


def test_a_batch_that_may_happen_twice_is_not_repeated(network: Network, beneath: Desk) -> None:
    far = at(network, beneath)
    network.lose_next("answer")
    with pytest.raises(OutcomeUnknown):
        far.apply(MakeFolder("d"))
    assert len(far.journal()) == 1


def test_a_bucket_is_made_again_only_under_a_key(network: Network, beneath: Desk) -> None:
    far = at(network, beneath)
    network.lose_next("answer")
    with pytest.raises(OutcomeUnknown):
        far.catalogue.buckets.create(far.me, NewBucket(name="without-key"))
    network.lose_next("answer")
    made = far.catalogue.buckets.create(far.me, NewBucket(name="with-key"), Once("key", b"body"))
    assert made.id == beneath.catalogue.buckets.get(far.me, "with-key").id
