"""Who calls one of identity's routes, as their signatures name it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from foundation.authorization import Action, Facts, require
from foundation.http_caller import Caller
from foundation.identity import Identity
from foundation.problems import Forbidden, Unauthenticated


def _signed_in(caller: Caller) -> Identity:
    if caller.is_service:
        raise Forbidden("This is about a person, and a service is none.")
    if caller.user is None:
        raise Unauthenticated
    return caller


def _own_account(caller: Caller) -> UUID:
    """The person who may see and change what they sign in with."""
    require(caller, Action.MANAGE_ACCOUNT, Facts(owner=caller.user))
    assert caller.user is not None  # noqa: S101 — the rule lets neither nobody nor services through.
    return caller.user


def _administrator(caller: Caller) -> UUID:
    require(caller, Action.ADMINISTER)
    assert caller.user is not None  # noqa: S101 — the rule lets neither nobody nor services through.
    return caller.user


Person = Annotated[Identity, Depends(_signed_in)]
Account = Annotated[UUID, Depends(_own_account)]
Administrator = Annotated[UUID, Depends(_administrator)]


def address_of(request: Request) -> str:
    """Where the request comes from, for limits."""
    return request.client.host if request.client else "local"
