"""Move a folder: all that is live below a prefix goes to the same place below another one, as a group."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from foundation.ids import new_id
from foundation.problems import Invalid
from foundation.sql import any_of, update_columns
from metadata.batch import GroupResult, MovePrefix
from metadata.errors import PathTaken
from metadata.model import ChangeKind
from metadata.operations.conflicts import obstacles
from metadata.operations.folder_rows import (
    Member,
    check_free,
    check_lengths,
    folder_prefix,
    folders_above,
    is_inhabited,
    live_below,
    pages,
    raw,
)
from metadata.operations.journal_rows import record_many
from metadata.operations.work import Work
from metadata.paths import folded
from metadata.schema import files
from metadata.search_text import moved_text


class Passage(NamedTuple):
    """A live file, and where it shall be."""

    member: Member
    to: str


def move_prefix(work: Work, operation: MovePrefix) -> GroupResult:
    """Raises PathInvalid, PathTaken, TooMany, Invalid for a folder into itself."""
    prefix = folder_prefix("prefix", operation.prefix, work.bucket.naming)
    to = folder_prefix("to", operation.to, work.bucket.naming)
    if to != prefix and to.startswith(prefix):
        raise Invalid(
            "to: A folder cannot be moved into itself.", errors=[{"field": "to", "message": "lies in `prefix`"}]
        )
    members = live_below(work, prefix) if to != prefix else []
    group = work.group or new_id()
    if not members:
        return GroupResult(group, 0, None)
    passages = [Passage(member, to + member.path[len(prefix) :]) for member in members]
    check_lengths([passage.to for passage in passages])
    if not prefix.startswith(to) and not is_inhabited(work, to):
        for obstacle in obstacles(work.connection, work.bucket, [to]).values():
            raise PathTaken(f"`{obstacle}` is in the way.", path=obstacle)
        _write(work, passages, group)
    else:
        move_group(work, passages, group)
    return GroupResult(group, len(members), work.sequence)


def move_group(work: Work, passages: Sequence[Passage], group: UUID) -> None:
    """All at once: one may take the place that another one leaves. Raises PathTaken with `conflicts`."""
    targets = [passage.to for passage in passages]
    if not _cross([passage.member.path for passage in passages], targets):
        check_free(work, targets)
        _write(work, passages, group)
        return
    # Each path has one live file at any moment; so all leave their places before the first takes its new one.
    with work.connection.begin_nested():
        for page in pages(passages):
            ids = [passage.member.file for passage in page]
            update_columns(work.connection, files, "id", {"id": ids}, {"deleted_at": work.moment})
        check_free(work, targets)
        _write(work, passages, group, is_parked=True)


def _cross(paths: Sequence[str], targets: Sequence[str]) -> bool:
    """Whether a target is, lies in or holds a path that is left."""
    left, wanted = set(paths), set(targets)
    return not (
        left.isdisjoint(wanted) and left.isdisjoint(folders_above(wanted)) and wanted.isdisjoint(folders_above(left))
    )


def _write(work: Work, passages: Sequence[Passage], group: UUID, *, is_parked: bool = False) -> None:
    for page in pages(passages):
        members = [passage.member for passage in page]
        ids, versions = [member.file for member in members], [member.version for member in members]
        paths = [passage.to for passage in page]
        told = {
            "file": ids,
            "version": versions,
            "previous_version": versions,
            "path": paths,
            "old_path": [member.path for member in members],
        }
        record_many(
            work, ChangeKind.FILE_MOVED, group, told, {"total_chunks": [member.num_chunks for member in members]}
        )
        texts = _texts(work, ids)
        columns: dict[str, list[Any]] = {
            "path": paths,
            "path_folded": [folded(path) for path in paths],
            "search_text": [moved_text(texts[id], path) for path, id in zip(paths, ids, strict=True)],
            "id": ids,
        }
        update_columns(work.connection, files, "id", columns, {"deleted_at": None} if is_parked else {})


def _texts(work: Work, ids: Sequence[Any]) -> dict[Any, str]:
    """What search looks at, of each of these files."""
    query = select(raw(files.c.id), files.c.search_text).where(any_of(work.connection, files.c.id, ids))
    return {row[0]: row[1] for row in work.connection.execute(query)}
