"""What people do with their own account: another password, out everywhere, names of devices."""

from dataclasses import replace
from uuid import UUID

import pytest

from foundation.problems import Unauthenticated
from identity import IdentityRoom
from identity.attempts import PER_NETWORK_AND_ACCOUNT
from identity.errors import DeviceNotFound, NameInvalid, PasswordInvalid, PasswordWrong, SignInFailed, TooManyAttempts
from identity.own_account import PasswordChange
from tests.identity.house import EMAIL, HOME, PASSWORD, House

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
