"""People who are deleted: signed out everywhere at once, then not known any more."""

import pytest
from sqlalchemy import func, select

from identity import IdentityRoom
from identity.errors import EmailTaken, SignInFailed, UserNotFound
from identity.schema import credentials, devices, sessions, tokens, users
from tests.identity.house import EMAIL, HOME, PASSWORD, House
from tests.identity.test_verifier import is_refused


def rows(house: House) -> dict[str, int]:
    tables = (users, credentials, devices, sessions, tokens)
    queries = [select(func.count()).select_from(table) for table in tables]
    counted = house.database.read(lambda connection: [connection.execute(query).scalar_one() for query in queries])
    return {table.name: number for table, number in zip(tables, counted, strict=True)}


def test_who_is_closed_is_let_in_by_nothing_and_keeps_nothing_but_their_row(house: House) -> None:
    room, elsewhere = house.room, house.another_process()
    others = room.add_user("bob@example.org", PASSWORD)
    theirs = room.create_token(others.email, "bob's").secret
    token = room.create_token(EMAIL, "mine").secret
    session = room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    assert elsewhere.verifier.verify(token).user
    user = room.close_user(EMAIL)
    assert user.closing_at == user.disabled_at == house.clock.now
    assert rows(house) == {"users": 2, "credentials": 1, "devices": 1, "sessions": 0, "tokens": 1}
    for secret in (token, session):
        assert is_refused(room, secret)
    house.clock.move(seconds=30)
    assert is_refused(elsewhere, token)
    assert elsewhere.verifier.verify(theirs).user == others.id
    with pytest.raises(SignInFailed):
        room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    with pytest.raises(UserNotFound):
        room.create_token(EMAIL, "again")
    with pytest.raises(EmailTaken):
        room.add_user(EMAIL, PASSWORD)


def test_who_was_closed_is_forgotten_and_their_address_is_free(house: House) -> None:
    room = house.room
    user = room.close_user(EMAIL)
    assert [one.id for one in room.closing_users()] == [user.id]
    # A sign-in that had begun before ends after.
    room.parts.sessions.begin(user.id, "late", None)
    room.forget_user(user.id)
    room.forget_user(user.id)
    assert rows(house) == dict.fromkeys(rows(house), 0)
    with pytest.raises(UserNotFound):
        room.close_user(EMAIL)
    assert room.add_user(EMAIL, PASSWORD).id != user.id
    assert room.closing_users() == []


def test_closing_twice_keeps_the_first_time_and_who_is_not_closed_is_not_forgotten(house: House) -> None:
    room = house.room
    room.forget_user(room.user(EMAIL).id)
    first = room.close_user(EMAIL)
    house.clock.move(hours=1)
    assert room.close_user(EMAIL) == first


def test_everybody_is_listed_by_address_page_by_page(room: IdentityRoom) -> None:
    for email in ("bob@example.org", "Cyd@example.org", "abe@example.org"):
        room.add_user(email, PASSWORD)
    everybody = room.users()
    assert [user.email for user in everybody] == ["abe@example.org", EMAIL, "bob@example.org", "Cyd@example.org"]
    assert room.users(everybody[1], 1) == everybody[2:3]
    assert room.users(everybody[-1]) == []
