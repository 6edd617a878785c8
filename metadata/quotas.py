"""Quotas: what a user's buckets hold together, and whether more may come (decision 9)."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, func, select

from foundation.sql import any_of
from metadata.errors import QuotaExceeded
from metadata.model import Usage
from metadata.schema import accounts, buckets


def used_bytes(connection: Connection, owner: UUID) -> int:
    """Of every version in the owner's buckets, deleted ones too until they are purged."""
    total = select(func.coalesce(func.sum(buckets.c.version_bytes), 0)).where(buckets.c.owner == owner)
    return int(connection.execute(total).scalar_one())


def check_grown(connection: Connection, owner: UUID, grown_bytes: int, actor: UUID | None) -> None:
    """Judge what this transaction has added, its counters written, its bucket locked. Takes the account's lock.

    Raises QuotaExceeded, which tells only the owner what is used: their other buckets are no business of a member.
    """
    # Two commits into two buckets of one owner: the second waits here, and sees the first in the next statement.
    lock_accounts(connection, [owner])
    quota = _quota(connection, owner)
    if quota is not None and (used := used_bytes(connection, owner)) > quota:
        raise _exceeded(used - grown_bytes, quota, grown_bytes, is_owner=actor == owner)


def check_early(connection: Connection, owner: UUID, wanted_bytes: int, actor: UUID | None) -> None:
    """What is certain before any byte is sent; judged again at the commit. Raises QuotaExceeded, as `check_grown`."""
    quota = _quota(connection, owner)
    if quota is not None and (used := used_bytes(connection, owner)) + wanted_bytes > quota:
        raise _exceeded(used, quota, wanted_bytes, is_owner=actor == owner)


def lock_accounts(connection: Connection, owners: Iterable[UUID]) -> None:
    """By ascending id, behind the locks of buckets (ALGORITHMS.md, preamble)."""
    lock = select(accounts.c.user).where(any_of(connection, accounts.c.user, owners)).order_by(accounts.c.user)
    connection.execute(lock.with_for_update(key_share=True)).all()


def limited_owners(connection: Connection, ids: Iterable[UUID]) -> list[UUID]:
    """Those owners of the buckets `ids` who have a quota."""
    limited = select(accounts.c.user).join(buckets, buckets.c.owner == accounts.c.user).distinct()
    limited = limited.where(any_of(connection, buckets.c.id, ids), accounts.c.quota_bytes.is_not(None))
    return list(connection.execute(limited).scalars())


def usage(connection: Connection, user: UUID, default_quota: int | None) -> Usage:
    """`default_quota`: of a user who has no account yet."""
    columns = (buckets.c.version_bytes, buckets.c.files, buckets.c.versions, buckets.c.logical_bytes)
    sums = [func.coalesce(func.sum(column), 0) for column in columns]
    live = func.count(buckets.c.id).filter(buckets.c.deleted_at.is_(None))
    *total, number = connection.execute(select(*sums, live).where(buckets.c.owner == user)).one()
    used, files, versions, logical = map(int, total)
    row = connection.execute(select(accounts.c.quota_bytes).where(accounts.c.user == user)).one_or_none()
    quota = default_quota if row is None else row.quota_bytes
    return Usage(used, quota, number, files, versions, logical)


def _quota(connection: Connection, owner: UUID) -> int | None:
    return connection.execute(select(accounts.c.quota_bytes).where(accounts.c.user == owner)).scalar_one_or_none()


def _exceeded(used: int, quota: int, wanted: int, *, is_owner: bool) -> QuotaExceeded:
    if not is_owner:
        return QuotaExceeded(f"The bucket's owner has no room for {wanted} bytes more.", wanted_bytes=wanted)
    detail = f"{used} of {quota} bytes are used, and this would add {wanted}. Purge what is no longer needed."
    return QuotaExceeded(detail, used_bytes=used, quota_bytes=quota, wanted_bytes=wanted)
