"""What an honest server would answer, to be bent by the tests."""

import hashlib
from typing import Any

BUCKET_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
FILE_ID = "01890a5d-ac96-774b-bcce-b302099a8058"
VERSION_ID = "01890a5d-ac96-774b-bcce-b302099a8059"


def bucket_document(**changes: Any) -> dict[str, Any]:
    return {
        "id": BUCKET_ID,
        "name": "studio",
        "title": "Studio",
        "versioning": "on",
        "chunking": "fixed",
        "files": 1,
        "logical_bytes": 5,
    } | changes


def file_document(path: str, data: bytes = b"bytes", **changes: Any) -> dict[str, Any]:
    blocks = [data[start : start + 2**20] for start in range(0, len(data), 2**20)]
    ids = b"".join(hashlib.sha256(block).digest() for block in blocks)
    return {
        "file_id": FILE_ID,
        "version_id": VERSION_ID,
        "path": path,
        "size": len(data),
        "num_chunks": len(blocks),
        "content_hash": hashlib.sha256(ids).hexdigest(),
        "etag": "x",
        "content_type": "text/plain",
        "kind": "file",
        "executable": False,
        "modified_at": "2026-01-31T12:00:00.123456Z",
        "created_at": "2026-01-31T12:00:00Z",
    } | changes


def chunk_documents(data: bytes) -> list[dict[str, Any]]:
    return [
        {
            "index": start // 2**20,
            "offset": start,
            "size": len(data[start : start + 2**20]),
            "id": hashlib.sha256(data[start : start + 2**20]).hexdigest(),
        }
        for start in range(0, len(data), 2**20)
    ]
