"""Identity over HTTP: sign in and out, who am I, personal tokens, devices."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Request, Response

from foundation.http_caller import Caller
from foundation.http_json import StrictRoute
from foundation.http_service import Background, create_service
from foundation.http_wire import decode_cursor, encode_cursor, limit
from foundation.identity import Identity, Scope, TokenVerifier
from foundation.openapi import problems
from foundation.problems import CursorInvalid, Forbidden, Invalid, Malformed, Unauthenticated, Unavailable
from foundation.settings import ServiceSettings
from identity.authorize_api import consent_routes
from identity.callers import Account, Person, address_of
from identity.cookie import clear_session, refuse_other_sites, sent_mark, sent_session, set_mark, set_session
from identity.device_api import device_routes
from identity.errors import DeviceNotFound, NameInvalid, SignInFailed, TokenInvalid, TokenNotFound, TooManyAttempts
from identity.grants_api import grant_routes
from identity.hashing import Hashing
from identity.introspect_api import internal_routes
from identity.model import PersonalToken
from identity.oauth import root_routes
from identity.outside_api import outside_routes
from identity.parts import Parts
from identity.people_api import people_routes
from identity.sign_in import Browser
from identity.wire import (
    DeviceItem,
    DeviceList,
    DeviceName,
    Login,
    MadeToken,
    Me,
    NewToken,
    TokenList,
    device_items,
    made_token,
    me_document,
    token_items,
)

PageLimit = Annotated[int, limit(100, 1000)]


def create_app(
    parts: Parts,
    settings: ServiceSettings,
    background: Sequence[Background] = (),
    verifier: TokenVerifier | None = None,
) -> FastAPI:
    """Identity as a service by itself. `verifier`: a ServiceTokenVerifier over the room's own lets other rooms introspect."""
    return create_service(
        "identity",
        [routes(parts)],
        root_routers=[root_routes(parts)],
        internal_routers=[internal_routes(parts)],
        settings=settings,
        verifier=verifier or parts.verifier,
        ready={"identity": parts.ready},
        background=background,
    )


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["identity"], route_class=StrictRoute)
    hashing = Hashing()
    _session_routes(router, parts, hashing)
    people_routes(router, parts, hashing)
    outside_routes(router, parts)
    _token_routes(router, parts)
    _device_routes(router, parts)
    for more in (consent_routes(parts, parts.clock), device_routes(parts), grant_routes(parts)):
        router.include_router(more)
    return router


def _session_routes(router: APIRouter, parts: Parts, hashing: Hashing) -> None:

    def sign_in(login: Login, browser: Browser) -> tuple[str, Me]:
        secret = parts.sign_in.sign_in(login.email, login.password, browser)
        identity = parts.verifier.verify(secret)
        return secret, _me(parts, identity)

    @router.post(
        "/auth/login",
        summary="Sign a browser in by e-mail and password",
        responses=problems(Malformed, SignInFailed, Forbidden, Invalid, TooManyAttempts, Unavailable),
    )
    async def login(login: Login, request: Request, response: Response) -> Me:
        refuse_other_sites(request)
        if not parts.settings.passwords:
            raise Forbidden("People sign in elsewhere here, not with a password.")
        url = parts.public_url
        agent, session = request.headers.get("user-agent", ""), sent_session(request, url)
        browser = Browser(address_of(request), agent, session, sent_mark(request, url))
        secret, me = await hashing.run(partial(sign_in, login, browser))
        set_session(response, url, secret)
        set_mark(response, url, parts.sign_in.mark(login.email))
        return me

    @router.post(
        "/auth/logout",
        status_code=204,
        summary="End this browser's session",
        responses=problems(Unauthenticated, Forbidden),
    )
    def logout(_caller: Caller, request: Request, response: Response) -> None:
        secret = sent_session(request, parts.public_url)
        if secret is not None:
            parts.sessions.end(secret)
        clear_session(response, parts.public_url)

    @router.get("/me", summary="Who the caller is, and with what", responses=problems(Unauthenticated, Forbidden))
    def me(person: Person) -> Me:
        return _me(parts, person)


def _token_routes(router: APIRouter, parts: Parts) -> None:
    @router.get(
        "/tokens",
        summary="The caller's personal tokens, without their secrets",
        responses=problems(Unauthenticated, Forbidden, Invalid, CursorInvalid),
    )
    def list_tokens(user: Account, limit: PageLimit = 100, cursor: str | None = None) -> TokenList:
        found = parts.tokens.list(user, _after("tokens", user, cursor), limit + 1)
        return TokenList(items=token_items(found[:limit]), next_cursor=_next("tokens", user, found, limit))

    @router.post(
        "/tokens",
        status_code=201,
        summary="Make a personal token; it is shown this once",
        responses=problems(Malformed, Unauthenticated, Forbidden, Invalid, TokenInvalid),
    )
    def create_token(body: NewToken, user: Account, caller: Caller) -> MadeToken:
        _refuse_more_than(caller, body.scopes)
        return made_token(parts.tokens.create(user, body.name, body.scopes, body.expires_at))

    @router.delete(
        "/tokens/{token_id}",
        status_code=204,
        summary="Revoke a personal token, at once and for good",
        responses=problems(Unauthenticated, Forbidden, TokenNotFound, Invalid),
    )
    def revoke_token(token_id: UUID, user: Account) -> None:
        parts.tokens.revoke(user, token_id)


def _device_routes(router: APIRouter, parts: Parts) -> None:
    @router.get(
        "/devices",
        summary="What the caller is signed in with",
        responses=problems(Unauthenticated, Forbidden, Invalid, CursorInvalid),
    )
    def list_devices(
        user: Account,
        caller: Caller,
        include: Annotated[
            Literal["revoked"] | None, Query(description="`revoked`: those too, behind the others.")
        ] = None,
        limit: PageLimit = 100,
        cursor: str | None = None,
    ) -> DeviceList:
        scope = (user, include)
        after = _device_after(decode_cursor("devices", scope, cursor))
        found = parts.devices.list(user, after, limit + 1, with_revoked=include == "revoked")
        items = device_items(found[:limit], caller.device)
        last = found[limit - 1] if len(found) > limit else None
        key = f"{int(last.revoked_at is not None)}{last.id}" if last else None
        return DeviceList(items=items, next_cursor=encode_cursor("devices", scope, key) if key else None)

    @router.patch(
        "/devices/{device_id}",
        summary="Give a device another name",
        responses=problems(Malformed, Unauthenticated, Forbidden, DeviceNotFound, Invalid, NameInvalid),
    )
    def rename_device(device_id: UUID, body: DeviceName, user: Account, caller: Caller) -> DeviceItem:
        (item,) = device_items([parts.devices.rename(user, device_id, body.name)], caller.device)
        return item

    @router.delete(
        "/devices/{device_id}",
        status_code=204,
        summary="Sign a device out, with its sessions and tokens",
        responses=problems(Unauthenticated, Forbidden, DeviceNotFound, Invalid),
    )
    def revoke_device(device_id: UUID, user: Account) -> None:
        parts.devices.revoke(user, device_id)


def _me(parts: Parts, identity: Identity) -> Me:
    assert identity.user is not None  # noqa: S101 — the routes have refused nobody and services.
    user = parts.people.find(identity.user)
    device = parts.devices.find(identity.user, identity.device) if identity.device else None
    return me_document(identity, user, device, has_password=parts.people.kept(identity.user) is not None)


def _device_after(key: str | None) -> tuple[bool, UUID] | None:
    try:
        return (key[0] == "1", UUID(key[1:])) if key else None
    except ValueError as error:
        raise CursorInvalid from error


def _refuse_more_than(caller: Identity, scopes: Sequence[str]) -> None:
    """A credential must not make itself a stronger one. Scopes that nobody has are the token's own rule to refuse."""
    held = caller.scopes | ({Scope.FILES_READ.value} if caller.has(Scope.FILES) else frozenset())
    if {Scope.FILES.value, Scope.FILES_READ.value, Scope.ADMIN.value} & set(scopes) - held:
        raise Forbidden("A token cannot carry more than the credential that makes it.")


def _after(route: str, user: UUID, cursor: str | None) -> UUID | None:
    key = decode_cursor(route, user, cursor)
    try:
        return UUID(key) if key is not None else None
    except ValueError as error:
        raise CursorInvalid from error


def _next(route: str, user: UUID, found: Sequence[PersonalToken], limit: int) -> str | None:
    return encode_cursor(route, user, str(found[limit - 1].id)) if len(found) > limit else None
