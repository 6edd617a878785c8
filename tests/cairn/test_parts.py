"""Folders that go by their parts, one of which is refused: what is done is told, with what undoes it."""

import json
import os
import subprocess
import sys

import pytest

from tests.client.documents import BUCKET_ID, bucket_document
from tests.client.scripted_server import Answer, Asked, scripted_server

GROUP = "01890a5d-ac96-774b-bcce-b302099a8060"


def too_large(asked: Asked) -> Answer:
    """`big/` is too large; `big/a/` goes, `big/b/` is refused."""
    if asked.path.endswith("/studio") or asked.path.endswith(BUCKET_ID):
        return Answer.json(bucket_document())
    if asked.method == "GET":
        if asked.query.get("limit") == "1":
            document = {"file_id": "f", "version_id": "v", "path": "big/a/1", "size": 0, "num_chunks": 0}
            found = [document] if "big/a/1".startswith(asked.query["prefix"]) else []
            return Answer.json({"items": found, "next_cursor": None})
        return Answer.json({"items": [], "prefixes": ["big/a/", "big/b/"], "next_cursor": None})
    (operation,) = json.loads(asked.body)["operations"]
    if operation["prefix"] == "big/":
        return Answer.problem("too-many", 422)
    if operation["prefix"] == "big/b/":
        return Answer.problem("path-taken", 409, detail="taken")
    return Answer.json({"results": [{"group": GROUP, "files": 3, "sequence": 1}], "group": None})


@pytest.mark.parametrize("verb", [["rm", "-r", "cairn:studio/big"], ["mv", "cairn:studio/big", "cairn:studio/new"]])
def test_what_was_done_before_a_refusal_is_told_with_what_undoes_it(verb: list[str]) -> None:
    with scripted_server() as server:
        server.script = too_large
        environment = os.environ | {"CAIRN_URL": server.url, "CAIRN_TOKEN": "t", "CAIRN_RETRY_SECONDS": "0"}

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-m", "cairn", *verb, *arguments]
            return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

        people, programs = run(), run("--json")
    assert (people.returncode, people.stdout) == (7, "")
    assert people.stderr.splitlines() == [
        "cairn: taken",
        f"cairn: 3 files were done before; to undo: cairn undo --bucket studio {GROUP}",
    ]
    assert programs.returncode == 7
    problem = json.loads(programs.stderr)
    assert problem["type"] == "urn:cairn:problem:path-taken"
    assert problem["groups_done"] == [{"bucket": "studio", "group": GROUP, "files": 3}]
