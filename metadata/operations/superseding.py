"""Versions that are no longer current: kept for their time, or gone at once (DESIGN.md 4 "Versions")."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from foundation.sql import any_of, update_columns
from metadata.model import FileVersion
from metadata.operations.folder_rows import uuids
from metadata.operations.work import Work
from metadata.purge import drop_versions
from metadata.retention import goes_at_once, purge_after
from metadata.schema import file_versions


def supersede(work: Work, before: Sequence[FileVersion]) -> None:
    """`before` were current until now."""
    if not before:
        return
    ids = [version.version_id for version in before]
    if goes_at_once(work.bucket):
        drop_versions(work, ids)
        return
    moment = purge_after(work.bucket, work.moment)
    if moment is not None:
        statement = update(file_versions).where(any_of(work.connection, file_versions.c.id, ids))
        work.connection.execute(statement.values(purge_after=moment))


def supersede_many(work: Work, before: Sequence[Any]) -> None:
    """As `supersede`, of ids as the driver gives them."""
    if goes_at_once(work.bucket):
        drop_versions(work, uuids(before))
    elif (moment := purge_after(work.bucket, work.moment)) is not None:
        update_columns(work.connection, file_versions, "id", {"id": before}, {"purge_after": moment})
