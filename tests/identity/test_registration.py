"""Making an account: who may, and that nobody learns from it who has one."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import func, select

from foundation.problems import Problem
from identity import IdentityRoom, IdentitySettings, open_identity
from identity.attempts import REGISTRATIONS
from identity.errors import (
    EmailInvalid,
    InvitationInvalid,
    InvitationNotFound,
    PasswordInvalid,
    RegistrationClosed,
    SignInFailed,
    TooManyAttempts,
)
from identity.passwords import Passwords
from identity.registration import Applicant
from identity.schema import credentials, users
from identity.settings import Registration
from tests.identity.house import EMAIL, HOME, PASSWORD, QUICK, SECRET, URL, House

NEW, SECOND = "grace@example.org", "another long password"


def room_of(house: House, mode: Registration, passwords: Passwords = QUICK) -> IdentityRoom:
    settings = IdentitySettings(registration=mode)
    return open_identity(house.database, SECRET, URL, settings=settings, passwords=passwords, clock=house.clock)


def register(
    room: IdentityRoom,
    email: str = NEW,
    password: str = SECOND,
    invitation: str | None = None,
    address: str = "192.0.2.9",
) -> None:
    room.parts.registrar.register(Applicant(email, password, invitation, address))


def secret_of(link: str) -> str:
    return link.partition("#invitation=")[2]


def test_where_registration_is_open_whoever_makes_an_account_signs_in_and_is_no_administrator(house: House) -> None:
    room = room_of(house, Registration.OPEN)
    register(room)
    identity = room.verifier.verify(room.parts.sign_in.sign_in(NEW, SECOND, HOME))
    assert identity.user
    user = room.parts.people.find(identity.user)
    assert user
    assert (user.email, user.is_admin) == (NEW, False)


def rows(house: House) -> list[int]:
    tables = (users, credentials)
    return [
        house.database.read(lambda c, t=table: c.execute(select(func.count()).select_from(t)).scalar_one())
        for table in tables
    ]  # type: ignore[misc]


@pytest.mark.parametrize("email", [EMAIL, EMAIL.upper(), f" {EMAIL} "])
def test_registering_somebodys_address_succeeds_and_changes_nothing(house: House, email: str) -> None:
    room, before = room_of(house, Registration.OPEN), rows(house)
    register(room, email)
    assert rows(house) == before
    with pytest.raises(SignInFailed):
        room.parts.sign_in.sign_in(EMAIL, SECOND, HOME)
    room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)


class CountedPasswords(Passwords):
    """Passwords that count how often a hash was made."""

    made = 0

    def hashed(self, password: str, field: str = "password") -> str:
        self.made += 1
        return super().hashed(password, field)


def test_it_costs_the_same_whether_somebody_has_the_address_or_not(house: House) -> None:
    costs = []
    for email in (NEW, EMAIL):
        passwords = CountedPasswords(time_cost=1, memory_kib=8)
        room = room_of(house, Registration.OPEN, passwords)
        with house.inserts() as inserted:
            register(room, email)
        costs.append((passwords.made, inserted))
    # One hash, and both rows written and waited for.
    assert costs == [(1, ["users", "credentials"])] * 2


def test_two_who_register_one_address_at_once_are_both_told_the_same_and_one_of_them_has_it(house: House) -> None:
    room = room_of(house, Registration.OPEN)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda password: register(room, NEW, password), ["first password", "second password"]))
    signed_in = 0
    for password in ("first password", "second password"):
        with suppress(SignInFailed):
            room.parts.sign_in.sign_in(NEW, password, HOME)
            signed_in += 1
    assert signed_in == 1


@pytest.mark.parametrize(
    ("email", "password", "problem"),
    [
        ("no address", SECOND, EmailInvalid),
        (NEW, "short", PasswordInvalid),
        (NEW, "x" * 1025, PasswordInvalid),
        (NEW, " " * 12, PasswordInvalid),
        (NEW, "null\0character", PasswordInvalid),
        (EMAIL, "short", PasswordInvalid),
    ],
)
def test_what_cannot_be_is_refused_with_its_field_whoever_has_the_address(
    house: House, email: str, password: str, problem: type[Problem]
) -> None:
    before = rows(house)
    with pytest.raises(problem) as refused:
        register(room_of(house, Registration.OPEN), email, password)
    assert refused.value.members["field"] == ("email" if problem is EmailInvalid else "password")
    assert rows(house) == before


def test_a_look_alike_address_is_somebody_elses(house: House) -> None:
    room = room_of(house, Registration.OPEN)
    register(room, EMAIL.replace("a", "а"))  # The second one is Cyrillic.
    assert rows(house)[0] == 2
    room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)


def test_where_registration_is_closed_nobody_makes_an_account_or_invites(house: House) -> None:
    room = room_of(house, Registration.CLOSED)
    with pytest.raises(RegistrationClosed):
        register(room)
    with pytest.raises(RegistrationClosed):
        room.invite(NEW)


def test_an_invitation_is_for_one_account_of_its_address(house: House) -> None:
    room = room_of(house, Registration.INVITED)
    made = room.invite(NEW)
    assert made.link.startswith(f"{URL}/create#invitation=")
    register(room, NEW.upper(), SECOND, secret_of(made.link))
    room.parts.sign_in.sign_in(NEW, SECOND, HOME)
    with pytest.raises(InvitationInvalid):
        register(room, "third@example.org", SECOND, secret_of(made.link))
    assert room.parts.invitations.list(None, 10) == []


def test_an_invitation_is_used_up_also_by_an_address_that_somebody_has(house: House) -> None:
    room = room_of(house, Registration.INVITED)
    secret = secret_of(room.parts.invitations.create(None, None).link)
    register(room, EMAIL, SECOND, secret)
    with pytest.raises(InvitationInvalid):
        register(room, NEW, SECOND, secret)


@pytest.mark.parametrize("forged", [None, "", "x", "cairninvitation_" + "A" * 43, "\ud800"])
def test_without_an_invitation_or_with_another_addresss_nobody_gets_an_account(
    house: House, forged: str | None
) -> None:
    room, before = room_of(house, Registration.INVITED), rows(house)
    others = secret_of(room.invite("other@example.org").link)
    for invitation in (forged, others):
        with pytest.raises(InvitationInvalid):
            register(room, NEW, SECOND, invitation)
    assert rows(house) == before
    register(room, "other@example.org", SECOND, others)  # Being refused to somebody else has not used it up.


def test_an_invitation_ends_after_a_week_or_when_it_is_taken_back(house: House) -> None:
    room = room_of(house, Registration.INVITED)
    old, back = room.invite(NEW), room.invite(NEW)
    room.parts.invitations.revoke(back.id)
    with pytest.raises(InvitationNotFound):
        room.parts.invitations.revoke(back.id)
    house.clock.move(days=7)
    for made in (old, back):
        with pytest.raises(InvitationInvalid):
            register(room, NEW, SECOND, secret_of(made.link))
    assert room.parts.invitations.list(None, 10) == []
    room.expire()
    with pytest.raises(InvitationNotFound):
        room.parts.invitations.revoke(old.id)


def test_many_accounts_from_one_network_are_slowed_down(house: House) -> None:
    room = room_of(house, Registration.CLOSED)
    register_open = room_of(house, Registration.OPEN)
    for _ in range(REGISTRATIONS.free):
        with suppress(PasswordInvalid):
            register(register_open, password="short")
    with pytest.raises(TooManyAttempts):
        register(register_open)
    register(register_open, address="198.51.100.1")
    with pytest.raises(RegistrationClosed):
        register(room)


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("http://127.0.0.1:8080", Registration.OPEN),
        ("http://localhost:8080", Registration.OPEN),
        ("http://[::1]:8080", Registration.OPEN),
        ("http://192.168.1.2:8080", Registration.INVITED),
        ("https://files.example.org", Registration.INVITED),
        ("https://localhost.example.org", Registration.INVITED),
    ],
)
def test_registration_is_open_where_only_this_machine_sees_it_unless_a_setting_says_otherwise(
    url: str, mode: Registration
) -> None:
    assert IdentitySettings().registration_at(url) is mode
    assert IdentitySettings(registration=Registration.CLOSED).registration_at(url) is Registration.CLOSED
    assert IdentitySettings(registration=Registration.OPEN, passwords=False).registration_at(url) is Registration.CLOSED
