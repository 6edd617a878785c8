"""Identity over HTTP: making an account, invitations, one's own password, out everywhere."""

from functools import partial
from typing import Annotated
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from foundation.http_caller import Caller
from foundation.http_wire import decode_cursor, encode_cursor, limit
from foundation.openapi import problems
from foundation.problems import CursorInvalid, Forbidden, Invalid, Malformed, Unauthenticated, Unavailable
from identity.callers import Account, Administrator, address_of
from identity.cookie import clear_session, refuse_other_sites
from identity.errors import (
    EmailInvalid,
    InvitationInvalid,
    InvitationNotFound,
    PasswordInvalid,
    PasswordWrong,
    RegistrationClosed,
    TooManyAttempts,
)
from identity.hashing import Hashing
from identity.own_account import PasswordChange
from identity.parts import Parts
from identity.people_wire import (
    Application,
    AuthOptions,
    InvitationList,
    MadeInvitation,
    NewInvitation,
    NewPassword,
    OutsideOption,
    Received,
    SignOut,
    invitation_items,
    made_invitation,
)
from identity.registration import Applicant

PageLimit = Annotated[int, limit(100, 1000)]


def people_routes(router: APIRouter, parts: Parts, hashing: Hashing) -> None:
    """Add them to `router`. `hashing`: the line that signing in stands in, too."""
    _registration_routes(router, parts, hashing)
    _invitation_routes(router, parts)
    _own_account_routes(router, parts, hashing)


def _registration_routes(router: APIRouter, parts: Parts, hashing: Hashing) -> None:
    @router.get("/auth/options", summary="How people sign in here, and who may make an account")
    async def auth_options() -> AuthOptions:
        return AuthOptions(
            registration=parts.registrar.mode, passwords=parts.settings.passwords, outside=_outside_option(parts)
        )

    @router.post(
        "/register",
        status_code=202,
        summary="Make an account; the answer is the same where somebody has the address",
        responses=problems(
            Malformed, Forbidden, Invalid, EmailInvalid, PasswordInvalid, RegistrationClosed, InvitationInvalid,
            TooManyAttempts, Unavailable,
        ),
    )  # fmt: skip
    async def register(application: Application, request: Request) -> Received:
        refuse_other_sites(request)
        applicant = Applicant(application.email, application.password, application.invitation, address_of(request))
        await hashing.run(partial(parts.registrar.register, applicant))
        return Received()


def _invitation_routes(router: APIRouter, parts: Parts) -> None:
    @router.get(
        "/invitations",
        summary="Invitations that can still be used, for administrators",
        responses=problems(Unauthenticated, Forbidden, Invalid, CursorInvalid),
    )
    def list_invitations(admin: Administrator, limit: PageLimit = 100, cursor: str | None = None) -> InvitationList:
        key = decode_cursor("invitations", admin, cursor)
        try:
            found = parts.invitations.list(UUID(key) if key else None, limit + 1)
        except ValueError as error:
            raise CursorInvalid from error
        more = encode_cursor("invitations", admin, str(found[limit - 1].id)) if len(found) > limit else None
        return InvitationList(items=invitation_items(found[:limit]), next_cursor=more)

    @router.post(
        "/invitations",
        status_code=201,
        summary="Invite somebody: a link for one account, good for a week, shown this once",
        responses=problems(Malformed, Unauthenticated, Forbidden, Invalid, EmailInvalid),
    )
    def invite(body: NewInvitation, admin: Administrator) -> MadeInvitation:
        return made_invitation(parts.invitations.create(body.email, admin))

    @router.delete(
        "/invitations/{invitation_id}",
        status_code=204,
        summary="Take an invitation back",
        responses=problems(Unauthenticated, Forbidden, InvitationNotFound, Invalid),
    )
    def take_back(invitation_id: UUID, _admin: Administrator) -> None:
        parts.invitations.revoke(invitation_id)


def _own_account_routes(router: APIRouter, parts: Parts, hashing: Hashing) -> None:
    @router.post(
        "/me/password",
        status_code=204,
        summary="Change one's own password, and sign out whatever else is signed in with it",
        responses=problems(
            Malformed, Unauthenticated, Forbidden, Invalid, PasswordWrong, PasswordInvalid, TooManyAttempts, Unavailable
        ),
    )
    async def change_password(body: NewPassword, user: Account, caller: Caller, request: Request) -> None:
        change = PasswordChange(
            body.current_password, body.new_password, body.keep_others, caller.device, address_of(request)
        )
        await hashing.run(partial(parts.own_account.change_password, user, change))

    @router.post(
        "/auth/sign-out-everywhere",
        status_code=204,
        summary="Sign every device of one's own out",
        responses=problems(Malformed, Unauthenticated, Forbidden, Invalid),
    )
    async def sign_out_everywhere(
        user: Account,
        caller: Caller,
        response: Response,
        body: SignOut = SignOut(),  # noqa: B008 — frozen.
    ) -> None:
        kept = caller.device if body.keep_this_session else None
        sign_out = partial(parts.own_account.sign_out_everywhere, user, kept, keeps_programs=body.keep_tokens)
        await run_sync(sign_out)
        if kept is None:
            clear_session(response, parts.public_url)


def _outside_option(parts: Parts) -> OutsideOption | None:
    if parts.outside is None:
        return None
    client = parts.outside.client
    name = client.provider.settings.oidc_name
    return OutsideOption(name=name, login_url="/api/v1/auth/login", logout_url=client.end_session_url())
