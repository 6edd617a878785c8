"""Undo what was done under a group id: what was deleted comes back, what was moved goes back, what came back goes again."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, select

from foundation.ids import new_id
from foundation.problems import Invalid
from foundation.sql import any_of
from metadata.batch import GroupResult, RestorePrefix
from metadata.errors import GroupNotFound, VersionConflict
from metadata.model import ChangeKind
from metadata.operations.folder_rows import Member, at_most, pages, raw, refuse
from metadata.operations.prefix_deletes import delete_group
from metadata.operations.prefix_moves import Passage, move_group
from metadata.operations.prefix_restores import Trashed, restore_group, restore_prefix, select_trashed
from metadata.operations.work import Work
from metadata.schema import changes, contents, file_versions, files

_DELETED, _MOVED, _RESTORED = ChangeKind.FILE_DELETED, ChangeKind.FILE_MOVED, ChangeKind.FILE_RESTORED
# A change that undoes: its kind is what makes a group one that can be undone; purges only say that it is too late.
_KINDS = frozenset({_DELETED, _MOVED, _RESTORED, ChangeKind.FILE_PURGED})


class _Done(NamedTuple):
    """A change of the group beside the file as it is now."""

    kind: str
    path: str
    old_path: str | None
    version: Any
    file: Any
    now_path: str | None
    now_version: Any
    is_deleted: bool
    size: int
    num_chunks: int
    was_deleted: bool  # what the change replaced is a delete marker, and there to tell it

    @property
    def is_as_left(self) -> bool:
        is_deleted = self.kind == _DELETED
        return (self.now_version, self.now_path, self.is_deleted) == (self.version, self.path, is_deleted)


def restore_folder(work: Work, operation: RestorePrefix) -> GroupResult:
    """Raises PathInvalid, PathTaken, TooMany, GroupNotFound, VersionConflict, Invalid unless one of the two is given."""
    if (operation.prefix is None) == (operation.group is None):
        raise Invalid(
            "Say either `prefix` or `group`.", errors=[{"field": "prefix", "message": "or `group`, not both"}]
        )
    if operation.prefix is not None:
        return restore_prefix(work, operation.prefix)
    done = _changes(work, operation.group)
    _check(done)
    group = work.group or new_id()
    delete_group(work, [_member(one) for one in done if one.kind == _RESTORED], group)
    move_group(work, [Passage(_member(one), one.old_path or "") for one in done if one.kind == _MOVED], group)
    restore_group(work, _trashed(work, [one for one in done if one.kind == _DELETED]), group)
    return GroupResult(group, len(done), work.sequence)


def _changes(work: Work, group: UUID | None) -> Sequence[_Done]:
    before = file_versions.alias("before")
    of_group = and_(changes.c.journal == work.bucket.id, changes.c.group == group)
    joined = (
        changes.outerjoin(files, and_(files.c.id == changes.c.file, files.c.bucket == work.bucket.id))
        .outerjoin(file_versions, file_versions.c.id == files.c.current_version)
        .outerjoin(contents, contents.c.id == file_versions.c.content)
        .outerjoin(before, before.c.id == changes.c.previous_version)
    )
    columns = (
        changes.c.kind,
        changes.c.path,
        changes.c.old_path,
        raw(changes.c.version),
        raw(changes.c.file),
        files.c.path,
        raw(files.c.current_version),
        raw(files.c.deleted_at.is_not(None)),
        func.coalesce(contents.c.size, 0),
        func.coalesce(contents.c.num_chunks, 0),
        raw(and_(before.c.id.is_not(None), before.c.content.is_(None))),
    )
    query = select(*columns).select_from(joined).where(of_group).order_by(changes.c.sequence)
    return [_Done(*row) for row in at_most(work, query)]


def _check(done: Sequence[_Done]) -> None:
    if not done:
        raise GroupNotFound
    if any(one.kind not in _KINDS or (one.kind == _RESTORED and not one.was_deleted) for one in done):
        raise Invalid("Only what was deleted, moved or taken out of the trash can be undone as a group.")
    changed = [one for one in done if one.kind != ChangeKind.FILE_PURGED and not one.is_as_left]
    if changed:
        conflicts = ({"path": one.path, "problem": VersionConflict.slug} for one in changed)
        refuse(VersionConflict, conflicts, len(changed), f"{len(changed):,} files of the group changed since.")
    if len({one.file for one in done}) < len(done):
        raise Invalid("A file was changed twice in this group; undo its changes one by one.")


def _member(one: _Done) -> Member:
    return Member(one.file, one.path, one.version, one.size, one.num_chunks)


def _trashed(work: Work, deleted: Sequence[_Done]) -> list[Trashed]:
    """In the group's order. Raises VersionConflict for those whose content was purged."""
    found: dict[Any, Trashed] = {}
    for page in pages(deleted):
        query = select_trashed().where(any_of(work.connection, files.c.id, [one.file for one in page]))
        found |= {row[0]: Trashed(*row) for row in work.connection.execute(query)}
    gone = [one for one in deleted if one.file not in found]
    if gone:
        conflicts = ({"path": one.path, "problem": VersionConflict.slug} for one in gone)
        refuse(VersionConflict, conflicts, len(gone), f"{len(gone):,} files of the group were purged since.")
    return [found[one.file] for one in deleted]
