"""What the catalogue may raise; nothing else crosses its seams."""

from foundation.problems import Invalid, NotFound, Problem


class BucketNotFound(NotFound):
    slug, title = "bucket-not-found", "No such bucket"


class BucketExists(Problem):
    slug, title, status = "bucket-exists", "You already have a bucket of that name", 409


class BucketNotEmpty(Problem):
    slug, title, status = "bucket-not-empty", "The bucket still holds files", 409


class BucketNameInvalid(Invalid):
    slug, title = "bucket-name-invalid", "A bucket cannot have this name"


class MemberNotFound(NotFound):
    slug, title = "member-not-found", "No such member of the bucket"


class QuotaExceeded(Problem):
    """The bucket's owner has no room for `wanted_bytes` more. The owner is also told `used_bytes` and `quota_bytes`."""

    slug, title, status = "quota-exceeded", "The quota of the bucket's owner is used up", 507


class AccountClosing(Problem):
    """Everything of this user is being deleted: nothing new begins."""

    slug, title, status = "account-closing", "This account is being deleted", 403


class FileNotFound(NotFound):
    slug, title = "file-not-found", "No such file"


class EventNotFound(NotFound):
    slug, title = "event-not-found", "No such sync event"


class VersionNotFound(NotFound):
    slug, title = "version-not-found", "No such version"


class PathInvalid(Invalid):
    slug, title = "path-invalid", "A file cannot have this path"


class PathTaken(Problem):
    """Another live file, or a folder, stands at that path or on the way to it. `path` names it."""

    slug, title, status = "path-taken", "Something else has this path", 409


class GroupNotFound(NotFound):
    slug, title = "group-not-found", "Nothing was done under this group id"


class TooMany(Invalid):
    """An operation on a folder takes at most 100,000 files. Go by subfolders."""

    slug, title = "too-many", "These are too many files for one operation"


class VersionConflict(Problem):
    """The base version is not the current one. `current` {version_id, file_id, etag} or null; `conflicts` in batches."""

    slug, title, status = "version-conflict", "Somebody else changed it meanwhile", 409


class UploadNotFound(NotFound):
    slug, title = "upload-not-found", "No such upload"


class UploadEnded(Problem):
    """The upload was committed, aborted or has expired. What it received is on its way out; open another."""

    slug, title, status = "upload-ended", "This upload has ended", 410


class BlocksMissing(Problem):
    """`missing`: ids of blocks (at most 10,000) whose bytes the upload must still receive. Send them and commit again."""

    slug, title, status = "blocks-missing", "Some blocks have not arrived", 409


class ChunksInvalid(Invalid):
    """The chunk list breaks a rule: sizes, their sum, gaps between pages."""

    slug, title = "chunks-invalid", "The list of chunks breaks a rule"


class CursorExpired(Problem):
    """The journal no longer reaches back so far. List anew, then follow from the sequence given there."""

    slug, title, status = "cursor-expired", "The journal does not reach back that far", 410


class IdempotencyKeyReused(Invalid):
    """This Idempotency-Key came with another request in the last 24 hours. Nothing was done."""

    slug, title = "idempotency-key-reused", "This idempotency key belongs to another request"


class NotMigrated(Problem):
    """The database's schema is not this code's. An operator runs `cairn migrate`, or newer code."""

    slug, title, status = "not-migrated", "The database's schema is not this version's", 503


class HoldLapsed(Problem):
    """The backup gave no sign of life for too long, so bytes that it needs may have been erased. Begin it again: it goes on."""

    slug, title, status = "hold-lapsed", "The backup's hold on the store has lapsed", 409


class CatalogueNotEmpty(Problem):
    """`cairn rebuild` fills a catalogue without anything in it, and no other. Nothing was changed."""

    slug, title, status = "catalogue-not-empty", "The catalogue is not empty", 409
