"""The header Idempotency-Key: a request that is sent again is answered again, and done once, whatever happened in between."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.servers.cairn_server import SignedInServer

BLOCK = {"id": "00" * 32, "size": 5}


def asked(api: httpx.Client, path: str, body: Any, key: str, method: str = "POST") -> httpx.Response:
    return api.request(method, path, json=body, headers={"Idempotency-Key": key})


def made(api: httpx.Client) -> tuple[str, dict[str, Any]]:
    """A bucket, and a file with two versions in it."""
    bucket = api.post("/buckets", json={"title": "Things"}).json()["id"]
    for content in (b"one", b"two"):
        file = api.put(f"/buckets/{bucket}/content/a.txt", content=content).json()
    return bucket, file


def test_each_route_that_makes_something_does_it_once_under_a_key(server: SignedInServer) -> None:
    with server.http(server.token) as api:
        bucket, file = made(api)
        file_id = file["file_id"]
        old = api.get(f"/files/{file_id}/versions").json()["items"][-1]["version_id"]
        requests: list[tuple[str, Any, int]] = [
            ("/buckets", {"title": "New"}, 201),
            ("/uploads", {}, 201),
            ("/uploads", {"bucket": bucket, "path": "b", "size": 5, "chunks": [BLOCK]}, 201),
            (f"/buckets/{bucket}/commits", {"operations": [{"op": "move", "path": "a.txt", "to": "c.txt"}]}, 200),
            (f"/files/{file_id}/restore", {"version_id": old}, 200),
            (f"/buckets/{bucket}/commits", {"operations": [{"op": "delete", "file_id": file_id}]}, 200),
            (f"/files/{file_id}/undelete", {}, 200),
        ]
        for path, body, status in requests:
            key = str(uuid4())
            first, again = asked(api, path, body, key), asked(api, path, body, key)
            assert (first.status_code, first.json()) == (again.status_code, again.json()), path
            assert first.status_code == status, first.text
            other = asked(api, path, body | {"unknown": 1}, key)
            assert other.status_code == 422, path
        journal = api.get(f"/buckets/{bucket}/changes").json()["items"]
        assert [change["kind"] for change in journal][2:] == [
            "file.moved",
            "file.restored",
            "file.deleted",
            "file.restored",
        ]
        api.delete(f"/buckets/{bucket}?recursive=true")
        back = [asked(api, f"/buckets/{bucket}/restore", {"name": "again"}, "back") for _ in range(2)]
        assert back[0].json() == back[1].json()
        assert [one["name"] for one in api.get("/buckets").json()["items"]] == ["again", "new"]


def test_a_key_that_came_with_another_body_or_another_address_is_refused(server: SignedInServer) -> None:
    with server.http(server.token) as api:
        bucket, _ = made(api)
        assert asked(api, "/buckets", {"title": "One"}, "key").status_code == 201
        for path, body in (("/buckets", {"title": "Two"}), ("/uploads", {})):
            refused = asked(api, path, body, "key")
            assert (refused.status_code, refused.json()["type"]) == (422, "urn:cairn:problem:idempotency-key-reused")
        assert len(api.get("/buckets").json()["items"]) == 2
        assert api.get("/uploads").json()["items"] == []
        assert api.get(f"/buckets/{bucket}").json()["sequence"] == 2


@pytest.mark.parametrize("key", ["", "a b", "a\tb", "x" * 256, "caf\u00e9"])
def test_what_is_no_key_is_refused_by_name(server: SignedInServer, key: str) -> None:
    with server.http(server.token) as api:
        for path in ("/buckets", "/uploads"):
            headers = {"Idempotency-Key": key.encode("latin-1")}
            refused = api.post(path, json={"title": "A"} if path == "/buckets" else {}, headers=headers)  # type: ignore[arg-type]
            assert refused.status_code == 422, refused.text
            assert refused.json()["errors"][0]["field"] == "Idempotency-Key"
        assert api.get("/buckets").json()["items"] == []


def test_requests_that_kill_9_cut_off_are_done_once_when_they_come_again(server: SignedInServer) -> None:
    """Some were done and never answered, some were not done: sent again, all are, each once."""
    titles = [f"Bucket {number}" for number in range(40)]
    sockets = []
    for number, title in enumerate(titles):
        body = f'{{"title":"{title}"}}'.encode()
        head = (
            f"POST /api/v1/buckets HTTP/1.1\r\nHost: cairn\r\nAuthorization: Bearer {server.token}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: key-{number}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection = server.connect()
        connection.sendall(head.encode() + body)
        sockets.append(connection)
    sockets[10].recv(1)  # The server is in the midst of them, and nobody has read an answer.
    server.kill()
    for connection in sockets:
        connection.close()
    server.start()
    with server.http(server.token) as api:
        assert api.get("/buckets").json()["items"]  # Some were done.
        answers = [asked(api, "/buckets", {"title": title}, f"key-{n}") for n, title in enumerate(titles)]
        assert {answer.status_code for answer in answers} == {201}
        listed = {one["id"]: one["title"] for one in api.get("/buckets?limit=100").json()["items"]}
    assert sorted(listed.values()) == sorted(titles)
    assert {answer.json()["id"] for answer in answers} == listed.keys()
