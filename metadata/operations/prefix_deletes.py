"""Delete a folder: all that is live below a prefix goes to the trash, as a group."""

from collections.abc import Sequence
from uuid import UUID

from foundation.ids import new_hexes, new_id
from foundation.sql import update_columns
from metadata.batch import DeletePrefix, GroupResult
from metadata.model import ChangeKind
from metadata.operations.folder_rows import Member, folder_prefix, live_below, pages
from metadata.operations.group_purges import purge_group
from metadata.operations.group_rows import insert_markers
from metadata.operations.journal_rows import record_many
from metadata.operations.superseding import supersede_many
from metadata.operations.work import Work
from metadata.retention import goes_at_once, purge_after
from metadata.schema import files


def delete_prefix(work: Work, operation: DeletePrefix) -> GroupResult:
    """Raises PathInvalid, TooMany."""
    members = live_below(work, folder_prefix("prefix", operation.prefix, work.bucket.naming))
    group = work.group or new_id()
    delete_group(work, members, group)
    return GroupResult(group, len(members), work.sequence if members else None)


def delete_group(work: Work, members: Sequence[Member], group: UUID) -> None:
    """`members` are live."""
    for page in pages(members):
        left = purge_group(work, page, group) if goes_at_once(work.bucket) else page
        if left:
            _delete_page(work, left, group)


def _delete_page(work: Work, page: Sequence[Member], group: UUID) -> None:
    ids, old = [member.file for member in page], [member.version for member in page]
    markers = new_hexes(len(page))
    paths = [member.path for member in page]
    told = {"file": ids, "version": markers, "previous_version": old, "path": paths}
    sequences = record_many(work, ChangeKind.FILE_DELETED, group, told)
    insert_markers(work, sequences, markers, old, purge_after(work.bucket, work.moment))
    update_columns(work.connection, files, "id", {"current_version": markers, "id": ids}, {"deleted_at": work.moment})
    work.count(files=-len(page), logical=-sum(member.size for member in page))
    supersede_many(work, old)
