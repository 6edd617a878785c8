"""Who may do what at every route of the API: one table, walked over the routes that the server itself lists."""

import json
import re
from dataclasses import dataclass

import httpx
import pytest

from tests.end_to_end.client_of import make_bucket, open_upload, upload
from tests.servers.cairn_server import SignedInServer

DATA = b"the owner's own bytes"
BLOCK = "c0535e4be2b79ffd93291305436bf889314e4a3faec05ecffcbb7df31ad9e51a"
NEVER = "019a0000-0000-7000-8000-000000000000"

# What each kind of caller gets. `others`: a thing of somebody else's, answered as if it were not there.
# `own`: about the caller, whoever that is. `admin`: not for users. `open`: needs no one. Read-only callers read, and nothing else.
TABLE = {
    "GET /buckets": "own read",
    "POST /buckets": "own write",
    "GET /buckets/{bucket}": "others read",
    "PATCH /buckets/{bucket}": "others write",
    "DELETE /buckets/{bucket}": "others write",
    "POST /buckets/{bucket}/restore": "others write",
    "GET /buckets/{bucket}/members": "others write",
    "PUT /buckets/{bucket}/members/{user_id}": "others write",
    "DELETE /buckets/{bucket}/members/{user_id}": "others write",
    "GET /account/usage": "own read",
    "PUT /accounts/{user_id}/quota": "admin write",
    "GET /buckets/{bucket}/files": "others read",
    "GET /buckets/{bucket}/folders": "others read",
    "GET /buckets/{bucket}/trash": "others read",
    "DELETE /buckets/{bucket}/trash": "others write",
    "GET /buckets/{bucket}/twins": "others read",
    "GET /buckets/{bucket}/changes": "others read",
    "POST /buckets/{bucket}/blocks": "others read",
    "POST /buckets/{bucket}/commits": "others write",
    "GET /buckets/{bucket}/content/{path}": "others read",
    "HEAD /buckets/{bucket}/content/{path}": "others read",
    "PUT /buckets/{bucket}/content/{path}": "others write",
    "DELETE /buckets/{bucket}/content/{path}": "others write",
    "POST /archive": "others read",
    "GET /changes": "own read",
    "GET /search": "own read",
    "GET /stats": "own read",
    "GET /stats/growth": "own read",
    "GET /stats/store": "admin",
    "GET /files/{file_id}": "others read",
    "PATCH /files/{file_id}": "others write",
    "DELETE /files/{file_id}": "others write",
    "GET /files/{file_id}/chunks": "others read",
    "GET /files/{file_id}/versions": "others read",
    "POST /files/{file_id}/undelete": "others write",
    "POST /files/{file_id}/restore": "others write",
    "DELETE /files/{file_id}/versions/{version_id}": "others write",
    "GET /files/{file_id}/versions/{version_id}/content": "others read",
    "HEAD /files/{file_id}/versions/{version_id}/content": "others read",
    "GET /files/{file_id}/versions/{version_id}/chunks/{index}": "others read",
    "POST /uploads": "own write",
    "GET /uploads": "own read",
    "GET /uploads/{upload_id}": "others write",
    "PATCH /uploads/{upload_id}": "others write",
    "DELETE /uploads/{upload_id}": "others write",
    "POST /uploads/{upload_id}/commit": "others write",
    "PUT /uploads/{upload_id}/chunks/{block_id}": "others write",
    "POST /uploads/{upload_id}/chunks": "others write",
    "GET /sync-events": "own read",
    "POST /sync-events/retry": "own write",
    "GET /sync-events/{event_id}": "others read",
    "GET /sync-events/{file_id}/status": "others read",
    "POST /sync-events/{event_id}/retry": "others write",
    "POST /files/{file_id}/verify": "others write",
    "POST /buckets/{bucket}/verify": "others write",
    "GET /sync/summary": "own read",
    "GET /sync/wanted": "own read",
    "GET /sync/scrub": "own read",
    "POST /sync/scrub": "admin write",
    "GET /events": "own read",
    "GET /auth/options": "open",
    "POST /register": "open",
    "GET /invitations": "admin",
    "POST /invitations": "admin write",
    "DELETE /invitations/{invitation_id}": "admin write",
    "POST /me/password": "own account",
    "POST /auth/sign-out-everywhere": "own account",
    "GET /auth/login": "open",
    "GET /auth/callback": "open",
    "POST /auth/login": "open",
    "POST /auth/logout": "open",
    "GET /me": "own read",
    "GET /tokens": "own account",
    "POST /tokens": "own account",
    "DELETE /tokens/{token_id}": "others account",
    "GET /devices": "own account",
    "PATCH /devices/{device_id}": "others account",
    "DELETE /devices/{device_id}": "others account",
    "GET /auth/consent": "own account",
    "POST /auth/consent": "own account",
    "GET /auth/device": "own account",
    "POST /auth/device": "own account",
    "GET /grants": "own account",
    "DELETE /grants/{client}": "others account",
}
BODIES: dict[str, object] = {
    "POST /buckets": {"name": "of-whoever-asks"},
    "PATCH /buckets/{bucket}": {"title": "mine now"},
    "PUT /buckets/{bucket}/members/{user_id}": {"role": "viewer"},
    "PUT /accounts/{user_id}/quota": {"quota_bytes": 1},
    "POST /buckets/{bucket}/blocks": {"versions": ["{version_id}"]},
    "POST /archive": {"bucket": "{bucket}", "paths": ["{path}"]},
    "POST /buckets/{bucket}/commits": {"operations": [{"op": "folder", "path": "made"}]},
    "PATCH /files/{file_id}": {"path": "moved"},
    "POST /files/{file_id}/restore": {"version_id": "{version_id}"},
    "POST /uploads": {},
    "PATCH /uploads/{upload_id}": {"first_index": 0, "chunks": [{"id": BLOCK, "size": 1}]},
    "POST /tokens": {"name": "x"},
    "POST /invitations": {"email": "guest@example.org"},
    "POST /me/password": {"current_password": "x", "new_password": "another long password"},
    "PATCH /devices/{device_id}": {"name": "mine now"},
    "POST /auth/consent": {"query": "", "allow": True},
    "POST /auth/device": {"user_code": "BCDF-GHJK", "allow": True},
}
QUERIES = {
    "GET /auth/device": {"user_code": "BCDF-GHJK"},
    "GET /search": {"q": "file"},
    "GET /events": {"seconds": "0"},
}


@dataclass(frozen=True)
class House:
    server: SignedInServer
    ids: dict[str, str]
    callers: dict[str, str]

    def ask(self, caller: str, route: str, ids: dict[str, str]) -> httpx.Response:
        method, path = route.split()
        headers = {"X-Request-Id": "same"}
        content = b""
        if route in BODIES:
            content = re.sub(r"{(\w+)}", lambda found: ids[found[1]], json.dumps(BODIES[route])).encode()
            headers["Content-Type"] = "application/json"
        elif path.endswith("/chunks"):
            headers["Content-Type"] = "application/vnd.cairn.blocks"
        elif method == "PUT":
            content = b"x"
        with self.server.http(self.callers[caller]) as api:
            address = path.format(**ids)
            return api.request(method, address, params=QUERIES.get(route), content=content, headers=headers)

    def state(self) -> list[object]:
        """All of the owner's that a request could have changed, but for times of use."""
        with self.server.http(self.callers["owner"]) as api:
            lists = [api.get(path).json() for path in ("/buckets", "/buckets/owned/files", "/changes", "/uploads")]
            lists.append(api.get(f"/uploads/{self.ids['upload_id']}").json() | {"expires_at": None})
            names = [sorted(item["id"] for item in api.get(path).json()["items"]) for path in ("/tokens", "/devices")]
        for file in lists[1]["items"]:
            del file["verified_at"], file["sync_status"], file["sync"]  # Workers read it whenever they do.
        lists[3] = [item["upload_id"] for item in lists[3]["items"]]
        return [*lists, *names]


@pytest.fixture(scope="module")
def house(_shared_product: SignedInServer) -> House:
    server = _shared_product
    owner, stranger = server.add_user("owner@example.org"), server.add_user("stranger@example.org")
    revoked = server.add_token("owner@example.org", "files", "account")
    with server.http(owner) as api:
        bucket = make_bucket(api, "owned")
        file = upload(api, "file", DATA, bucket="owned")
        upload_id = open_upload(api, "coming", b"more", bucket="owned")["upload_id"]
        events = api.get("/sync-events", params={"file_id": file["file_id"]}).json()["items"]
        tokens = api.get("/tokens").json()["items"]
        device = api.get("/me").json()["device_id"]
        token = next(one for one in tokens if one["device_id"] != device)
        assert api.delete(f"/tokens/{token['id']}").status_code == 204
        keep = api.post("/tokens", json={"name": "kept"}).json()["id"]
    ids = {
        "bucket": bucket["id"],
        "path": "file",
        "file_id": file["file_id"],
        "version_id": file["version_id"],
        "index": "0",
        "event_id": events[0]["event_id"],
        "upload_id": upload_id,
        "block_id": BLOCK,
        "user_id": NEVER,
        "token_id": keep,
        "invitation_id": NEVER,
        "device_id": device,
        "client": "nobody",
    }
    callers = {
        "nobody": "",
        "garbage": "cairn_garbage",
        "revoked": revoked,
        "read-only": server.add_token("owner@example.org", "files:read"),
        "stranger": stranger,
        "owner": owner,
    }
    return House(server, ids, callers)


def missing(house: House) -> dict[str, str]:
    """The same ids, of things that are not there."""
    things = dict.fromkeys(("bucket", "file_id", "version_id", "event_id", "upload_id", "token_id", "device_id"), NEVER)
    return house.ids | things


def test_the_table_names_every_route(house: House) -> None:
    paths = httpx.get(f"{house.server.url}/openapi.json").json()["paths"]
    listed = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in paths.items()
        for method in methods
        if path.startswith("/api/v1/")
    }
    assert listed == set(TABLE)


CLOSED = [route for route, rule in TABLE.items() if rule != "open"]


def of(*rules: str) -> list[str]:
    """The routes whose rule has one of these words."""
    return [route for route, rule in TABLE.items() if set(rules) & set(rule.split())]


# What a route does is told by its answer, and by what it left behind: that is looked at once, behind all of them.


@pytest.mark.parametrize("caller", ["nobody", "garbage", "revoked"])
def test_who_is_not_signed_in_gets_401_and_changes_nothing(house: House, caller: str) -> None:
    before = house.state()
    for route in CLOSED:
        for ids in (house.ids, missing(house)):
            answer = house.ask(caller, route, ids)
            assert answer.status_code == 401, (route, answer.text)
            assert answer.headers["www-authenticate"].startswith("Bearer"), route
    assert house.state() == before


def test_a_stranger_cannot_tell_what_is_anothers_from_what_is_not_there(house: House) -> None:
    before = house.state()
    told = ("content-length", "content-type", "etag", "www-authenticate")
    for route in of("others"):
        theirs, absent = house.ask("stranger", route, house.ids), house.ask("stranger", route, missing(house))
        assert theirs.status_code == 404, (route, theirs.text)
        assert (theirs.status_code, theirs.content) == (absent.status_code, absent.content), route
        assert [theirs.headers.get(name) for name in told] == [absent.headers.get(name) for name in told], route
    assert house.state() == before


@pytest.mark.parametrize("caller", ["owner", "stranger"])
def test_what_is_for_administrators_is_refused_to_users(house: House, caller: str) -> None:
    before = house.state()
    for route in of("admin"):
        assert house.ask(caller, route, house.ids).status_code == 403, route
    assert house.state() == before


def test_a_read_only_token_changes_nothing(house: House) -> None:
    before = house.state()
    for route in of("write", "account"):
        # The house's bucket is live: for everybody there is nothing of this id to take back.
        refusal = 404 if route == "POST /buckets/{bucket}/restore" else 403
        assert house.ask("read-only", route, house.ids).status_code == refusal, route
    assert house.state() == before


def test_a_read_only_token_and_the_owner_read(house: House) -> None:
    for route in of("read"):
        assert house.ask("read-only", route, house.ids).status_code == 200, route
        assert house.ask("owner", route, house.ids).status_code == 200, route


def test_the_names_of_anothers_buckets_mean_nothing_to_a_stranger(house: House) -> None:
    for route in CLOSED:
        if "{bucket}" in route and not route.startswith("PATCH /uploads"):
            theirs = house.ask("stranger", route, house.ids | {"bucket": "owned"})
            absent = house.ask("stranger", route, house.ids | {"bucket": "never-there"})
            assert (theirs.status_code, theirs.content) == (absent.status_code, absent.content)


def test_a_strangers_lists_hold_nothing_of_the_owners(house: House) -> None:
    with house.server.http(house.callers["stranger"]) as api:
        for path in ("/buckets", "/uploads", "/changes", "/search?q=file", "/sync-events", "/sync/wanted"):
            assert api.get(path).json()["items"] == []
        assert api.get("/stats").json()["num_buckets"] == 0
        text = api.get("/tokens").text + api.get("/devices").text
    assert not any(id in text for id in (house.ids["token_id"], house.ids["device_id"]))


def test_a_stranger_gains_nothing_by_naming_anothers_blocks(house: House) -> None:
    with house.server.http(house.callers["stranger"]) as api:
        make_bucket(api, "mine")
        opened = open_upload(api, "probe", DATA, bucket="mine")
        assert len(opened["missing"]) == 1
        assert api.post(f"/uploads/{opened['upload_id']}/commit").status_code == 409
        batch = {
            "operations": [{"op": "put", "path": "p", "chunks": [{"id": opened["missing"][0], "size": len(DATA)}]}]
        }
        assert api.post("/buckets/mine/commits", json=batch).status_code == 409
