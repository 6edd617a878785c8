"""Describe: other words, tags, access or type for the same content. A version of its own where versioning is on."""

from dataclasses import replace
from typing import Any

from sqlalchemy import update

from foundation.ids import new_id
from foundation.sql import insert_rows
from metadata.batch import Describe, Result
from metadata.descriptions import check_described
from metadata.model import ChangeKind, FileVersion, Versioning
from metadata.operations.conflicts import check_precondition
from metadata.operations.kept_contents import keep
from metadata.operations.puts import guessed_type
from metadata.operations.standing import live_file
from metadata.operations.superseding import supersede
from metadata.operations.version_rows import file_row, version_row
from metadata.operations.work import Work
from metadata.schema import file_versions, files

_FIELDS = ("description", "tags", "access", "content_type", "executable")


def describe(work: Work, operation: Describe) -> Result:
    """Raises FileNotFound, VersionConflict, PreconditionFailed, Invalid, RowVanished."""
    check_described(operation.description, operation.tags, operation.content_type)
    live = live_file(work, operation.file_id, operation.path)
    check_precondition(operation.precondition, live)
    said = _said(operation, live)
    if not said:
        return Result(live, None)
    if work.bucket.versioning is not Versioning.ON:
        return _in_place(work, live, said)
    if live.content is not None:
        keep(work, [live.content])
    version = replace(
        live,
        version_id=new_id(),
        created_at=work.moment,
        actor=work.actor,
        device=work.device,
        purge_after=None,
        **said,
    )
    sequence = work.record(ChangeKind.FILE_DESCRIBED, version, previous=live.version_id)
    insert_rows(work.connection, file_versions, [version_row(work, version, sequence)])
    _point(work, version)
    work.count(versions=1, stored=version.size)
    supersede(work, [live])
    return Result(version, sequence)


def _said(operation: Describe, live: FileVersion) -> dict[str, Any]:
    """What differs."""
    said = {name: value for name in _FIELDS if (value := getattr(operation, name)) is not None}
    if said.get("content_type") == "":
        said["content_type"] = guessed_type(live.path)
    if "tags" in said:
        said["tags"] = dict(said["tags"])
    return {name: value for name, value in said.items() if value != getattr(live, name)}


def _in_place(work: Work, live: FileVersion, said: dict[str, Any]) -> Result:
    version = replace(live, **said)
    sequence = work.record(ChangeKind.FILE_DESCRIBED, version, previous=live.version_id)
    row = version_row(work, version, sequence)
    columns = {name: row[name] for name in said}
    work.connection.execute(update(file_versions).where(file_versions.c.id == live.version_id).values(columns))
    _point(work, version)
    return Result(version, sequence)


def _point(work: Work, version: FileVersion) -> None:
    row = file_row(work, version)
    columns = {name: row[name] for name in ("current_version", "search_text")}
    work.connection.execute(update(files).where(files.c.id == version.file_id).values(columns))
