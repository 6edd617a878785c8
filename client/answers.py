"""From the server's JSON to the client's values. A field that is absent, of another type or impossible is a server that lies."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from client.errors import AnswerInvalid
from client.model import Bucket, Chunk, RemoteFile
from foundation.blocks import MAX_BLOCK_BYTES, BlockId, Chunking

T = TypeVar("T")
Document = Mapping[str, Any]


def checked(read: Callable[[Any], T], document: Any) -> T:
    """`read(document)`, and AnswerInvalid whatever it stumbles over."""
    try:
        return read(document)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise AnswerInvalid(f"the answer cannot be understood: {type(error).__name__} {error}") from None


def items(document: Any) -> tuple[list[Document], str | None]:
    """A page of a list, and the cursor of the next."""
    found = document["items"]
    cursor = document.get("next_cursor")
    if not isinstance(found, list) or not (cursor is None or isinstance(cursor, str)):
        raise ValueError("a list is {items, next_cursor}")
    return found, cursor


def pages(ask: Callable[[str | None], Any]) -> Iterator[Any]:
    """Every page of a list, from the first. A cursor that comes again would go round for ever: AnswerInvalid."""
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        document = ask(cursor)
        cursor = checked(items, document)[1]
        yield document
        if cursor is None:
            return
        if cursor in seen:
            raise AnswerInvalid("the server's list goes round in a circle")
        seen.add(cursor)


def bucket_from(document: Document) -> Bucket:
    return Bucket(
        id=_text(document, "id"),
        name=_text(document, "name"),
        title=_text(document, "title"),
        versioning=_text(document, "versioning"),
        chunking=Chunking(document["chunking"]),
        files=_count(document, "files"),
        logical_bytes=_count(document, "logical_bytes"),
    )


def file_from(document: Document, bucket: str = "") -> RemoteFile:
    """A file in a list or a version. `bucket`: the one that was listed; entries do not repeat it."""
    content_hash = document.get("content_hash") or ""
    if content_hash:
        BlockId.parse(content_hash)  # The same shape: 64 hex digits.
    return RemoteFile(
        file_id=_text(document, "file_id"),
        version_id=_text(document, "version_id"),
        bucket=bucket or _text(document, "bucket_id"),
        path=_text(document, "path"),
        size=_count(document, "size"),
        num_chunks=_count(document, "num_chunks"),
        content_hash=content_hash,
        etag=document.get("etag") or "",
        content_type=document.get("content_type") or "",
        kind=document.get("kind", "file"),
        is_executable=document.get("executable", False) is True,
        modified_at=_time(document.get("modified_at")),
        created_at=_time(document.get("created_at")),
        is_current=document.get("is_current", True) is True,
        purge_after=_time(document.get("purge_after")),
    )


def chunk_from(document: Document) -> Chunk:
    chunk = Chunk(
        _count(document, "index"), _count(document, "offset"), _count(document, "size"), BlockId.parse(document["id"])
    )
    if not 1 <= chunk.size <= MAX_BLOCK_BYTES:
        raise ValueError(f"a chunk of {chunk.size} bytes")
    return chunk


def ids_from(document: Any) -> set[BlockId]:
    """The `missing` of an upload."""
    return {BlockId.parse(text) for text in document["missing"]}


def upload_id_from(document: Any) -> str:
    upload_id = document["upload_id"]
    if not isinstance(upload_id, str) or not upload_id.replace("-", "").isalnum():
        raise ValueError("upload_id is no id")
    return upload_id


def _text(document: Document, key: str) -> str:
    value = document[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} is no text")
    return value


def _count(document: Document, key: str) -> int:
    value = document[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{key} is no count")
    return value


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("a time without a zone")
    return time
