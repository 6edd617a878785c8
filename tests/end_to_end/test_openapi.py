"""The API as its own specification describes it: thousands of generated requests find nothing that it does not say."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.client_of import make_bucket, upload
from tests.servers.cairn_server import SignedInServer

PROBLEM = "application/problem+json"
# Signing in and out, the device in use, framed blocks, which no generator can write, and the stream, which does not end, have tests
# of their own.
EXCLUDED = "^/api/v1/(auth/|devices/|events$|uploads/{upload_id}/chunks$)"


def run_schemathesis(
    server: SignedInServer, folder: Path, examples: int, phases: str
) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("schemathesis")
    return subprocess.run(
        [
            *(program, "run", f"{server.url}/openapi.json", "--header", f"Authorization: Bearer {server.token}"),
            *("--include-path-regex", "^/api/", "--exclude-path-regex", EXCLUDED, "--seed", "7"),
            *("--max-examples", str(examples), "--phases", phases, "--checks", "all"),
            # Ids of things that are there are few among those made up, so that most answers are refusals.
            *("--exclude-checks", "positive_data_acceptance", "--suppress-health-check", "all", "--no-color"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=850,  # The test has less, where it is the small one.
        check=False,
    )


@pytest.mark.parametrize(
    ("examples", "phases"),
    [
        (5, "examples,fuzzing"),
        pytest.param(100, "examples,coverage,fuzzing", marks=[pytest.mark.full, pytest.mark.timeout(900)]),
    ],
)
def test_no_generated_request_finds_an_answer_that_is_not_described(
    server: SignedInServer, tmp_path: Path, examples: int, phases: str
) -> None:
    with server.http(server.token) as api:
        make_bucket(api)
        upload(api, "file", b"data")
    done = run_schemathesis(server, tmp_path, examples, phases)
    assert done.returncode == 0, done.stdout[-6000:]


def test_the_specification_is_openapi_3_1_and_says_of_every_route_what_can_go_wrong(
    lasting_server: SignedInServer,
) -> None:
    document = httpx.get(f"{lasting_server.url}/openapi.json").json()
    assert re.fullmatch(r"3\.1\.\d", document["openapi"])
    references = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= document["components"]["schemas"].keys()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            for status, response in operation["responses"].items():
                if status == "default" or int(status) >= 400:
                    assert list(response["content"]) == [PROBLEM], (method, path, status)
            declared = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path)), path
