"""`python -m tools.released_data FOLDER FILE`: data as the release in FOLDER writes them, for the tests of later ones' upgrades.

FOLDER is a tree of that release's source. Its own server makes them on SQLite and a disk, and tells what is there; the rows go into FILE
as SQLite has them, beside the blocks.
"""

import base64
import hashlib
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx

SECRET = "of no installation but that of a test"  # noqa: S105 — nobody else's.
PEOPLE = ("ada@example.org", "bob@example.org")
_MIB = 1024 * 1024
_WAIT_SECONDS = 120
# Nobody's data: made by migrations and triggers, or of a process that runs.
_LEFT_OUT = ("search_", "sqlite_", "workers")
_FILES_LEFT_OUT = ("cairn.db", "server.lock", "secret", "index")


class Release:
    """A server of the release on a folder of its own."""

    def __init__(self, source: Path, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._source = source
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
        own = {"CAIRN_DATA": str(data), "CAIRN_PORT": str(port), "CAIRN_SECRET": SECRET, "PYTHONPATH": str(source)}
        self._environment = kept | own

    def cairn(self, *arguments: str, stdin: str = "") -> str:
        return subprocess.run(
            self._command(*arguments), cwd=self._source, env=self._environment, input=stdin, text=True, check=True,
            stdout=subprocess.PIPE,
        ).stdout.strip()  # fmt: skip

    def serve(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(self._command("serve"), cwd=self._source, env=self._environment)
        _until(self._is_ready)
        return process

    def people(self) -> list[httpx.Client]:
        """Signed in, one for each of PEOPLE."""
        found = []
        for email in PEOPLE:
            self.cairn("user", "add", email, "--password-stdin", stdin=secrets.token_hex(16))
            token = self.cairn("token", "create", "--email", email)
            headers = {"Authorization": f"Bearer {token}"}
            found.append(httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60))
        return found

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "cairn", *arguments]


def make(ada: httpx.Client, bob: httpx.Client) -> None:
    """A little of everything that the catalogue knows."""
    studio = _done(ada.post("/buckets", json={"name": "studio"})).json()["id"]
    for bucket in ({"name": "cut", "chunking": "fastcdc"}, {"name": "single", "versioning": "off"}):
        _done(ada.post("/buckets", json=bucket))
    bobs = _done(bob.get("/me")).json()["user_id"]
    _done(ada.put(f"/buckets/studio/members/{bobs}", json={"role": "editor"}))
    for number in range(3):
        _put(ada, "studio", "2026/plan.txt", f"plan, version {number}".encode())
    large = _put(ada, "studio", "large.bin", bytes(_MIB) + b"x" * _MIB + b"end")
    _put(ada, "cut", "large again.bin", bytes(_MIB) + b"x" * _MIB + b"end")
    _put(bob, studio, "Straße/von Bob.txt", "für alle".encode())
    _put(ada, "studio", "empty", b"")
    for number in range(2):
        _put(ada, "single", "one.txt", f"one, {number}".encode())
    described = {"description": "the large one", "tags": {"colour": "red", "year": "2026"}}
    _done(ada.patch(f"/files/{large}", json=described))
    _put(ada, "studio", "gone.txt", b"in the trash")
    _done(ada.delete("/buckets/studio/content/gone.txt"))
    moved = _put(ada, "studio", "before.txt", b"moved")
    _done(ada.patch(f"/files/{moved}", json={"path": "2026/after.txt"}))
    purged = _put(ada, "studio", "purged.txt", b"purged")
    _done(ada.delete("/buckets/studio/content/purged.txt"))
    _done(ada.delete(f"/buckets/studio/trash?file_id={purged}"))
    coming = b"an upload that is open"
    chunk = {"id": hashlib.sha256(coming).hexdigest(), "size": len(coming)}
    opened = {"bucket": "studio", "path": "coming.txt", "size": len(coming), "chunks": [chunk]}
    upload = _done(ada.post("/uploads", json=opened)).json()["upload_id"]
    _done(ada.put(f"/uploads/{upload}/chunks/{chunk['id']}", content=coming))


def told(ada: httpx.Client) -> dict[str, Any]:
    """What the release says is there: every version of every file, with the SHA-256 of its bytes, and each journal."""
    buckets = {}
    for bucket in ("studio", "cut", "single"):
        files = {}
        for file in _done(ada.get(f"/buckets/{bucket}/files?limit=1000")).json()["items"]:
            versions = _done(ada.get(f"/files/{file['file_id']}/versions")).json()["items"]
            files[file["path"]] = {
                version["version_id"]: hashlib.sha256(_content(ada, version)).hexdigest() for version in versions
            }
        changes = _done(ada.get(f"/buckets/{bucket}/changes?after=0")).json()["items"]
        trash = _done(ada.get(f"/buckets/{bucket}/trash")).json()["items"]
        buckets[bucket] = {
            "files": files,
            "changes": [[change["sequence"], change["event_id"], change["kind"], change["path"]] for change in changes],
            "trash": sorted(file["path"] for file in trash),
        }
    return buckets


def _is_checked(client: httpx.Client) -> bool:
    counts = _done(client.get("/sync/summary")).json()["counts"]
    return bool(counts["completed"] and not counts["pending"] and not counts["processing"])


def _content(client: httpx.Client, version: dict[str, Any]) -> bytes:
    return _done(client.get(f"/files/{version['file_id']}/versions/{version['version_id']}/content")).content


def _put(client: httpx.Client, bucket: str, path: str, content: bytes) -> str:
    return str(_done(client.put(f"/buckets/{bucket}/content/{path}", content=content)).json()["file_id"])


def _done(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise ValueError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")
    return answer


def _until(condition: Any) -> None:
    end = monotonic() + _WAIT_SECONDS
    while not condition():
        if monotonic() > end:
            raise TimeoutError("it did not come true in time")
        sleep(0.1)


def tables(database: Path) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    """Name, columns and rows of each, in the order in which they were made. Bytes as {"hex": …}."""
    connection = sqlite3.connect(database)
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")]
    for name in names:
        if name.startswith(_LEFT_OUT):
            continue
        cursor = connection.execute(f'SELECT * FROM "{name}"')  # noqa: S608 — a name that the database told.
        columns = [column[0] for column in cursor.description]
        yield name, columns, [[_plain(value) for value in row] for row in cursor]


def _plain(value: Any) -> Any:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def files(data: Path) -> dict[str, str]:
    """Everything in the data folder that is no database: packed, in base64."""
    found = [file for file in sorted(data.rglob("*")) if file.is_file() and not file.name.startswith(_FILES_LEFT_OUT)]
    return {
        str(file.relative_to(data)): base64.b64encode(zlib.compress(file.read_bytes(), 9)).decode() for file in found
    }


def main() -> None:
    source, target = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        release = Release(source, data)
        process = release.serve()
        try:
            ada, bob = release.people()
            make(ada, bob)
            _until(lambda: _is_checked(ada))
            said = told(ada)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
        lines = [json.dumps({"buckets": said}, ensure_ascii=False)]
        for name, columns, rows in tables(data / "cairn.db"):
            lines.append(json.dumps({"table": name, "columns": columns}))
            lines += [json.dumps({"row": row}, ensure_ascii=False) for row in rows]
        lines += [json.dumps({"file": name, "packed": packed}) for name, packed in files(data).items()]
    target.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
