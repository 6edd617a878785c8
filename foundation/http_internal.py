"""Routes between rooms, under /internal/v1: for services only, each acting for the user that it names."""

import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from foundation.authorization import Action, require
from foundation.http_caller import Caller
from foundation.identity import NOBODY, Identity
from foundation.internal_calls import ACTING_FOR
from foundation.problems import Malformed

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FORM = re.compile(rf'user="({_UUID})"(?:, device="({_UUID})")?, scope="([\x21\x23-\x5b\x5d-\x7e ]*)"')


def service_may(action: Action) -> Callable[..., Coroutine[Any, Any, None]]:
    """A dependency that lets only services with the action's scope in: nobody is 401, a user is 403."""

    async def decide(caller: Caller) -> None:
        require(caller, action)

    return decide


async def _acting_for(request: Request) -> Identity:
    header = request.headers.get(ACTING_FOR)
    if header is None:
        return NOBODY
    found = _FORM.fullmatch(header)
    if not found:
        raise Malformed(f'{ACTING_FOR} is written user="UUID", device="UUID", scope="…".')
    user, device, scopes = found.groups()
    return Identity(UUID(user), UUID(device) if device else None, frozenset(scopes.split()))


# Whom the calling service acts for. The room judges by this identity; that the service may say so is `service_may`'s to decide.
ActingFor = Annotated[Identity, Depends(_acting_for)]
