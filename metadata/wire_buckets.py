"""The shapes of buckets, members and accounts on the wire (API.md "Catalogue")."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from foundation.blocks import Chunking
from foundation.problems import Invalid
from foundation.wire import Wire
from metadata.model import Bucket, BucketChanges, Member, Naming, NewBucket, Usage, Versioning
from metadata.wire import document_of

Days = Annotated[int, Field(strict=True, ge=0, le=36_500)]  # `false` must not become 0: at once, for good.


class NewBucketWire(Wire):
    """`name` or `title`, or both."""

    name: str | None = Field(default=None, max_length=1024, examples=["photos"])
    title: str | None = Field(default=None, max_length=1024, examples=["Photos"])
    versioning: Versioning = Versioning.ON
    naming: Naming = Naming.PORTABLE
    chunking: Chunking = Chunking.FIXED
    keep_days: Days | None = None
    trash_days: Days = 30

    def value(self) -> NewBucket:
        return NewBucket(**self.model_dump())


class BucketChangesWire(Wire):
    """What is absent stays as it is. `keep_days` 0 or null: superseded versions are never purged by themselves."""

    title: str | None = Field(default=None, max_length=1024)
    name: str | None = Field(default=None, max_length=1024)
    versioning: Versioning | None = None
    keep_days: Days | None = None
    trash_days: Days | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_fixed(cls, body: Any) -> Any:
        if isinstance(body, dict) and (fixed := [name for name in ("naming", "chunking") if name in body]):
            errors = [{"field": name, "message": "This is fixed when a bucket is made."} for name in fixed]
            raise Invalid(f"{' and '.join(fixed)}: this is fixed when a bucket is made.", errors=errors)
        return body

    def value(self) -> BucketChanges:
        """None for what stays, so that a `keep_days` of null is 0."""
        values = self.model_dump()
        if "keep_days" in self.model_fields_set and self.keep_days is None:
            values["keep_days"] = 0
        return BucketChanges(**values)


class PurgeProgressWire(Wire):
    files_left: int
    versions_left: int
    bytes_left: int


class BucketWire(Wire):
    id: UUID
    owner: UUID
    name: str
    title: str
    versioning: Versioning
    naming: Naming
    chunking: Chunking
    keep_days: int | None
    trash_days: int
    sequence: int
    files: int
    versions: int
    logical_bytes: int
    version_bytes: int
    created_at: datetime
    updated_at: datetime
    role: str
    deleted_at: datetime | None
    restorable_until: datetime | None
    purge: PurgeProgressWire | None = Field(description="What is left of a deleted bucket that is on its way out.")


class BucketsWire(Wire):
    items: list[BucketWire]
    next_cursor: str | None


class RestoredBucketWire(Wire):
    name: str | None = Field(default=None, max_length=1024, description="Another name, where the old one is taken.")


class DeletedBucketWire(Wire):
    restorable_until: datetime


class MemberWire(Wire):
    user_id: UUID
    role: str


class MembersWire(Wire):
    items: list[MemberWire]
    next_cursor: str | None


class RoleWire(Wire):
    role: Literal["editor", "viewer"] = Field(description="A bucket's owner stays the same.")


class QuotaWire(Wire):
    quota_bytes: int | None = Field(strict=True, ge=0, le=2**63 - 1, description="Null: no quota.")


class UsageWire(Wire):
    """`used_bytes`: of every version that is kept, in deleted buckets too until they are purged; the quota is judged on it."""

    used_bytes: int
    quota_bytes: int | None
    buckets: int
    files: int
    versions: int
    logical_bytes: int


def bucket_document(bucket: Bucket) -> dict[str, Any]:
    document = {name: getattr(bucket, name, None) for name in BucketWire.model_fields}
    if bucket.is_purging:
        left = {"files_left": bucket.files, "versions_left": bucket.versions, "bytes_left": bucket.version_bytes}
        document["purge"] = left
    return document


def member_document(member: Member) -> dict[str, Any]:
    return {"user_id": member.user, "role": member.role}


def usage_document(usage: Usage) -> dict[str, Any]:
    return document_of(usage, UsageWire)
