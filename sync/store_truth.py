"""What the store says of its installation: one small JSON value under `meta/installation` (docs/format.md)."""

import json
from dataclasses import dataclass
from uuid import UUID

from block_storage import BlockNotFound, BlockStore
from sync.errors import StoreTruthInvalid

KEY = "installation"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class StoreTruth:
    """`writer`: a number that the database had given out when this was written."""

    installation: UUID
    generation: int
    writer: int


def read_truth(store: BlockStore) -> StoreTruth | None:
    """None: the store says nothing. Raises StoreTruthInvalid, StorageFailed."""
    try:
        data = store.read_meta(KEY)
    except BlockNotFound:
        return None
    try:
        document = json.loads(data)
        if document["format"] != _FORMAT:
            raise StoreTruthInvalid(f"meta/{KEY} is of format {document['format']}; this version knows {_FORMAT}.")
        return StoreTruth(UUID(document["installation"]), int(document["generation"]), int(document["writer"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreTruthInvalid(f"meta/{KEY} is no JSON document of format {_FORMAT}.") from error


def write_truth(store: BlockStore, truth: StoreTruth) -> None:
    """Durable on return. Raises StorageFailed, StorageFull."""
    document = {
        "format": _FORMAT,
        "installation": str(truth.installation),
        "generation": truth.generation,
        "writer": truth.writer,
    }
    store.replace_meta(KEY, json.dumps(document).encode() + b"\n")
