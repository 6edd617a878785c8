"""Small files in shared answers: every one checked, and what is wrong with one is that file's alone."""

import hashlib
from pathlib import Path
from uuid import uuid4

import pytest

from client import CairnClient
from tests.client.documents import bucket_document, file_document
from tests.client.scripted_server import Answer, Asked, ScriptedServer

CONTENTS = {f"f{number}": f"bytes of file {number}".encode() for number in range(5)} | {"g-empty": b""}
IDS = {path: str(uuid4()) for path in CONTENTS}


def framed(data: bytes, given: bytes | None = None) -> bytes:
    given = data if given is None else given
    return hashlib.sha256(data).digest() + len(given).to_bytes(4, "big") + given


HONEST = [framed(data) for data in CONTENTS.values() if data]


def serve(liar: ScriptedServer, together: Answer) -> None:
    """A folder of small files; `together` is what is answered to one who asks for all of them."""

    def script(asked: Asked) -> Answer:
        if asked.path.endswith("/buckets/studio"):
            return Answer.json(bucket_document())
        if asked.path.endswith("/files"):
            items = [file_document(path, data, version_id=IDS[path]) for path, data in CONTENTS.items()]
            return Answer.json({"items": items, "next_cursor": None})
        if asked.path.endswith("/blocks"):
            return together
        path = next(path for path, id in IDS.items() if id in asked.path)
        return Answer(body=CONTENTS[path], content_type="application/octet-stream")

    liar.script = script


def blocks(body: bytes, **answer: bool) -> Answer:
    return Answer(body=body, content_type="application/vnd.cairn.blocks", **answer)  # type: ignore[arg-type]


def singly(liar: ScriptedServer) -> int:
    return sum("/versions/" in asked.path for asked in liar.asked)


def test_a_folder_of_small_files_comes_in_one_answer(liar: ScriptedServer, client: CairnClient, tmp_path: Path) -> None:
    serve(liar, blocks(b"".join(HONEST)))
    report = client.download_folder("studio", "", tmp_path)
    assert (report.files, report.refused, singly(liar)) == (6, [], 0)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == CONTENTS


@pytest.mark.parametrize(
    ("body", "alone"),
    [
        ([*HONEST[:2], framed(b"bytes of file 2", b""), *HONEST[3:]], 1),  # The server could not read it.
        ([*HONEST[:2], framed(b"bytes of file 2", b"other than they were"), *HONEST[3:]], 1),
        ([*HONEST[:2], framed(b"another file"), *HONEST[3:]], 1),
        ([HONEST[1], HONEST[0], *HONEST[2:]], 2),
        (HONEST[:2], 3),
        ([*HONEST[:3], b"\0" * 32 + b"\xff\xff\xff\xff"], 2),
        ([], 5),
    ],
    ids=["empty", "other-bytes", "other-block", "other-order", "fewer", "too-large", "nothing"],
)
def test_what_is_wrong_or_absent_is_asked_for_by_itself(
    liar: ScriptedServer, client: CairnClient, tmp_path: Path, body: list[bytes], alone: int
) -> None:
    serve(liar, blocks(b"".join(body)))
    report = client.download_folder("studio", "", tmp_path)
    assert (report.files, report.refused) == (6, [])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == CONTENTS
    assert singly(liar) == alone


@pytest.mark.parametrize(
    "answer",
    [blocks(b"".join(HONEST)[:60], is_cut=True), Answer.problem("version-not-found", 404), Answer(502, b"proxy")],
    ids=["cut", "problem", "proxy"],
)
def test_an_answer_that_breaks_off_or_fails_costs_a_request_a_file(
    liar: ScriptedServer, client: CairnClient, tmp_path: Path, answer: Answer
) -> None:
    serve(liar, answer)
    report = client.download_folder("studio", "", tmp_path)
    assert (report.files, report.refused) == (6, [])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == CONTENTS


def test_a_place_that_cannot_be_written_is_refused_by_itself(
    liar: ScriptedServer, client: CairnClient, tmp_path: Path
) -> None:
    serve(liar, blocks(b"".join(HONEST)))
    (tmp_path / "f3").mkdir()
    report = client.download_folder("studio", "", tmp_path)
    assert report.files == 5
    assert [(one.place, one.slug) for one in report.refused] == [(str(tmp_path / "f3"), "local-target-refused")]
    assert singly(liar) == 0
