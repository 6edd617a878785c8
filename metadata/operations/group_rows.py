"""Versions of many files at once, copied inside the database: descriptions and tags never leave it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, insert, literal, null, select

from foundation.sql import listed_rows
from metadata.model import Versioning
from metadata.operations.work import Work
from metadata.schema import file_versions


def insert_markers(
    work: Work, sequences: range, new: Sequence[Any], old: Sequence[Any], until: datetime | None
) -> None:
    """Delete markers `new` in place of the versions `old`, which they describe as these did. `until`: see `purge_after`.

    A file whose history is kept without end stays without end.
    """
    purge_after: ColumnElement[Any] = null()
    if until is not None:
        older = file_versions.alias("older")
        endless = exists().where(
            older.c.file == file_versions.c.file,
            older.c.id != file_versions.c.id,
            older.c.purge_after.is_(None),
            older.c.content.is_not(None),
        )
        purge_after = case((endless, null()), else_=literal(until, file_versions.c.purge_after.type))
    gone = {"content": null(), "etag": literal(""), "modified_at": null(), "verified_at": null()}
    _insert_copies(work, sequences, new, old, gone | {"purge_after": purge_after})


def insert_restored(work: Work, sequences: range, new: Sequence[Any], old: Sequence[Any]) -> None:
    """Versions `new` with all that the versions `old` have."""
    _insert_copies(work, sequences, new, old, {"purge_after": null()})


def _insert_copies(
    work: Work, sequences: range, new: Sequence[Any], old: Sequence[Any], different: Mapping[str, ColumnElement[Any]]
) -> None:
    kinds = {"sequence": file_versions.c.sequence.type, "new": file_versions.c.id.type, "old": file_versions.c.id.type}
    listed = listed_rows(work.connection, kinds, list(zip(sequences, new, old, strict=True)))
    columns = file_versions.c
    values: dict[str, ColumnElement[Any]] = {column.name: column for column in columns}
    values |= {
        "id": listed.c.new,
        "sequence": listed.c.sequence,
        "created_at": literal(work.moment, columns.created_at.type),
        "actor": literal(work.actor, columns.actor.type),
        "device": literal(work.device, columns.device.type),
        "is_null": literal(work.bucket.versioning is not Versioning.ON, columns.is_null.type),
    }
    values |= different
    source = select(*(value.label(name) for name, value in values.items()))
    source = source.select_from(listed.join(file_versions, and_(columns.id == listed.c.old)))
    work.connection.execute(insert(file_versions).from_select(list(values), source))
