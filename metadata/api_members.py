"""Routes of members and accounts: with whom a bucket is shared, how much a user holds and may hold."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from foundation.authorization import Role
from foundation.http_caller import Caller
from foundation.http_json import StrictRoute
from foundation.http_wire import Json, decode_cursor, encode_cursor, limit
from foundation.problems import CursorInvalid
from metadata.errors import AccountClosing, BucketNotFound, MemberNotFound
from metadata.model import Member
from metadata.parts import Parts
from metadata.wire import answers
from metadata.wire_buckets import (
    MembersWire,
    MemberWire,
    QuotaWire,
    RoleWire,
    UsageWire,
    member_document,
    usage_document,
)


def member_routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["members"], route_class=StrictRoute)
    members = parts.members

    @router.get(
        "/buckets/{bucket}/members",
        summary="With whom a bucket is shared: its owner first, then the others by id",
        responses=answers(200, MembersWire, BucketNotFound, CursorInvalid),
    )
    def list_members(
        caller: Caller, bucket: str, limit: Annotated[int, limit(100, 1000)] = 100, cursor: str | None = None
    ) -> Json:
        scope = (caller.user, bucket)
        page = members.list(caller, bucket, decode_cursor("members", scope, cursor), limit)
        following = page.next_key and encode_cursor("members", scope, page.next_key)
        return Json({"items": [member_document(member) for member in page.items], "next_cursor": following})

    @router.put(
        "/buckets/{bucket}/members/{user_id}",
        summary="Share a bucket with somebody, or change their role",
        responses=answers(200, MemberWire, BucketNotFound, AccountClosing),
    )
    def set_member(caller: Caller, bucket: str, user_id: UUID, wanted: RoleWire) -> Json:
        return Json(member_document(members.set(caller, bucket, Member(user_id, Role(wanted.role)))))

    @router.delete(
        "/buckets/{bucket}/members/{user_id}",
        status_code=204,
        summary="Share a bucket with somebody no more; members may remove themselves",
        responses=answers(204, None, BucketNotFound, MemberNotFound),
    )
    def remove_member(caller: Caller, bucket: str, user_id: UUID) -> Response:
        members.remove(caller, bucket, user_id)
        return Response(status_code=204)

    return router


def account_routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["accounts"], route_class=StrictRoute)
    accounts = parts.accounts

    @router.get(
        "/account/usage", summary="What the caller's buckets hold, and may hold", responses=answers(200, UsageWire)
    )
    def get_usage(caller: Caller) -> Json:
        return Json(usage_document(accounts.usage(caller)))

    @router.put(
        "/accounts/{user_id}/quota",
        summary="Set how much a user's buckets may hold; for administrators",
        responses=answers(200, UsageWire),
    )
    def set_quota(caller: Caller, user_id: UUID, wanted: QuotaWire) -> Json:
        return Json(usage_document(accounts.set_quota(caller, user_id, wanted.quota_bytes)))

    return router
