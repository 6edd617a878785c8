"""The API as a program speaks it, with httpx alone: what a document promises, without our own client in between."""

import hashlib
from pathlib import Path
from typing import Any

import httpx

MIB = 1024 * 1024


def blocks_of(data: bytes) -> list[bytes]:
    return [data[start : start + MIB] for start in range(0, len(data), MIB)]


def chunk_list(data: bytes) -> list[dict[str, Any]]:
    return [{"id": hashlib.sha256(block).hexdigest(), "size": len(block)} for block in blocks_of(data)]


def make_bucket(api: httpx.Client, name: str = "studio", **settings: Any) -> dict[str, Any]:
    answer = api.post("/buckets", json={"name": name, **settings})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def open_upload(api: httpx.Client, path: str, data: bytes, bucket: str = "studio", **more: Any) -> dict[str, Any]:
    body = {"bucket": bucket, "path": path, "size": len(data), "chunks": chunk_list(data), **more}
    answer = api.post("/uploads", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def send(api: httpx.Client, upload: str, data: bytes, only: list[str] | None = None) -> None:
    for block in blocks_of(data):
        id = hashlib.sha256(block).hexdigest()
        if only is None or id in only:
            answer = api.put(f"/uploads/{upload}/chunks/{id}", content=block)
            assert answer.status_code in (200, 201), answer.text


def upload(api: httpx.Client, path: str, data: bytes, bucket: str = "studio", **more: Any) -> dict[str, Any]:
    """The whole native upload of a small file; the commit's answer."""
    opened = open_upload(api, path, data, bucket, **more)
    send(api, opened["upload_id"], data, opened["missing"])
    answer = api.post(f"/uploads/{opened['upload_id']}/commit")
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def block_files(data_folder: Path) -> list[Path]:
    """The files of blocks in a disk store, by their documented form."""
    return sorted(path for path in (data_folder / "blocks").glob("??/*") if len(path.name.split(".")[0]) == 64)
