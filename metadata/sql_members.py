"""Members in SQL: with whom a bucket is shared, each change under the bucket's lock, where commits judge membership too."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, select

from foundation.authorization import Action, Role
from foundation.database import Database
from foundation.identity import Identity
from foundation.problems import CursorInvalid, Invalid
from foundation.sql import insert_rows
from metadata.access import BucketRow, bucket_for
from metadata.errors import MemberNotFound
from metadata.model import ChangeKind, Member, Page
from metadata.naming import is_uuid
from metadata.root_journal import BucketEvent, ensure_account, record_sharing, refuse_closing
from metadata.schema import members
from metadata.settings import CatalogueSettings
from metadata.sql_buckets import Notify

_FIRST = UUID(int=0)  # behind the owner, before everybody else

T = TypeVar("T")


class SqlMembers:
    """See metadata.seams.Members. `notify` is told, after commit, which journals grew."""

    def __init__(self, database: Database, notify: Notify, settings: CatalogueSettings) -> None:
        self._database, self._notify, self._settings = database, notify, settings

    def list(self, caller: Identity, bucket: str, after: str | None, limit: int) -> Page[Member]:
        if after is not None and not is_uuid(after):
            raise CursorInvalid

        def body(connection: Connection) -> Page[Member]:
            row = bucket_for(connection, caller, bucket, Action.CHANGE_BUCKET)
            query = select(members.c.user, members.c.role).where(members.c.bucket == row.id)
            query = query.where(members.c.user > UUID(after) if after else members.c.user != row.owner)
            others = connection.execute(query.order_by(members.c.user).limit(limit + 1)).all()
            found = [Member(user, Role(role)) for user, role in others]
            if after is None:
                found.insert(0, Member(row.owner, Role.OWNER))
            if len(found) <= limit:
                return Page(found)
            last = found[limit - 1]
            return Page(found[:limit], str(_FIRST if last.role is Role.OWNER else last.user))

        return self._database.read(body)

    def set(self, caller: Identity, bucket: str, member: Member) -> Member:
        def body(connection: Connection) -> tuple[Member, Iterable[UUID]]:
            row = bucket_for(connection, caller, bucket, Action.CHANGE_BUCKET, lock=True)
            _check_not_owner(row, member.user)
            if member.role is Role.OWNER:
                raise Invalid("A bucket has one owner; a member is `editor` or `viewer`.")
            before = _role(connection, row.id, member.user)
            if before is member.role:
                return member, ()
            connection.execute(delete(members).where(_is(row.id, member.user)))
            insert_rows(connection, members, [{"bucket": row.id, "user": member.user, "role": member.role.value}])
            ensure_account(connection, member.user, self._settings.quota_bytes)
            refuse_closing(connection, member.user)
            kind = ChangeKind.BUCKET_SHARED if before is None else ChangeKind.BUCKET_UPDATED
            record_sharing(connection, BucketEvent(caller, kind, row.id), member.user, row.owner)
            return member, (member.user,)

        return self._written(body)

    def remove(self, caller: Identity, bucket: str, user: UUID) -> None:
        action = Action.LEAVE_BUCKET if user == caller.user else Action.CHANGE_BUCKET

        def body(connection: Connection) -> tuple[None, Iterable[UUID]]:
            row = bucket_for(connection, caller, bucket, action, lock=True)
            _check_not_owner(row, user)
            if _role(connection, row.id, user) is None:
                raise MemberNotFound
            connection.execute(delete(members).where(_is(row.id, user)))
            record_sharing(connection, BucketEvent(caller, ChangeKind.BUCKET_UNSHARED, row.id), user, row.owner)
            return None, (user,)

        self._written(body)

    def _written(self, body: Callable[[Connection], tuple[T, Iterable[UUID]]]) -> T:
        result, grown = self._database.write(body)
        self._notify(grown)
        return result


def _is(bucket: UUID, user: UUID) -> ColumnElement[bool]:
    return (members.c.bucket == bucket) & (members.c.user == user)


def _role(connection: Connection, bucket: UUID, user: UUID) -> Role | None:
    role = connection.execute(select(members.c.role).where(_is(bucket, user))).scalar_one_or_none()
    return Role(role) if role else None


def _check_not_owner(row: BucketRow, user: UUID) -> None:
    if user == row.owner:
        raise Invalid("The owner stays the owner: they can be neither removed nor made a lesser member.")
