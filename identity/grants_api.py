"""The programs that a person lets in without being asked again: listed, and taken back."""

from datetime import datetime

from fastapi import APIRouter

from foundation.http_json import StrictRoute
from foundation.openapi import problems
from foundation.problems import Forbidden, Unauthenticated
from foundation.wire import Wire
from identity.authorize_api import ClientItem
from identity.callers import Account
from identity.errors import ClientNotFound
from identity.parts import Parts


class GrantItem(Wire):
    client: ClientItem
    scopes: list[str]
    given_at: datetime


class GrantList(Wire):
    items: list[GrantItem]
    next_cursor: str | None


def grant_routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["identity"], route_class=StrictRoute)
    consents = parts.provider.consents

    @router.get(
        "/grants",
        summary="Programs that the caller let in, and what they may do",
        responses=problems(Unauthenticated, Forbidden),
    )
    def list_grants(user: Account) -> GrantList:
        items = [
            GrantItem(client=ClientItem(id=one.client, name=one.name), scopes=sorted(one.scopes), given_at=one.given_at)
            for one in consents.list(user)
        ]
        return GrantList(items=items, next_cursor=None)

    @router.delete(
        "/grants/{client}",
        status_code=204,
        summary="Let a program in no more, and sign it out",
        responses=problems(Unauthenticated, Forbidden, ClientNotFound),
    )
    def revoke_grant(client: str, user: Account) -> None:
        consents.revoke(user, client)

    return router
