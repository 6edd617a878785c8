"""Signing in by password: sessions, their ends, and limits on guessing."""

from dataclasses import replace

import pytest

from foundation.identity import Scope
from foundation.problems import Unauthenticated
from identity import IdentityRoom, open_identity
from identity.errors import SignInFailed
from identity.opaque import new_session
from identity.passwords import Passwords
from tests.identity.house import EMAIL, HOME, PASSWORD, SECRET, URL, House


def test_the_right_password_gives_a_session_on_a_device_of_its_own(room: IdentityRoom) -> None:
    identity = room.verifier.verify(room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME))
    assert identity.scopes == {Scope.FILES, Scope.ACCOUNT}
    assert identity.user is not None
    [device] = room.parts.devices.list(identity.user, None, 10)
    assert (device.id, device.kind, device.name) == (identity.device, "browser", "Firefox on Linux")


def test_an_admins_session_administers(room: IdentityRoom) -> None:
    room.add_user("admin@example.org", PASSWORD, is_admin=True)
    session = room.parts.sign_in.sign_in("Admin@example.org", PASSWORD, HOME)
    assert room.verifier.verify(session).scopes == {Scope.FILES, Scope.ACCOUNT, Scope.ADMIN}


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org", "no address", "a\0@b", "\ud800@b", ""])
@pytest.mark.parametrize("password", ["wrong password", "", "x" * 10**6, "a\0" * 8, " " * 8])
def test_whatever_is_wrong_the_answer_is_the_same(room: IdentityRoom, email: str, password: str) -> None:
    with pytest.raises(SignInFailed) as failed:
        room.parts.sign_in.sign_in(email, password, HOME)
    assert failed.value.document() == SignInFailed().document()


class CountedPasswords(Passwords):
    """Passwords that count how often a hash was verified."""

    verified = 0

    def is_right(self, password: str, kept: str | None) -> bool:
        self.verified += 1
        return super().is_right(password, kept)


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org", "no address"])
def test_known_and_unknown_people_cost_one_hash_each(room: IdentityRoom, email: str) -> None:
    passwords = CountedPasswords(time_cost=1, memory_kib=8)
    sign_in = replace(room.parts.sign_in, passwords=passwords)
    with pytest.raises(SignInFailed):
        sign_in.sign_in(email, "wrong password", HOME)
    assert passwords.verified == 1


def test_a_person_who_is_disabled_is_let_in_no_more(room: IdentityRoom) -> None:
    session = room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    room.verifier.verify(session)
    room.disable_user(EMAIL)
    with pytest.raises(Unauthenticated):
        room.verifier.verify(session)
    with pytest.raises(SignInFailed):
        room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)


def test_each_sign_in_has_a_new_session_and_ends_the_one_that_the_browser_sent(room: IdentityRoom) -> None:
    first = room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    second = room.parts.sign_in.sign_in(EMAIL, PASSWORD, replace(HOME, session=first))
    assert first != second
    with pytest.raises(Unauthenticated):
        room.verifier.verify(first)
    assert room.verifier.verify(second).user is not None


@pytest.mark.parametrize("planted", ["", "x", "\0", "cairnsession_" + "A" * 43, "\ud800", "x" * 10_000])
def test_a_session_that_somebody_planted_in_the_browser_never_becomes_one(room: IdentityRoom, planted: str) -> None:
    session = room.parts.sign_in.sign_in(EMAIL, PASSWORD, replace(HOME, session=planted))
    assert session != planted
    with pytest.raises(Unauthenticated):
        room.verifier.verify(planted)


def test_a_session_ends_when_it_is_not_used_for_14_days(house: House) -> None:
    session = house.room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    for _ in range(3):
        house.clock.move(days=13)
        house.room.verifier.verify(session)
    house.clock.move(days=14)
    with pytest.raises(Unauthenticated):
        house.room.verifier.verify(session)


def test_a_session_ends_after_90_days_however_much_it_is_used(house: House) -> None:
    session = house.room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    for _ in range(9):
        house.clock.move(days=9.99)
        house.room.verifier.verify(session)
    house.clock.move(days=0.1)
    with pytest.raises(Unauthenticated):
        house.room.verifier.verify(session)


def test_sessions_that_ended_are_removed_with_their_devices_and_others_stay(house: House) -> None:
    parts = house.room.parts
    parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    house.clock.move(days=15)
    stays = parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    assert house.room.expire() == 1
    assert house.room.expire() == 0
    identity = house.room.verifier.verify(stays)
    assert identity.user
    assert [device.id for device in parts.devices.list(identity.user, None, 10)] == [identity.device]


def test_signing_out_ends_the_session_at_once_and_twice_is_fine(room: IdentityRoom) -> None:
    session = room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    user = room.verifier.verify(session).user
    assert user
    room.parts.sessions.end(session)
    room.parts.sessions.end(session)
    room.parts.sessions.end(new_session())
    with pytest.raises(Unauthenticated):
        room.verifier.verify(session)
    assert room.parts.devices.list(user, None, 10) == []


def test_an_outdated_hash_is_made_anew_when_its_password_is_there(house: House) -> None:
    stronger = Passwords(time_cost=2, memory_kib=16)
    with open_identity(house.database, SECRET, URL, passwords=stronger, clock=house.clock) as room:
        found = room.parts.people.with_password(EMAIL)
        assert found
        assert stronger.is_outdated(found[1].password_hash)
        room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
        found = room.parts.people.with_password(EMAIL)
        assert found
        assert not stronger.is_outdated(found[1].password_hash)
        room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
