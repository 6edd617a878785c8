"""Records of manifests as lines of JSON and back: exactly the same record, or Unfit. The names are those of docs/format.md."""

from typing import Any

import orjson

from metadata.codec import Unfit, codec_of
from metadata.manifest_model import (
    ManifestBucket,
    ManifestChunks,
    ManifestContent,
    ManifestFile,
    ManifestGone,
    ManifestPerson,
    ManifestVersion,
    Record,
)

_KINDS: dict[str, Any] = {
    "bucket": ManifestBucket,
    "file": ManifestFile,
    "version": ManifestVersion,
    "content": ManifestContent,
    "chunks": ManifestChunks,
    "person": ManifestPerson,
    "gone": ManifestGone,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_CODECS = {name: codec_of(kind) for name, kind in _KINDS.items()}


def line_of(record: Record) -> bytes:
    name = _NAMES[type(record)]
    encode = _CODECS[name].encode
    return orjson.dumps({name: encode(record) if encode else record}) + b"\n"


def record_from(line: bytes) -> Record:
    """Raises Unfit, which is a ValueError, and says what is wrong where."""
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Unfit(f"This is a line of JSON: {error}.") from error
    if type(document) is not dict or len(document) != 1 or not _CODECS.keys() >= document.keys():
        raise Unfit(f"This is an object with one of: {', '.join(_CODECS)}.")
    ((name, told),) = document.items()
    record: Record = _CODECS[name].decode(told)
    return record
