"""The catalogue's HTTP door: shapes, statuses, bad input, and nobody learns of what is another's."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from foundation.identity import Identity
from foundation.ids import new_id
from foundation.problems import Unauthenticated
from foundation.settings import ServiceSettings
from metadata.api import create_app
from metadata.wire import ChangesWire, EntriesWire, FileRecordWire, FilesWire, ResultWire
from metadata.wire_buckets import BucketsWire, BucketWire
from tests.metadata.readers import House, house, somebody

__all__ = ["house"]


class Tokens:
    """A verifier of credentials that are known in memory."""

    def __init__(self) -> None:
        self.known: dict[str, Identity] = {}

    def token(self, identity: Identity) -> str:
        self.known[str(identity.device)] = identity
        return str(identity.device)

    def verify(self, credential: str) -> Identity:
        if credential not in self.known:
            raise Unauthenticated
        return self.known[credential]


@dataclass
class Door:
    """The service over a house's catalogue, in this process."""

    house: House
    tokens: Tokens

    def __post_init__(self) -> None:
        self.app = create_app(self.house.parts, settings=ServiceSettings(), verifier=self.tokens, ready={})

    def client(self, caller: Identity | None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.tokens.token(caller)}"} if caller else {}
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://cairn/api/v1", headers=headers)

    def ask(self, method: str, url: str, caller: Identity | None = None, **request: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with self.client(caller or self.house.me) as client:
                return await client.request(method, url, **request)

        return asyncio.run(asked())

    def problem(self, method: str, url: str, **request: Any) -> tuple[int, str]:
        answer = self.ask(method, url, **request)
        assert answer.headers["content-type"] == "application/problem+json"
        document = answer.json()
        assert document["status"] == answer.status_code
        return answer.status_code, document["type"].removeprefix("urn:cairn:problem:")


@pytest.fixture
def door(house: House) -> Door:
    return Door(house, Tokens())


def bucket_id(door: Door, name: str = "mine") -> UUID:
    return UUID(door.ask("POST", "/buckets", json={"name": name}).json()["id"])


def test_a_bucket_is_made_read_changed_and_deleted(door: Door) -> None:
    made = door.ask("POST", "/buckets", json={"title": "Fotos Köln", "keep_days": 9})
    assert made.status_code == 201
    assert made.headers["location"] == f"/api/v1/buckets/{made.json()['id']}"
    assert BucketWire.model_validate_json(made.content).name == "fotos-koln"
    assert door.ask("GET", "/buckets/fotos-koln").json() == made.json()
    changed = door.ask("PATCH", "/buckets/fotos-koln", json={"title": "Photos", "keep_days": 0})
    assert (changed.json()["title"], changed.json()["keep_days"]) == ("Photos", None)
    assert [one.title for one in BucketsWire.model_validate_json(door.ask("GET", "/buckets").content).items] == [
        "Photos"
    ]
    door.house.put(UUID(made.json()["id"]), "a")
    assert door.problem("DELETE", "/buckets/fotos-koln") == (409, "bucket-not-empty")
    gone = door.ask("DELETE", "/buckets/fotos-koln?recursive=true")
    assert gone.status_code == 202
    assert gone.json()["restorable_until"].endswith("Z")
    assert door.problem("GET", "/buckets/fotos-koln") == (404, "bucket-not-found")
    back = door.ask("POST", f"/buckets/{made.json()['id']}/restore")
    assert (back.status_code, back.json()["name"], back.json()["files"]) == (200, "fotos-koln", 1)
    assert door.ask("DELETE", "/buckets/fotos-koln?recursive=true&purge=true").status_code == 202
    assert door.problem("POST", f"/buckets/{made.json()['id']}/restore") == (404, "bucket-not-found")


def test_keep_days_are_taken_back_as_they_are_told(door: Door) -> None:
    door.ask("POST", "/buckets", json={"name": "mine", "keep_days": 3})
    assert door.ask("PATCH", "/buckets/mine", json={"title": "Mine"}).json()["keep_days"] == 3
    assert door.ask("PATCH", "/buckets/mine", json={"keep_days": None}).json()["keep_days"] is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Upper",
        "ab",
        "a" * 64,
        "a" * 10_000,
        "10.0.0.1",
        "..",
        "a\0b",
        "a/b",
        "<script>",
        "01a1fdba-0aae-7c45-9083-bab8d25c3d3d",
    ],
)
def test_a_bad_bucket_name_is_refused_with_the_rule(door: Door, name: str) -> None:
    answer = door.ask("POST", "/buckets", json={"name": name})
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert door.ask("GET", "/buckets").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422), (b"{", 400), (b"[]", 422), (b"{}", 422), (b'{"name": 1}', 422), (b'{"name": "abc", "x": 1}', 422),
        (b'{"title": "\\ud800"}', 400), (b'{"name": "abc", "trash_days": NaN}', 400),
        (b'{"name": "abc", "trash_days": -1}', 422), (b'{"name": "abc", "keep_days": 1e400}', 400),
        (b'{"name": "abc", "versioning": "maybe"}', 422), (b"\xff", 400), (b"[" * 100_000, 400),
    ],
)  # fmt: skip
def test_a_bad_body_is_refused_and_makes_nothing(door: Door, body: bytes, status: int) -> None:
    answer = door.ask("POST", "/buckets", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert door.ask("GET", "/buckets").json()["items"] == []


def test_files_are_listed_with_prefixes_and_cursors(door: Door) -> None:
    bucket = bucket_id(door)
    door.house.plant(bucket, ["a", "b/1", "b/2", "c", "z"], deleted=["z"])
    seen, prefixes, cursor = [], [], None
    while True:
        params = {"delimiter": "/", "limit": 1, **({"cursor": cursor} if cursor else {})}
        page = EntriesWire.model_validate_json(door.ask("GET", "/buckets/mine/files", params=params).content)
        seen += [item.path for item in page.items]
        prefixes += page.prefixes
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (seen, prefixes) == (["a", "c"], ["b/"])
    everything = EntriesWire.model_validate_json(door.ask("GET", "/buckets/mine/files?include=deleted").content)
    assert [item.path for item in everything.items if item.deleted_at] == ["z"]


def test_an_entry_of_a_list_and_the_files_record_say_the_same(door: Door) -> None:
    bucket = bucket_id(door)
    [file] = door.house.plant(bucket, ["a"]).values()
    [entry] = door.ask("GET", "/buckets/mine/files").json()["items"]
    answer = door.ask("GET", f"/files/{file}")
    record = answer.json()
    FileRecordWire.model_validate_json(answer.content)
    assert answer.headers["etag"] == f'"{record["etag"]}"'
    assert record["bucket_id"] == str(bucket)
    assert {name: record[name] for name in entry} == entry
    assert entry["modified_at"].endswith("Z")
    assert entry["tags"] == {"colour": "red"}


LISTS = ["/buckets", "/buckets/mine/files", "/buckets/mine/trash", "/files/{file}/versions", "/files/{file}/chunks"]


def test_a_limit_out_of_range_is_refused(door: Door) -> None:
    [file] = door.house.plant(bucket_id(door), ["a"]).values()
    for url in (*LISTS, "/buckets/mine/changes", "/changes"):
        for limit in ("0", "-1", "1000000000", "x", "", "1.5"):
            assert door.problem("GET", url.format(file=file), params={"limit": limit}) == (422, "invalid"), url


def test_a_forged_cursor_is_refused(door: Door) -> None:
    [file] = door.house.plant(bucket_id(door), ["a"]).values()
    for url in LISTS:
        for cursor in ("", "x", "!!!", "AAAA", "bnVsbA", "W10", "\u20ac", "a" * 10_000):
            answer = door.problem("GET", url.format(file=file), params={"cursor": cursor})
            assert answer == (422, "cursor-invalid"), (url, cursor)


def test_a_cursor_fits_its_own_bucket_filter_and_user_only(door: Door) -> None:
    door.house.plant(bucket_id(door), ["a", "b"])
    door.house.plant(bucket_id(door, "other"), ["a", "b"])
    cursor = door.ask("GET", "/buckets/mine/files?limit=1").json()["next_cursor"]
    assert door.ask("GET", f"/buckets/mine/files?cursor={cursor}").json()["items"][0]["path"] == "b"
    for url in ("/buckets/other/files?", "/buckets/mine/files?prefix=a&", "/buckets/mine/trash?", "/buckets?"):
        assert door.problem("GET", f"{url}cursor={cursor}") == (422, "cursor-invalid")
    someone = somebody()
    door.ask("POST", "/buckets", someone, json={"name": "mine"})
    assert door.problem("GET", f"/buckets/mine/files?cursor={cursor}", caller=someone) == (422, "cursor-invalid")


def test_a_file_is_renamed_and_keeps_its_id(door: Door) -> None:
    [version] = door.house.put(bucket_id(door), "a")
    moved = door.ask(
        "PATCH", f"/files/{version.file_id}", json={"path": "sub/b"}, headers={"If-Match": f'"{version.etag}"'}
    )
    assert moved.status_code == 200
    result = ResultWire.model_validate_json(moved.content)
    assert (result.file_id, result.path, result.sequence) == (version.file_id, "sub/b", 2)
    [change] = ChangesWire.model_validate_json(door.ask("GET", "/buckets/mine/changes?after=1").content).items
    assert (change.kind, change.path, change.old_path) == ("file.moved", "sub/b", "a")


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('"other"', (412, "precondition-failed")),
        ('W/"{etag}"', (412, "precondition-failed")),
        ("{etag}", (400, "malformed")),
    ],
)
def test_if_match_is_obeyed(door: Door, method: str, header: str, expected: tuple[int, str]) -> None:
    [version] = door.house.put(bucket_id(door), "a")
    headers = {"If-Match": header.format(etag=version.etag)}
    body = {"json": {"path": "b"}} if method == "PATCH" else {}
    assert door.problem(method, f"/files/{version.file_id}", headers=headers, **body) == expected
    assert door.house.files.find(door.house.me, "mine", "a") == version


@pytest.mark.parametrize(
    "path", ["", "/", "/a", ".", "..", "a/../b", "a//b", "a\0", "a\nb", "\x1b[2J", "a" * 1025, "b" * 256]
)
def test_a_bad_new_path_is_refused(door: Door, path: str) -> None:
    [version] = door.house.put(bucket_id(door), "a")
    assert door.problem("PATCH", f"/files/{version.file_id}", json={"path": path}) == (422, "path-invalid")
    assert door.house.files.find(door.house.me, "mine", "a") == version


def test_a_path_that_another_file_has_is_taken(door: Door) -> None:
    [version, _] = door.house.put(bucket_id(door), "a", "b")
    assert door.problem("PATCH", f"/files/{version.file_id}", json={"path": "b"}) == (409, "path-taken")


def test_a_deleted_file_lies_in_the_trash_until_it_is_taken_back(door: Door) -> None:
    [version] = door.house.put(bucket_id(door), "a")
    assert door.ask("DELETE", f"/files/{version.file_id}").status_code == 204
    [trashed] = FilesWire.model_validate_json(door.ask("GET", "/buckets/mine/trash").content).items
    assert (trashed.file_id, trashed.deleted_at is None) == (version.file_id, False)
    assert door.ask("GET", "/buckets/mine/files").json()["items"] == []
    assert door.ask("GET", f"/files/{version.file_id}").json()["content_hash"] is None
    back = door.ask("POST", f"/files/{version.file_id}/undelete", json={"path": "again"})
    assert (back.status_code, back.json()["path"], back.json()["file_id"]) == (200, "again", str(version.file_id))
    assert door.ask("GET", "/buckets/mine/trash").json()["items"] == []


def test_an_old_version_is_restored_and_purged(door: Door) -> None:
    bucket = bucket_id(door)
    [first], [_] = door.house.put(bucket, "a"), door.house.put(bucket, "a")
    restored = door.ask("POST", f"/files/{first.file_id}/restore", json={"version_id": str(first.version_id)})
    assert restored.status_code == 200
    versions = FilesWire.model_validate_json(door.ask("GET", f"/files/{first.file_id}/versions").content).items
    assert [version.version_id for version in versions][::2] == [UUID(restored.json()["version_id"]), first.version_id]
    purged = door.ask("DELETE", f"/files/{first.file_id}/versions/{first.version_id}")
    counts = {"versions": 1, "deleted_chunks": 0, "failed_chunks": 0, "kept_chunks": 0, "freed_bytes": 0}
    assert (purged.status_code, purged.json()) == (200, counts)
    assert door.problem("DELETE", f"/files/{first.file_id}/versions/{first.version_id}") == (404, "version-not-found")
    current = restored.json()["version_id"]
    assert door.problem("DELETE", f"/files/{first.file_id}/versions/{current}")[0] == 422


def test_a_wait_for_changes_ends_with_the_next_commit(door: Door) -> None:
    bucket = bucket_id(door)

    async def scenario() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        async with door.app.router.lifespan_context(door.app), door.client(door.house.me) as client:
            waiting = asyncio.create_task(client.get("/buckets/mine/changes?wait=60", timeout=70))
            root = asyncio.create_task(client.get("/changes?after=1&wait=60", timeout=70))
            await client.get("/buckets/mine/changes?wait=0.01")
            await asyncio.to_thread(door.house.put, bucket, "a")
            await client.post("/buckets", json={"name": "second"})
            return (await waiting).json(), (await root).json()

    changes, root = asyncio.run(asyncio.wait_for(scenario(), 30))
    assert [change["path"] for change in changes["items"]] == ["a"]
    assert (changes["sequence"], changes["more"]) == (1, False)
    assert [change["kind"] for change in root["items"]] == ["bucket.created"]


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=9223372036854775808", "wait=-1", "wait=61", "wait=nan", "wait=inf"]
)
def test_a_bad_question_for_changes_is_refused(door: Door, query: str) -> None:
    bucket_id(door)
    for url in ("/buckets/mine/changes", "/changes"):
        assert door.problem("GET", f"{url}?{query}") == (422, "invalid")
        assert door.problem("GET", f"{url}?after=9000") == (410, "cursor-expired")


ROUTES = [
    ("GET", "/buckets/{bucket}", None), ("PATCH", "/buckets/{bucket}", {"title": "x"}),
    ("DELETE", "/buckets/{bucket}?recursive=true", None), ("GET", "/buckets/{bucket}/files", None),
    ("DELETE", "/buckets/{bucket}?recursive=true&purge=true", None), ("POST", "/buckets/{bucket}/restore", None),
    ("GET", "/buckets/{bucket}/trash", None), ("GET", "/buckets/{bucket}/changes", None),
    ("GET", "/buckets/{bucket}/changes?wait=1", None), ("GET", "/files/{file}", None),
    ("PATCH", "/files/{file}", {"path": "b"}), ("PATCH", "/files/{file}", {"path": ".."}), ("DELETE", "/files/{file}", None),
    ("GET", "/files/{file}/chunks", None), ("GET", "/files/{file}/versions", None), ("POST", "/files/{file}/undelete", {}),
    ("POST", "/files/{file}/restore", {"version_id": "{version}"}), ("DELETE", "/files/{file}/versions/{version}", None),
]  # fmt: skip


@pytest.mark.parametrize(("method", "url", "body"), ROUTES)
def test_a_stranger_is_answered_alike_for_what_is_there_and_what_is_not(
    door: Door, method: str, url: str, body: dict[str, str] | None
) -> None:
    bucket = bucket_id(door)
    [version] = door.house.put(bucket, "a")
    there = {"bucket": bucket, "file": version.file_id, "version": version.version_id}
    absent = {"bucket": new_id(), "file": new_id(), "version": new_id()}
    answers = []
    for ids in (there, absent):
        text = json.dumps(body).replace("{version}", str(ids["version"])) if body is not None else None
        headers = {"Content-Type": "application/json"} if text else {}
        for caller in (somebody(), replace(somebody(), scopes=frozenset())):
            answer = door.ask(method, url.format(**ids), caller, content=text, headers=headers)
            shown = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
            answers.append((answer.status_code, answer.content, shown))
    assert {answer[0] for answer in answers} == {404}
    assert all(answer == answers[0] for answer in answers)
    assert door.house.files.find(door.house.me, "mine", "a") == version


@pytest.mark.parametrize(("method", "url", "body"), [*ROUTES, ("GET", "/buckets", None), ("GET", "/changes", None)])
def test_who_is_not_signed_in_is_told_to_sign_in(
    door: Door, method: str, url: str, body: dict[str, str] | None
) -> None:
    async def asked() -> httpx.Response:
        async with door.client(None) as client:
            ids = {"bucket": new_id(), "file": new_id(), "version": new_id()}
            shaped = json.loads(json.dumps(body).replace("{version}", str(ids["version"])))
            return await client.request(method, url.format(**ids), json=shaped)

    answer = asyncio.run(asked())
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="cairn"')


@pytest.mark.parametrize(
    "ref", ["..%2f", "%00", "%ff", "%F0%9F%98%80", "a" * 5000, "Mine", "urn:uuid:01a1fdba-0aae-7c45-9083-bab8d25c3d3d"]
)
def test_a_bucket_or_file_that_cannot_be_is_not_found_or_refused(door: Door, ref: str) -> None:
    assert door.ask("GET", f"/buckets/{ref}/files").status_code == 404
    assert door.ask("GET", f"/files/{ref}").status_code in {404, 422} or ref.startswith("urn:")


def test_every_route_has_a_summary_and_lists_its_problems(door: Door) -> None:
    for path, methods in door.app.openapi()["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            assert {"401", "403", "422"} <= operation["responses"].keys(), path
