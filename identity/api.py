"""Identity over HTTP: sign in and out, who am I, personal tokens, devices."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, FastAPI, Request, Response

from foundation.authorization import Action, Facts, require
from foundation.http_caller import Caller
from foundation.http_json import StrictRoute
from foundation.http_service import Background, create_service
from foundation.http_wire import decode_cursor, encode_cursor, limit
from foundation.identity import Identity, Scope, TokenVerifier
from foundation.openapi import problems
from foundation.problems import CursorInvalid, Forbidden, Invalid, Malformed, Unauthenticated, Unavailable
from foundation.settings import ServiceSettings
from identity.cookie import clear_session, refuse_other_sites, sent_session, set_session
from identity.errors import DeviceNotFound, SignInFailed, TokenInvalid, TokenNotFound, TooManyAttempts
from identity.introspect_api import internal_routes
from identity.model import Device, PersonalToken
from identity.oauth import root_routes
from identity.parts import Parts
from identity.sign_in import Browser
from identity.wire import (
    DeviceList,
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

HASHES_AT_ONCE = 2  # Each takes tens of megabytes and a core.
WAITING_AT_MOST = 50

PageLimit = Annotated[int, limit(100, 1000)]


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


Person = Annotated[Identity, Depends(_signed_in)]
Account = Annotated[UUID, Depends(_own_account)]


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
    _session_routes(router, parts)
    _token_routes(router, parts)
    _device_routes(router, parts)
    return router


def _session_routes(router: APIRouter, parts: Parts) -> None:
    hashing = CapacityLimiter(HASHES_AT_ONCE)

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
        # Waiting here holds no thread: a flood of sign-ins must not take those that move bytes.
        if hashing.statistics().tasks_waiting >= WAITING_AT_MOST:
            raise Unavailable("Too many people sign in at this moment.")
        address = request.client.host if request.client else "local"
        browser = Browser(address, request.headers.get("user-agent", ""), sent_session(request, parts.public_url))
        secret, me = await run_sync(sign_in, login, browser, limiter=hashing)
        set_session(response, parts.public_url, secret)
        response.headers["Cache-Control"] = "no-store"
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
    def me(person: Person, response: Response) -> Me:
        response.headers["Cache-Control"] = "no-store"
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
    def create_token(body: NewToken, user: Account, caller: Caller, response: Response) -> MadeToken:
        _refuse_more_than(caller, body.scopes)
        response.headers["Cache-Control"] = "no-store"
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
    def list_devices(user: Account, caller: Caller, limit: PageLimit = 100, cursor: str | None = None) -> DeviceList:
        found = parts.devices.list(user, _after("devices", user, cursor), limit + 1)
        items = device_items(found[:limit], caller.device)
        return DeviceList(items=items, next_cursor=_next("devices", user, found, limit))

    @router.delete(
        "/devices/{device_id}",
        status_code=204,
        summary="Sign a device out, with its sessions and tokens",
        responses=problems(Unauthenticated, Forbidden, DeviceNotFound, Invalid),
    )
    def revoke_device(device_id: UUID, user: Account) -> None:
        parts.devices.revoke(user, device_id)


def _me(parts: Parts, identity: Identity) -> Me:
    return me_document(identity, parts.people.find(identity.user) if identity.user else None)


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


def _next(route: str, user: UUID, found: Sequence[PersonalToken | Device], limit: int) -> str | None:
    return encode_cursor(route, user, str(found[limit - 1].id)) if len(found) > limit else None
