"""What a completed sync event says was done, by its type."""

from collections.abc import Mapping

from metadata.model import ChangeKind

ACTIONS: Mapping[ChangeKind, str] = {
    ChangeKind.FILE_CREATED: "upload_synchronized",
    ChangeKind.FILE_UPDATED: "update_synchronized",
    ChangeKind.FILE_MOVED: "move_synchronized",
    ChangeKind.FILE_DESCRIBED: "describe_synchronized",
    ChangeKind.FILE_DELETED: "delete_synchronized",
    ChangeKind.FILE_RESTORED: "restore_synchronized",
    ChangeKind.FILE_PURGED: "purge_synchronized",
    ChangeKind.BUCKET_CREATED: "bucket_create_synchronized",
    ChangeKind.BUCKET_UPDATED: "bucket_update_synchronized",
    ChangeKind.BUCKET_DELETED: "bucket_delete_synchronized",
    ChangeKind.BUCKET_RESTORED: "bucket_restore_synchronized",
    ChangeKind.BUCKET_SHARED: "bucket_share_synchronized",
    ChangeKind.BUCKET_UNSHARED: "bucket_unshare_synchronized",
}
