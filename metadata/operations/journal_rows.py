"""Changes of many files, and the jobs that verify them, written at once: a row each, in order."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from foundation.ids import new_hexes
from foundation.sql import insert_columns
from metadata.model import ChangeKind
from metadata.operations.work import Work
from metadata.schema import changes
from metadata.sync_schema import sync_events


def record_many(
    work: Work,
    kind: ChangeKind,
    group: UUID | None,
    told: Mapping[str, Sequence[Any]],
    jobs: Mapping[str, Sequence[Any] | str] | None = None,
) -> range:
    """Their sequences. `told`: columns of the changes, `file`, `version` and `path` at least; `jobs`: of the jobs, that differ."""
    number = len(told["file"])
    sequences = range(work.next_sequence, work.next_sequence + number)
    work.next_sequence += number
    ids = new_hexes(number)
    said = {
        "journal": work.bucket.id,
        "kind": kind.value,
        "bucket": work.bucket.id,
        "group": group,
        "actor": work.actor,
        "device": work.device,
        "at": work.moment,
    }
    insert_columns(work.connection, changes, {"sequence": sequences, "event_id": ids, **told}, said)
    due = {
        "bucket": work.bucket.id,
        "owner": work.bucket.owner,
        "type": kind.value,
        "status": "pending",
        "total_chunks": 0,
        "next_attempt_at": work.moment,
        "created_at": work.moment,
        "updated_at": work.moment,
    }
    listed = {"id": ids, "file": told["file"], "version": told["version"]}
    for name, column in (jobs or {}).items():
        if isinstance(column, str):
            due[name] = column
        else:
            due.pop(name, None)
            listed[name] = column
    insert_columns(work.connection, sync_events, listed, due)
    return sequences
