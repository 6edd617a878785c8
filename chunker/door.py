"""Whole blocks that the front door sends from the disk itself, to clients who verify what they get (decision 25).

This room says which; nginx reads them. Nobody here has looked at the bytes.
"""

from collections.abc import Mapping, Sequence

from fastapi import Response

from metadata import StoredChunk

# The client's word that it compares each block with its id, and ours that nobody else has.
VERIFIES, UNVERIFIED = "Cairn-Verifies", "Cairn-Unverified"
_HASH = "sha-256"
# The front door's word that it has the store's folder: it sends this header itself, whatever a client sent.
_DOOR, _HAS_BLOCKS = "Cairn-Front-Door", "blocks"
# nginx would judge these by the file's time and length.
_CONDITIONS = ("range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
# nginx reads directives in answers of this type, which has no other use: what people stored is never one.
_LIST_TYPE = "application/vnd.cairn.whole-blocks"
_ONE, _SEVERAL = "/stored-block/", "/stored-blocks/"


def may_leave(headers: Mapping[str, str], chunks: Sequence[StoredChunk]) -> bool:
    """Whether `chunks` may go from the disk to who sent `headers`: it verifies, and wants neither ranges nor conditions."""
    is_asked = headers.get(VERIFIES) == _HASH and headers.get(_DOOR) == _HAS_BLOCKS
    is_plain = not any(condition in headers for condition in _CONDITIONS)
    return is_asked and is_plain and all(chunk.name.codec is None for chunk in chunks)


def from_disk(chunks: Sequence[StoredChunk], headers: Mapping[str, str]) -> Response:
    """What tells nginx to send `chunks`: one by its address, several by a directive each."""
    # Kept by nobody: wrong bytes would be asked for again, and found again, for a year.
    headers = {**headers, "Cache-Control": "no-store", UNVERIFIED: _HASH}
    if len(chunks) == 1:
        headers["X-Accel-Redirect"] = _ONE + _place(chunks[0])
        return Response(headers=headers, media_type="application/octet-stream")
    body = "".join(f'<!--#include virtual="{_SEVERAL}{_place(chunk)}" -->' for chunk in chunks)
    return Response(body, headers=headers, media_type=_LIST_TYPE)


def _place(chunk: StoredChunk) -> str:
    name = str(chunk.name)
    return f"{name[:2]}/{name}"
