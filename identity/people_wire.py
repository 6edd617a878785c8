"""What the routes about accounts read and answer."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from foundation.wire import Wire
from identity import invitations
from identity.settings import Registration


class OutsideOption(Wire):
    name: Annotated[str, Field(description="What people call it.")]
    login_url: Annotated[str, Field(description="Go there to sign in; `next` says where to come back to.")]
    logout_url: Annotated[str | None, Field(description="Go there after signing out here, to sign out there too.")]


class AuthOptions(Wire):
    registration: Registration
    passwords: Annotated[bool, Field(description="Whether people sign in here with e-mail and password.")]
    outside: Annotated[OutsideOption | None, Field(description="Where else they sign in.")]


class Application(Wire):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "ada@example.org", "password": "correct horse battery staple"}]}
    )

    email: Annotated[str, Field(max_length=1000)]
    password: Annotated[str, Field(max_length=4096, repr=False)]
    invitation: Annotated[
        str | None, Field(max_length=200, repr=False, description="What stands behind `#invitation=` in the link.")
    ] = None


class Received(Wire):
    """The account is there now, unless somebody had the address: then this says so to nobody."""

    next: Annotated[str, Field(description="What to do now.")] = "Sign in."


class NewInvitation(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "grace@example.org"}]})

    email: Annotated[
        str | None, Field(max_length=1000, description="For this address only; null: for whoever has the link.")
    ] = None


class MadeInvitation(Wire):
    id: UUID
    link: Annotated[str, Field(repr=False)]
    expires_at: datetime


class InvitationItem(Wire):
    id: UUID
    email: str | None
    invited_by: Annotated[UUID | None, Field(description="Null: the operator, on the command line.")]
    created_at: datetime
    expires_at: datetime


class InvitationList(Wire):
    items: list[InvitationItem]
    next_cursor: str | None


class NewPassword(Wire):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"current_password": "correct horse battery", "new_password": "battery staple, correct"}]
        }
    )

    current_password: Annotated[str, Field(max_length=4096, repr=False)]
    new_password: Annotated[str, Field(max_length=4096, repr=False)]
    keep_others: Annotated[bool, Field(description="Whether other browsers and devices stay signed in.")] = False


class SignOut(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"keep_this_session": True}]})

    keep_this_session: Annotated[bool, Field(description="Whether what asks for it stays signed in.")] = False
    keep_tokens: Annotated[bool, Field(description="Whether personal tokens and S3 keys go on working.")] = False


def made_invitation(made: invitations.NewInvitation) -> MadeInvitation:
    return MadeInvitation(id=made.id, link=made.link, expires_at=made.expires_at)


def invitation_items(found: Iterable[invitations.Invitation]) -> list[InvitationItem]:
    return [
        InvitationItem(
            id=one.id,
            email=one.email,
            invited_by=one.invited_by,
            created_at=one.created_at,
            expires_at=one.expires_at,
        )
        for one in found
    ]
