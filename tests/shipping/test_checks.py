"""What `make lint` looks for besides style: secrets in the files, and known vulnerabilities of what Cairn stands on."""

import json
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from identity.opaque import TOKEN_MARK
from tests.project.sources import PROJECT
from tests.servers.ports import free_ports
from tools import audit, secret_scan

SECRETS = [
    f"-----BEGIN EC PRIVATE KEY-----\n{secrets.token_urlsafe(48).replace('_', 'x').replace('-', 'y')}",
    f"AKIA{secrets.token_hex(8).upper()}",
    f"ghp_{secrets.token_hex(18)}",
    f"{TOKEN_MARK}{secrets.token_urlsafe(32)}",
    f"postgresql+psycopg://cairn:{secrets.token_hex(12)}@db.example.org/cairn",
    f'SECRET = "{secrets.token_urlsafe(32)}"',
    f"password: '{secrets.token_hex(24)}'",
    f'"apiKey": "{secrets.token_urlsafe(32)}"',
]
INNOCENT = [
    'password="correct horse battery staple"',
    'TOKEN_URL = "https://files.example.org/oauth/token"',
    'secret = "change-me-change-me-change-me"',
    "postgresql+psycopg://cairn:$(of postgres_password)@postgres:5432/cairn",
    "s3+http://KEY:SECRET@127.0.0.1:8333/chunks",
    "-----BEGIN PRIVATE KEY-----\n…",
]


@pytest.mark.parametrize("text", SECRETS, ids=range(len(SECRETS)))
def test_what_looks_like_a_secret_is_found_with_its_line(text: str) -> None:
    found = list(secret_scan.findings("some.py", f"first\n\n{text}\n"))
    assert found
    assert {each.line for each in found} == {3}


@pytest.mark.parametrize("text", INNOCENT, ids=range(len(INNOCENT)))
def test_what_is_words_or_a_place_for_one_is_none(text: str) -> None:
    assert list(secret_scan.findings("some.py", text)) == []


def test_no_file_holds_a_secret_and_every_exception_is_still_needed() -> None:
    marks = {found.mark for found in secret_scan.scanned()}
    assert marks == secret_scan.known()


def test_everything_locked_is_asked_about() -> None:
    packages = audit.locked()
    assert {("PyPI", "fastapi"), ("npm", "react")} <= {(ecosystem, name) for ecosystem, name, _ in packages}
    assert len(packages) > 100
    assert all(version[0].isdigit() for *_, version in packages)


@contextmanager
def osv(vulnerable: Mapping[str, list[str]], status: int = 200) -> Iterator[str]:
    """A service that answers as osv.dev does, of which only these names have vulnerabilities."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            names = [query["package"]["name"] for query in asked["queries"]]
            results = [
                {"vulns": [{"id": id} for id in vulnerable[name]]} if name in vulnerable else {} for name in names
            ]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps({"results": results}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def audited(address: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.audit"],
        cwd=PROJECT, env={"OSV_ADDRESS": address, "no_proxy": "127.0.0.1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_vulnerable_version_fails_the_check_and_is_named() -> None:
    with osv({"react": ["GHSA-1"], "fastapi": ["GHSA-2", "CVE-3"]}) as address:
        done = audited(address)
    assert done.returncode == 1
    assert "npm react 19" in done.stderr
    assert "GHSA-2, CVE-3" in done.stderr


def test_none_is_told_with_how_many_were_asked_about() -> None:
    with osv({}) as address:
        done = audited(address)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{len(audit.locked())} dependencies" in done.stdout


def test_a_service_that_is_not_reached_or_fails_fails_nothing_and_is_told() -> None:
    (closed,) = free_ports(1)
    with osv({}, status=503) as failing:
        for address in (f"http://127.0.0.1:{closed}", failing):
            done = audited(address)
            assert done.returncode == 0
            assert "NOT checked" in done.stdout
