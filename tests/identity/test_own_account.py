"""What people do with their own account: another password, out everywhere, names of devices."""

import threading
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, text

from foundation.problems import Unauthenticated
from identity import IdentityRoom
from identity.attempts import PER_NETWORK_AND_ACCOUNT
from identity.clients import CLI_CLIENT, command_line_client
from identity.errors import DeviceNotFound, NameInvalid, PasswordInvalid, PasswordWrong, SignInFailed, TooManyAttempts
from identity.model import Consent, DeviceKind
from identity.own_account import PasswordChange
from identity.passwords import Passwords
from identity.schema import devices
from tests.identity.house import EMAIL, HOME, PASSWORD, House
from tests.servers.cairn_server import wait_until

NEW = "another long password"


def sign_in(room: IdentityRoom, password: str = PASSWORD) -> tuple[str, UUID, UUID]:
    """A new session, its person and its device."""
    session = room.parts.sign_in.sign_in(EMAIL, password, HOME)
    identity = room.verifier.verify(session)
    assert identity.user
    assert identity.device
    return session, identity.user, identity.device


def change(device: UUID | None = None) -> PasswordChange:
    return PasswordChange(PASSWORD, NEW, keeps_others=False, device=device, address="192.0.2.1")


def is_in(room: IdentityRoom, credential: str) -> bool:
    try:
        room.verifier.verify(credential)
    except Unauthenticated:
        return False
    return True


def test_a_new_password_lets_in_the_old_one_no_more_and_signs_out_what_it_let_in(room: IdentityRoom) -> None:
    token = room.create_token(EMAIL, "backup").secret
    (mine, user, device), (other, _, _) = sign_in(room), sign_in(room)
    room.parts.own_account.change_password(user, change(device))
    assert [is_in(room, credential) for credential in (mine, other, token)] == [True, False, True]
    with pytest.raises(SignInFailed):
        sign_in(room)
    sign_in(room, NEW)


def test_other_browsers_stay_signed_in_where_that_is_asked_for(room: IdentityRoom) -> None:
    (_, user, device), (other, _, _) = sign_in(room), sign_in(room)
    room.parts.own_account.change_password(user, replace(change(device), keeps_others=True))
    assert is_in(room, other)


def test_a_wrong_current_password_changes_nothing_and_is_limited_as_signing_in_is(room: IdentityRoom) -> None:
    session, user, _ = sign_in(room)
    for _ in range(PER_NETWORK_AND_ACCOUNT.free):
        with pytest.raises(PasswordWrong) as wrong:
            room.parts.own_account.change_password(user, replace(change(), current="wrong password"))
        assert wrong.value.members["field"] == "current_password"
    with pytest.raises(TooManyAttempts):
        room.parts.own_account.change_password(user, change())
    assert is_in(room, session)
    sign_in(room)


@pytest.mark.parametrize("new", ["", "short", "x" * 1025, " " * 10, "null\0character", "x" * 10**6])
def test_a_new_password_that_cannot_be_is_refused_and_the_old_one_stays(room: IdentityRoom, new: str) -> None:
    _, user, _ = sign_in(room)
    with pytest.raises(PasswordInvalid) as refused:
        room.parts.own_account.change_password(user, replace(change(), new=new))
    assert refused.value.members["field"] == "new_password"
    sign_in(room)


def test_the_operator_sets_a_password_and_what_the_old_one_let_in_is_out(room: IdentityRoom) -> None:
    token = room.create_token(EMAIL, "backup").secret
    session, _, _ = sign_in(room)
    room.set_password(EMAIL, NEW)
    assert [is_in(room, credential) for credential in (session, token)] == [False, True]
    sign_in(room, NEW)


@pytest.mark.parametrize(("keeps_mine", "keeps_programs"), [(False, False), (True, False), (False, True)])
def test_out_everywhere_keeps_only_what_it_is_asked_to(
    room: IdentityRoom, keeps_mine: bool, keeps_programs: bool
) -> None:
    token = room.create_token(EMAIL, "backup").secret
    (mine, user, device), (other, _, _) = sign_in(room), sign_in(room)
    kept = device if keeps_mine else None
    room.parts.own_account.sign_out_everywhere(user, kept, keeps_programs=keeps_programs)
    assert [is_in(room, credential) for credential in (mine, other, token)] == [keeps_mine, False, keeps_programs]


def test_nobody_elses_devices_are_signed_out(room: IdentityRoom) -> None:
    room.add_user("grace@example.org", PASSWORD)
    theirs = room.parts.sign_in.sign_in("grace@example.org", PASSWORD, HOME)
    _, user, _ = sign_in(room)
    room.parts.own_account.sign_out_everywhere(user, None, keeps_programs=False)
    room.parts.own_account.change_password(user, change())
    assert is_in(room, theirs)


def test_devices_are_renamed_by_their_owner_while_they_are_signed_in(house: House) -> None:
    room = house.room
    _, user, device = sign_in(room)
    assert room.parts.devices.rename(user, device, "Ada's laptop").name == "Ada's laptop"
    [listed] = room.parts.devices.list(user, None, 10)
    assert listed.name == "Ada's laptop"
    for name in ("", " ", "x" * 101, "bell\7"):
        with pytest.raises(NameInvalid):
            room.parts.devices.rename(user, device, name)
    with pytest.raises(DeviceNotFound):
        room.parts.devices.rename(room.add_user("grace@example.org", PASSWORD).id, device, "mine")
    room.parts.devices.revoke(user, device)
    with pytest.raises(DeviceNotFound):
        room.parts.devices.rename(user, device, "gone")


def test_revoked_devices_are_listed_behind_the_live_ones_page_by_page(room: IdentityRoom) -> None:
    made = [sign_in(room) for _ in range(5)]
    user = made[0][1]
    for _, _, device in made[:3]:
        room.parts.devices.revoke(user, device)
    assert len(room.parts.devices.list(user, None, 10)) == 2
    after: tuple[bool, UUID] | None = None
    seen = []
    while page := room.parts.devices.list(user, after, 2, with_revoked=True):
        seen += page
        after = (page[-1].revoked_at is not None, page[-1].id)
    assert [device.id for device in seen] == [device for _, _, device in [*made[3:], *made[:3]]]
    assert [device.revoked_at is None for device in seen] == [True, True, False, False, False]


def test_who_signs_in_with_the_old_password_while_it_is_changed_does_not_stay(house: House) -> None:
    room = house.room
    _, user, _ = sign_in(room)

    class Slow(Passwords):
        """The password is changed while it is looked at."""

        def is_right(self, password: str, kept: str | None) -> bool:
            is_right = super().is_right(password, kept)
            house.clock.move(seconds=1)
            room.parts.own_account.set_password(user, NEW)
            return is_right

    slow = replace(room.parts.sign_in, passwords=Slow(time_cost=1, memory_kib=8))
    with pytest.raises(SignInFailed):
        slow.sign_in(EMAIL, PASSWORD, HOME)
    assert room.parts.devices.list(user, None, 10) == []


def test_who_changes_a_password_that_is_changed_meanwhile_changes_nothing(house: House) -> None:
    """Who knows the old one must not have the last word."""
    room = house.room
    _, user, device = sign_in(room)

    class Slow(Passwords):
        """The owner changes the password while another change of it is on its way."""

        def hashed(self, password: str, field: str = "password") -> str:
            house.clock.move(seconds=1)
            room.parts.own_account.set_password(user, NEW)
            return super().hashed(password, field)

    slow = replace(room.parts.own_account, passwords=Slow(time_cost=1, memory_kib=8))
    with pytest.raises(PasswordWrong):
        slow.change_password(user, replace(change(device), new="the password of a thief"))
    sign_in(room, NEW)


def test_what_is_fetched_while_everything_is_signed_out_is_signed_out_too(house: House) -> None:
    """Signing out waits in the middle for a row that we hold, while the program fetches what it was allowed, or tries to."""
    room = house.room
    _, user, device = sign_in(room)
    codes, client = room.parts.provider.device_codes, command_line_client(CLI_CLIENT)
    begun = codes.make(client, client.scopes, "laptop", HOME.address)
    codes.answer(begun.user_code, Consent(user, client.id, client.scopes, house.clock()), allow=True)
    own = room.parts.own_account
    out = threading.Thread(target=lambda: own.sign_out_everywhere(user, None, keeps_programs=False))
    fetch = threading.Thread(target=lambda: codes.exchange(begun.device_code, client, DeviceKind.COMMAND_LINE))

    def hold(connection: Connection) -> None:
        connection.execute(select(devices).where(devices.c.id == device).with_for_update())
        out.start()
        wait_until(lambda: waiting(house) in {None, 1})
        fetch.start()
        wait_until(lambda: waiting(house) in {None, 2} or not fetch.is_alive())

    house.database.write(hold)
    out.join()
    fetch.join()
    assert room.parts.devices.list(user, None, 10) == []


def waiting(house: House) -> int | None:
    """How many wait for a row; None on SQLite, where one transaction comes after another."""
    if house.database.is_sqlite:
        return None
    waits = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    found: int = house.database.read(lambda connection: connection.execute(waits).scalar_one())
    return found
