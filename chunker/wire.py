"""The shapes of the upload routes, and what they mean to the catalogue."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, FailFast, Field, model_validator

from chunker.bodies import MAX_FIELDS
from chunker.cutting import FIXED_BYTES, check_sizes
from chunker.errors import ChunkSize
from foundation.blocks import MAX_BLOCK_BYTES, BlockId, Chunking
from foundation.problems import Invalid
from foundation.wire import Wire
from metadata import Chunk, Kind, Precondition, Target

MAX_SIZE = 2**63 - 1
MAX_PAGE_CHUNKS = 10_000
MAX_TAGS = 50

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+( *;[\x20-\x7e]*)?", re.ASCII)


def instant(text: Any) -> datetime:
    """An RFC 3339 time with a zone, as UTC. Raises ValueError."""
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        raise ValueError("a time is written as RFC 3339 with a zone, like 2026-01-31T23:59:59.123456Z")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError:
        raise ValueError("this time lies outside the years 1 to 9999") from None


def media_type(text: str) -> str:
    """A media type that may stand in a header; empty: to be guessed. Raises ValueError."""
    if text and (len(text) > 255 or not _MEDIA_TYPE.fullmatch(text)):
        raise ValueError("a content type is written type/subtype, at most 255 characters")
    return text


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("the character U+0000 cannot be kept")
    return text


def _few(value: Any) -> Any:
    """Raises ValueError for an object of very many fields before each of them is judged."""
    if isinstance(value, dict) and len(value) > MAX_FIELDS:
        raise ValueError(f"an object here has at most {MAX_FIELDS} fields")
    return value


Text = Annotated[str, Field(strict=True), AfterValidator(_without_nul)]
Size = Annotated[int, Field(strict=True, ge=0, le=MAX_SIZE)]
Instant = Annotated[datetime, BeforeValidator(instant, json_schema_input_type=str)]
MediaType = Annotated[str, Field(strict=True), AfterValidator(media_type)]
Bool = Annotated[bool, Field(strict=True)]
TagKey = Annotated[Text, Field(min_length=1, max_length=128)]
TagValue = Annotated[Text, Field(max_length=256)]
Description = Annotated[Text, Field(max_length=10_000)]
Few = BeforeValidator(_few)
Tags = Annotated[dict[TagKey, TagValue], Field(max_length=MAX_TAGS), Few]
Etags = Annotated[tuple[Text, ...], Field(max_length=100)]


class ChunkWire(Wire):
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(strict=True, ge=1, le=MAX_BLOCK_BYTES)]


# The first wrong one is told alone: 16 MiB hold eight million of them, which would take gigabytes to tell.
Chunks = Annotated[tuple[Annotated[ChunkWire, Few], ...], Field(max_length=MAX_PAGE_CHUNKS), FailFast()]


def chunks_from(chunks: Sequence[ChunkWire]) -> tuple[Chunk, ...]:
    return tuple(Chunk(BlockId(bytes.fromhex(chunk.id)), chunk.size) for chunk in chunks)


class Described(Wire):
    """What a new version says of itself."""

    content_type: MediaType = ""
    modified_at: Instant | None = None
    executable: Bool = False
    kind: Kind = Kind.FILE
    description: Description | None = None
    tags: Tags | None = None

    def said(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in Described.model_fields}


class Based(Wire):
    """`base_version`: the file's current version as the client knows it, null: there is none; absent: whatever it is."""

    base_version: UUID | None = None

    def precondition(self) -> Precondition:
        return Precondition(has_base="base_version" in self.model_fields_set, base_version=self.base_version)


class UploadWire(Described, Based):
    """`{}` opens an upload without a path, for batches."""

    bucket: Text | None = None
    path: Text | None = None
    size: Size | None = None
    chunks: Chunks = ()

    @model_validator(mode="after")
    def _is_a_file_or_nothing(self) -> "UploadWire":
        named = {"bucket", "path", "size"} & self.model_fields_set
        if self.model_fields_set and (
            named != {"bucket", "path", "size"} or None in (self.bucket, self.path, self.size)
        ):
            raise ValueError("name bucket, path and size, or nothing at all for an upload that serves a batch")
        return self

    def target(self) -> Target | None:
        if self.bucket is None or self.path is None:
            return None
        return Target(self.bucket, self.path, self.size, **self.said())


class PageWire(Wire):
    first_index: Annotated[int, Field(strict=True, ge=0, le=10_000_000)]
    chunks: Annotated[Chunks, Field(min_length=1)]


def require_sizes(chunking: Chunking, chunks: Sequence[Chunk], field: str, *, is_whole: bool = True) -> None:
    """Raises ChunkSize unless `chunking` can give chunks of these sizes; not `is_whole`: more of the file follows."""
    sizes = [chunk.size for chunk in chunks]
    try:
        check_sizes(chunking, sizes if is_whole else [*sizes, 1])
    except ValueError as error:
        raise ChunkSize(f"{field}: {error}", errors=[{"field": field, "message": str(error)}]) from error


def require_plan(chunking: Chunking, size: int, first_index: int, chunks: Sequence[Chunk]) -> None:
    """Raises ChunkSize or Invalid unless these planned chunks fit the bucket and a file of `size` bytes.

    A page of a FastCDC plan does not tell where in the file it stands, so that its last chunk may be as small as a
    file's last one. It costs that client deduplication, and nobody anything else.
    """
    total = sum(chunk.size for chunk in chunks)
    offset = first_index * FIXED_BYTES if chunking is Chunking.FIXED else 0
    if offset + total > size:
        raise Invalid(
            f"chunks: the sizes add up to more than size, {size:,} bytes",
            errors=[{"field": "chunks", "message": "the sizes add up to more than the file has"}],
        )
    is_whole = offset + total == size or (first_index > 0 and chunking is not Chunking.FIXED)
    require_sizes(chunking, chunks, "chunks", is_whole=is_whole)
