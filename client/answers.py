"""From the server's JSON to the client's values. A field that is absent, of another type or impossible is a server that lies."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from client.errors import AnswerInvalid
from client.model import Bucket, Chunk, FileRecord, Group, Member, PurgeLeft, RemoteFile
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
        files=count(document, "files"),
        logical_bytes=count(document, "logical_bytes"),
        naming=document.get("naming", "portable"),
        keep_days=document.get("keep_days"),
        trash_days=document.get("trash_days", 30),
        versions=document.get("versions", 0),
        version_bytes=document.get("version_bytes", 0),
        role=document.get("role", "owner"),
        created_at=time(document.get("created_at")),
        deleted_at=time(document.get("deleted_at")),
        restorable_until=time(document.get("restorable_until")),
        purge=_purge(document.get("purge")),
    )


def record_from(document: Document) -> FileRecord:
    tags = document["tags"]
    if not all(isinstance(text, str) for text in (*tags.keys(), *tags.values())):
        raise ValueError("tags are texts")
    return FileRecord(
        file=file_from(document),
        description=str(document.get("description") or ""),
        tags=dict(tags),
        access=_text(document, "access"),
        verified_at=time(document.get("verified_at")),
        deleted_at=time(document.get("deleted_at")),
    )


def group_from(document: Document) -> Group:
    return Group(_text(document, "group"), count(document, "files"))


def member_from(document: Document) -> Member:
    return Member(_text(document, "user_id"), _text(document, "role"))


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
        size=count(document, "size"),
        num_chunks=count(document, "num_chunks"),
        content_hash=content_hash,
        etag=document.get("etag") or "",
        content_type=document.get("content_type") or "",
        kind=document.get("kind", "file"),
        is_executable=document.get("executable", False) is True,
        modified_at=time(document.get("modified_at")),
        created_at=time(document.get("created_at")),
        is_current=document.get("is_current", True) is True,
        purge_after=time(document.get("purge_after")),
        verified_at=time(document.get("verified_at")),
        is_failed=document.get("sync_status") == "failed",
    )


def chunk_from(document: Document) -> Chunk:
    chunk = Chunk(
        count(document, "index"), count(document, "offset"), count(document, "size"), BlockId.parse(document["id"])
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


def count(document: Document, key: str) -> int:
    value = document[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{key} is no count")
    return value


def _purge(document: Document | None) -> PurgeLeft | None:
    if document is None:
        return None
    return PurgeLeft(count(document, "files_left"), count(document, "versions_left"), count(document, "bytes_left"))


def time(value: Any) -> datetime | None:
    if value is None:
        return None
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found
