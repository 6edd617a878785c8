"""Whole blocks that a server offers, or says it does, or breaks off: the copy is right, and asks as before where they are not."""

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from client import CairnClient, FixedToken, ServerUnreachable
from client.whole_blocks import WholeBlocks
from tests.client.conftest import IMPATIENT
from tests.client.documents import bucket_document, chunk_documents, file_document
from tests.client.scripted_server import Answer, Asked, ScriptedServer

MIB = 2**20
DATA = random.Random(7).randbytes(20 * MIB + 77)
OFFERED = {"Cairn-Unverified": "sha-256"}
Blocks = Callable[[bytes], Answer]


def serve(server: ScriptedServer, blocks: Blocks) -> None:
    """A bucket with one file of DATA; what is asked for as whole blocks is answered by `blocks`, what comes in ranges is right."""

    def script(asked: Asked) -> Answer:
        if asked.path.endswith("/buckets/studio"):
            return Answer.json(bucket_document())
        if asked.path.endswith("/files"):
            return Answer.json({"items": [file_document("a", DATA)], "next_cursor": None})
        if asked.path.endswith("/chunks"):
            return Answer.json({"items": chunk_documents(DATA), "next_cursor": None})
        if asked.path.endswith("/content"):
            start, end = map(int, asked.headers["Range"].removeprefix("bytes=").split("-"))
            return Answer(206, DATA[start : end + 1], "application/octet-stream")
        start, count = int(asked.path.rpartition("/")[2]), int(asked.query.get("count", 1))
        return blocks(DATA[start * MIB : (start + count) * MIB])

    server.script = script


def asked_for(server: ScriptedServer) -> list[str]:
    return [one.path.rpartition("/versions/")[2].partition("/")[2] for one in server.asked if "/versions/" in one.path]


def copied(client: CairnClient, target: Path) -> bytes:
    client.download_file(client.find("studio", "a"), target)
    return target.read_bytes()


def test_blocks_that_are_offered_come_sixteen_at_a_time_under_a_promise_to_verify(
    liar: ScriptedServer, client: CairnClient, tmp_path: Path
) -> None:
    serve(liar, lambda data: Answer(body=data, headers=OFFERED))
    assert copied(client, tmp_path / "a") == DATA
    assert asked_for(liar) == ["chunks/0", "chunks/16"]
    for one in liar.asked[-2:]:
        assert (one.headers["Cairn-Verifies"], one.headers["Authorization"]) == ("sha-256", "Bearer secret-token")


def test_a_server_that_does_not_know_of_them_is_asked_once(
    liar: ScriptedServer, client: CairnClient, tmp_path: Path
) -> None:
    serve(liar, lambda data: Answer(body=data[:MIB]))
    assert copied(client, tmp_path / "a") == DATA
    assert copied(client, tmp_path / "b") == DATA
    assert asked_for(liar) == ["chunks/0", "content", "content"]


@pytest.mark.parametrize(
    "blocks",
    [
        lambda data: Answer(body=data[: MIB + 5], headers=OFFERED),
        lambda data: Answer(body=data[: MIB + 5], headers=OFFERED, is_cut=True),
        lambda data: Answer(body=data[:MIB] + b"\0" * MIB + data[2 * MIB :], headers=OFFERED),
        lambda data: Answer(body=b"\0" + data, headers=OFFERED),
        lambda _data: Answer.problem("content-damaged", 500),
        lambda _data: Answer(302, headers={"Location": "http://127.0.0.1:9/"}),
        lambda _data: Answer(401),
    ],
    ids=["short", "cut", "damaged", "shifted", "refused", "redirected", "token ended"],
)
def test_what_does_not_come_right_comes_by_ranges(
    liar: ScriptedServer, client: CairnClient, tmp_path: Path, blocks: Blocks
) -> None:
    serve(liar, blocks)
    assert copied(client, tmp_path / "a") == DATA
    assert asked_for(liar)[:2] == ["chunks/0", "content"]


def test_what_comes_behind_the_last_block_is_not_read_and_the_next_answer_is_right(
    liar: ScriptedServer, client: CairnClient, tmp_path: Path
) -> None:
    serve(liar, lambda data: Answer(body=data + b"more", headers=OFFERED))
    assert copied(client, tmp_path / "a") == DATA
    assert copied(client, tmp_path / "b") == DATA
    assert asked_for(liar) == ["chunks/0", "chunks/16"] * 2


def test_who_waits_for_blocks_is_woken_when_the_client_is_closed(liar: ScriptedServer) -> None:
    is_asked, may_end = threading.Event(), threading.Event()

    def script(_asked: Asked) -> Answer:
        is_asked.set()
        assert may_end.wait(30)
        return Answer(body=DATA[:MIB], headers=OFFERED)

    liar.script = script
    blocks = WholeBlocks(liar.url, FixedToken("t"), IMPATIENT, None)
    caught: list[BaseException] = []

    def read() -> None:
        try:
            list(blocks.run("/files/f/versions/v/chunks/0", [MIB]))
        except ServerUnreachable as problem:
            caught.append(problem)

    reader = threading.Thread(target=read)
    reader.start()
    assert is_asked.wait(30)
    blocks.close()
    reader.join(3)  # Of the 5 seconds that it waits for a server.
    assert not reader.is_alive()
    assert caught
    may_end.set()
    with pytest.raises(ServerUnreachable):
        list(blocks.run("/files/f/versions/v/chunks/0", [MIB]))
