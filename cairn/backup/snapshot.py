"""What a snapshot says of itself: the last object that a backup writes, so that a half one is none."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

from cairn.errors import BackupDamaged, BackupForeign, BackupTooNew
from foundation.blocks import BlockName

FORMAT = 1
_HEAD = b"cairn backup snapshot "
_MOMENT = "%Y%m%dT%H%M%S.%fZ"
_ID = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rows:
    """One object of rows of one table. `sha256`: of the rows' text before it is compressed."""

    room: str
    table: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`files`, trash included; `blocks` and `bytes` of the installation then, `new_…`: those that came with this one.

    `rows`: the objects by their number. `unreadable`: names of blocks whose bytes could not be had. `secret`: by what the
    installation's secret is recognised. `counters`: the newest numbers that the database gave, by room and table.
    """

    id: str
    taken_at: datetime
    made_by: str
    installation: str | None
    generation: int
    secret: str | None
    revisions: Mapping[str, str]
    counters: Mapping[str, Mapping[str, int]]
    rows: tuple[Rows, ...]
    files: int
    blocks: int
    bytes: int
    new_blocks: int
    new_bytes: int
    unreadable: tuple[str, ...]

    def summary(self) -> dict[str, Any]:
        """For people and programs that ask what there is."""
        told = ("id", "taken_at", "files", "blocks", "bytes", "new_blocks", "new_bytes", "unreadable")
        return {name: getattr(self, name) for name in told}


def new_id(moment: datetime) -> str:
    """In the order of time."""
    return f"{moment:{_MOMENT}}-{secrets.token_hex(4)}"


def is_id(text: str) -> bool:
    """Whether it looks as what `new_id` gives."""
    return _ID.fullmatch(text) is not None


def moment_of(id: str) -> datetime:
    """When it was taken. Raises BackupForeign for what `new_id` never gave."""
    try:
        return datetime.strptime(id.partition("-")[0], _MOMENT).replace(tzinfo=UTC)
    except ValueError as error:
        raise BackupForeign(f"snapshots/{id} of the backup is no snapshot of this version's.") from error


def written(snapshot: Snapshot) -> bytes:
    body = orjson.dumps({"format": FORMAT, **asdict(snapshot)}, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
    return _HEAD + sha256(body).hexdigest().encode() + b"\n" + body


def read(key: str, id: str, data: bytes) -> Snapshot:
    """The snapshot `id`, which lies under `key`. Raises BackupDamaged, BackupTooNew."""
    head, _, body = data.partition(b"\n")
    if head != _HEAD + sha256(body).hexdigest().encode():
        raise BackupDamaged(f"{key} of the backup is not what was written there.")
    try:
        document = orjson.loads(body)
        if document.pop("format") != FORMAT:
            raise BackupTooNew(
                f"{key} of the backup was written by {document.get('made_by')}: use that version or a newer one."
            )
        return _read(id, document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # Its hash is right, which anybody can reckon who may write there.
        raise BackupDamaged(f"{key} of the backup is nothing that this version wrote.") from error


def _read(id: str, document: dict[str, Any]) -> Snapshot:
    rows = tuple(Rows(**one | {"columns": tuple(one["columns"])}) for one in document["rows"])
    changed = {"taken_at": datetime.fromisoformat(document["taken_at"]), "rows": rows}
    unreadable = tuple(str(BlockName.parse(name)) for name in document["unreadable"])
    if document["id"] != id:
        raise ValueError("another's id")
    return Snapshot(**document | changed | {"unreadable": unreadable})
