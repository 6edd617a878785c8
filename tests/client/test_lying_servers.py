"""A server may lie, be somebody else, or never end: the client says so and neither believes nor obeys it."""

import random
from pathlib import Path

import pytest

from client import (
    AddressInvalid,
    AnswerInvalid,
    CairnClient,
    ClientSettings,
    PartDamaged,
    RetryPolicy,
    ServerUnreachable,
)
from foundation.problems import Problem
from tests.client.documents import bucket_document, chunk_documents, file_document
from tests.client.scripted_server import Answer, Asked, ScriptedServer, scripted_server

DATA = random.Random(5).randbytes(2 * 2**20 + 77)


def serve_file(liar: ScriptedServer, data: bytes, given: bytes, **changes: object) -> None:
    """A bucket with one file that was `data`, whose blocks are now those of `given`."""

    def script(asked: Asked) -> Answer:
        if asked.path.endswith("/buckets/studio"):
            return Answer.json(bucket_document())
        if asked.path.endswith("/files"):
            return Answer.json({"items": [file_document("a", data, **changes)], "next_cursor": None})
        if asked.path.endswith("/chunks"):
            return Answer.json({"items": chunk_documents(data), "next_cursor": None})
        if asked.path.endswith("/content"):
            return Answer(206, given, "application/octet-stream")
        start = int(asked.path.rpartition("/")[2]) * 2**20
        return Answer(body=given[start : start + 2**20], content_type="application/octet-stream")

    liar.script = script


def test_the_token_is_never_sent_to_where_a_redirect_leads(liar: ScriptedServer, client: CairnClient) -> None:
    with scripted_server() as other:
        liar.answers(Answer(302, headers={"Location": f"{other.url}/api/v1/me"}))
        with pytest.raises(AnswerInvalid, match="redirects"):
            client.who()
        assert other.asked == []


def test_a_login_page_of_the_network_is_not_taken_for_cairn(liar: ScriptedServer, client: CairnClient) -> None:
    liar.answers(Answer(body=b"<html>Welcome to our hotel", content_type="text/html"))
    with pytest.raises(AnswerInvalid, match="login page"):
        client.who()
    assert len(liar.asked) == 1


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"7", b'{"items": 1}', b'{"items": [{}]}', b'{"items": [1]}', b"{}", b"\xff"]
)
def test_answers_of_another_shape_are_refused(liar: ScriptedServer, client: CairnClient, body: bytes) -> None:
    liar.answers(Answer(body=body))
    with pytest.raises(AnswerInvalid):
        list(client.buckets())


@pytest.mark.parametrize(
    "changes",
    [
        {"size": -1},
        {"size": "5"},
        {"size": True},
        {"content_hash": "not hex"},
        {"path": ""},
        {"path": 3},
        {"file_id": None},
        {"modified_at": "yesterday"},
        {"modified_at": "2026-01-31T12:00:00"},
    ],
)
def test_impossible_entries_are_refused(liar: ScriptedServer, client: CairnClient, changes: dict[str, object]) -> None:
    liar.answers(Answer.json({"items": [file_document("a") | changes], "next_cursor": None}))
    with pytest.raises(AnswerInvalid):
        list(client.files("studio"))


def test_a_list_whose_cursor_comes_again_ends(liar: ScriptedServer, client: CairnClient) -> None:
    liar.answers(Answer.json({"items": [], "next_cursor": "round"}))
    with pytest.raises(AnswerInvalid, match="circle"):
        list(client.files("studio"))
    assert len(liar.asked) == 2


def test_a_list_that_begins_again_under_new_cursors_ends(liar: ScriptedServer, client: CairnClient) -> None:
    liar.script = lambda asked: Answer.json(
        {"items": [file_document("a")], "next_cursor": asked.query.get("cursor", "") + "x"}
    )
    with pytest.raises(AnswerInvalid, match="out of order"):
        list(client.files("studio"))


def test_a_list_keeps_to_the_prefix_that_was_asked_for(liar: ScriptedServer, client: CairnClient) -> None:
    liar.answers(Answer.json({"items": [file_document("secret/a")], "next_cursor": None}))
    with pytest.raises(AnswerInvalid):
        list(client.files("studio", "photos/"))


@pytest.mark.parametrize("path", ["../escape", "/etc/passwd", "a/../../escape", "a//b", "nul\0byte", "a/./b", ".."])
def test_a_path_that_leads_out_of_the_folder_is_refused_and_the_rest_is_copied(
    liar: ScriptedServer, client: CairnClient, tmp_path: Path, path: str
) -> None:
    files = sorted([file_document(path), file_document("good")], key=lambda one: str(one["path"]))

    def script(asked: Asked) -> Answer:
        if asked.path.endswith("/buckets/studio"):
            return Answer.json(bucket_document())
        if asked.path.endswith("/files"):
            return Answer.json({"items": files, "next_cursor": None})
        return Answer(body=b"bytes", content_type="application/octet-stream")

    liar.script = script
    target = tmp_path / "in" / "here"
    report = client.download_folder("studio", "", target)
    assert [refused.place for refused in report.refused] == [path]
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["good"]


def test_a_local_link_to_elsewhere_is_not_written_through(
    liar: ScriptedServer, client: CairnClient, tmp_path: Path
) -> None:
    elsewhere, target = tmp_path / "elsewhere", tmp_path / "target"
    elsewhere.mkdir()
    target.mkdir()
    (target / "a").symlink_to(elsewhere)
    files = {"items": [file_document("a/b")], "next_cursor": None}
    liar.script = lambda asked: Answer.json(files if asked.path.endswith("/files") else bucket_document())
    report = client.download_folder("studio", "", target)
    assert [refused.slug for refused in report.refused] == ["local-target-refused"]
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("size", [5, 2 * 2**20 + 77])
def test_wrong_bytes_are_never_kept(liar: ScriptedServer, client: CairnClient, tmp_path: Path, size: int) -> None:
    data = DATA[:size]
    serve_file(liar, data, data[:-1] + bytes([data[-1] ^ 1]))
    target = tmp_path / "a"
    target.write_bytes(b"what was there")
    file = client.find("studio", "a")
    with pytest.raises(PartDamaged):
        client.download_file(file, target)
    with pytest.raises(PartDamaged):
        list(client.read(file))
    assert target.read_bytes() == b"what was there"


def refused_once(liar: ScriptedServer, refusal: Answer) -> None:
    """The first request for bytes is answered with `refusal`."""
    honest, refusals = liar.script, [refusal]

    def script(asked: Asked) -> Answer:
        return refusals.pop() if "/versions/" in asked.path and refusals else honest(asked)

    liar.script = script


def test_what_is_said_of_a_file_shorter_than_the_words_for_it_is_understood(
    liar: ScriptedServer, client: CairnClient, tmp_path: Path
) -> None:
    serve_file(liar, b"x", b"x")
    file = client.find("studio", "a")
    refused_once(liar, Answer.problem("unavailable", 503))
    client.download_file(file, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"x"
    refused_once(liar, Answer.problem("block-damaged", 500))
    with pytest.raises(PartDamaged):
        client.download_file(file, tmp_path / "b")


def test_verify_names_the_damaged_chunk_and_goes_on(liar: ScriptedServer, client: CairnClient) -> None:
    serve_file(liar, DATA, DATA[: 2**20] + b"\0" * 2**20 + DATA[2 * 2**20 :])
    found = client.verify("studio")
    assert [(one.bucket, one.path, one.chunk) for one in found.damaged] == [("studio", "a", 1)]
    assert (found.files, found.blocks, found.bytes) == (1, 3, 2**20 + 77)


def test_a_chunk_list_of_another_content_is_refused(liar: ScriptedServer, client: CairnClient) -> None:
    serve_file(liar, DATA, DATA, content_hash="0" * 64)
    with pytest.raises(AnswerInvalid, match="chunk list"):
        list(client.read(client.find("studio", "a")))


def test_a_block_longer_than_it_may_be_is_not_read_to_its_end(liar: ScriptedServer, client: CairnClient) -> None:
    serve_file(liar, b"bytes", b"b" * 1000)
    with pytest.raises(AnswerInvalid, match="more than"):
        list(client.read(client.find("studio", "a")))


def test_a_commit_of_other_bytes_than_were_sent_is_noticed(
    liar: ScriptedServer, client: CairnClient, tmp_path: Path
) -> None:
    def script(asked: Asked) -> Answer:
        if asked.path.endswith("/commit"):
            made = {"file_id": "f", "version_id": "v", "content_hash": "0" * 64}
            return Answer.json(made, 201)
        if asked.path.endswith("/uploads"):
            return Answer.json({"upload_id": "01890a5d", "missing": []}, 201)
        return Answer.json(bucket_document())

    liar.script = script
    (tmp_path / "a").write_bytes(b"bytes")
    with pytest.raises(AnswerInvalid, match="other bytes"):
        client.upload_file(tmp_path / "a", "studio", "a")


@pytest.mark.parametrize("name", ["..", ".", "", "\ud800"])
def test_names_that_would_become_another_address_never_leave(
    liar: ScriptedServer, client: CairnClient, name: str
) -> None:
    with pytest.raises(AddressInvalid):
        client.bucket(name)
    assert liar.asked == []


def test_names_are_encoded_whole(liar: ScriptedServer, client: CairnClient) -> None:
    liar.answers(Answer.json(bucket_document()))
    client.bucket("a/../b?c#d%2e")
    assert liar.asked[0].path == "/api/v1/buckets/a%2F..%2Fb%3Fc%23d%252e"


@pytest.mark.parametrize(
    "url", ["", "cairn", "ftp://x", "http://", "http://a:b@c", "http://x?q", "http://[", "file:///x"]
)
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(AddressInvalid):
        CairnClient(url, "token")


def test_a_problem_keeps_its_slug_status_and_members(liar: ScriptedServer, client: CairnClient) -> None:
    liar.answers(Answer.problem("a-new-one", 409, detail="because", extra=[1]))
    with pytest.raises(Problem) as caught:
        client.who()
    assert (caught.value.slug, caught.value.status, caught.value.members) == ("a-new-one", 409, {"extra": [1]})


def test_an_error_page_of_a_proxy_is_told_as_the_server_being_away(liar: ScriptedServer) -> None:
    liar.answers(Answer(502, b"<html>", "text/html"))
    hasty = ClientSettings(retry=RetryPolicy(budget_seconds=0))
    with CairnClient(liar.url, "t", hasty) as client, pytest.raises(ServerUnreachable, match="502"):
        client.who()
