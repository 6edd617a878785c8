"""Credentials, verified: personal tokens, sessions and signed tokens; revoked at once, remembered for seconds."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine import Engine

from foundation.database import opened
from foundation.identity import Identity, Scope
from foundation.jwt import JwtVerifier
from foundation.problems import DatabaseUnavailable, Forbidden, Unauthenticated
from identity import IdentityRoom, migrate, open_identity
from identity.errors import DeviceNotFound, TokenInvalid, TokenNotFound, UserNotFound
from identity.model import Standing
from identity.opaque import is_foreign, new_invitation, new_refresh_token, new_session, new_token
from identity.schema import tokens
from identity.standings import Standings
from identity.tokens import MAX_TOKENS, Tokens
from identity.verdicts import Verdicts
from identity.verifier import IdentityVerifier
from tests.identity.house import EMAIL, HOME, PASSWORD, QUICK, SECRET, URL, House
from tests.servers.postgresql_server import PostgreSQLServer

STRANGER = UUID(int=42)


def user_of(room: IdentityRoom) -> UUID:
    return room.parts.people.named(EMAIL).id


def is_refused(room: IdentityRoom, credential: str) -> bool:
    try:
        room.verifier.verify(credential)
    except Unauthenticated:
        return True
    return False


def test_a_token_speaks_for_its_person_with_its_scopes_from_a_device_of_its_own(room: IdentityRoom) -> None:
    one = room.create_token(EMAIL, "backup", ["files:read"])
    other = room.create_token(EMAIL, "laptop", ["files", "account"])
    first, second = room.verifier.verify(one.secret), room.verifier.verify(other.secret)
    assert (first.user, first.scopes) == (user_of(room), {Scope.FILES_READ})
    assert (second.user, second.scopes) == (user_of(room), {Scope.FILES, Scope.ACCOUNT})
    assert first.device != second.device
    assert {device.id for device in room.parts.devices.list(user_of(room), None, 9)} == {first.device, second.device}


@pytest.mark.parametrize("made", [new_token, new_session, new_refresh_token, new_invitation])
def test_no_secret_of_ours_is_shown_to_an_outside_provider(made: Callable[[], str]) -> None:
    assert not is_foreign(made())
    assert is_foreign("opaque-elsewhere")


def test_the_secret_of_a_token_is_kept_only_as_its_hash(house: House) -> None:
    made = house.room.create_token(EMAIL, "backup")
    rows = house.database.read(lambda connection: connection.execute(select(tokens)).mappings().all())
    [row] = rows
    assert row["secret_hash"] == hashlib.sha256(made.secret.encode()).digest()
    assert made.secret not in str(rows)
    assert made.secret not in repr(made)


@pytest.mark.parametrize(
    "credential",
    ["", "x", "cairn_", "cairn_" + "A" * 43, "cairn_" + "A" * 44, "cairn_" + "é" * 43, "cairn_\0", "\ud800", "x" * 10**6, "a.b.c"],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_credential_is_refused(room: IdentityRoom, credential: str) -> None:
    with pytest.raises(Unauthenticated):
        room.verifier.verify(credential)


def test_random_tokens_and_sessions_are_refused(room: IdentityRoom) -> None:
    assert is_refused(room, new_token())
    assert is_refused(room, new_session())


@pytest.mark.parametrize(
    ("name", "scopes", "ends"),
    [
        ("", ["files"], None), (" ", ["files"], None), ("x" * 101, ["files"], None), ("a\0b", ["files"], None),
        ("a\ud800", ["files"], None), ("a", [], None), ("a", ["blocks:erase"], None), ("a", ["files", "nonsense"], None),
        ("a", ["admin"], None), ("a", ["files"], timedelta()), ("a", ["files"], timedelta(days=-1)),
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_breaks_a_rule_is_not_made(
    house: House, name: str, scopes: list[str], ends: timedelta | None
) -> None:
    with pytest.raises(TokenInvalid):
        house.room.create_token(EMAIL, name, scopes, None if ends is None else house.clock.now + ends)
    assert house.room.parts.devices.list(user_of(house.room), None, 9) == []


def test_a_token_ends_at_a_time_with_a_zone(house: House) -> None:
    with pytest.raises(TokenInvalid):
        house.room.create_token(EMAIL, "a", ["files"], datetime(2099, 1, 1))  # noqa: DTZ001 — the mistake under test.


def test_a_person_has_a_limit_of_tokens(house: House) -> None:
    rows = [
        {
            "id": UUID(int=n),
            "secret_hash": n.to_bytes(32),
            "name": "x",
            "scopes": "files",
            "created_at": house.clock.now,
        }
        for n in range(1, MAX_TOKENS)
    ]
    identity = house.room.verifier.verify(house.room.create_token(EMAIL, "first").secret)
    shared = {"user": identity.user, "device": identity.device}
    house.database.write(lambda connection: connection.execute(tokens.insert(), [row | shared for row in rows]))
    with pytest.raises(TokenInvalid, match="Revoke some"):
        house.room.create_token(EMAIL, "one more")


def test_nobody_else_has_tokens(room: IdentityRoom) -> None:
    with pytest.raises(UserNotFound):
        room.create_token("nobody@example.org", "x")
    with pytest.raises(UserNotFound):
        room.parts.tokens.create(STRANGER, "x", ["files"], None)


def test_a_token_ends_when_it_was_said_to(house: House) -> None:
    made = house.room.create_token(EMAIL, "x", ["files"], house.clock.now + timedelta(seconds=3))
    house.room.verifier.verify(made.secret)
    house.clock.move(seconds=2.9)
    house.room.verifier.verify(made.secret)
    house.clock.move(seconds=0.1)
    assert is_refused(house.room, made.secret)


def revoke_token(room: IdentityRoom, identity: Identity) -> None:
    [token] = room.parts.tokens.list(user_of(room), None, 9)
    room.parts.tokens.revoke(user_of(room), token.id)


def revoke_device(room: IdentityRoom, identity: Identity) -> None:
    assert identity.device
    room.parts.devices.revoke(user_of(room), identity.device)


def disable(room: IdentityRoom, identity: Identity) -> None:
    room.disable_user(EMAIL)


ENDINGS = [revoke_token, revoke_device, disable]


@pytest.mark.parametrize("end", ENDINGS)
def test_what_is_revoked_here_is_refused_at_once_also_what_was_signed_for_it(
    room: IdentityRoom, end: Callable[[IdentityRoom, Identity], None]
) -> None:
    made = room.create_token(EMAIL, "x")
    identity = room.verifier.verify(made.secret)
    signed = room.parts.issuer.mint(identity).text
    assert room.verifier.verify(signed) == identity
    end(room, identity)
    assert is_refused(room, made.secret)
    assert is_refused(room, signed)


@pytest.mark.parametrize("end", ENDINGS)
def test_what_is_revoked_in_another_process_is_refused_after_five_seconds(
    house: House, end: Callable[[IdentityRoom, Identity], None]
) -> None:
    made = house.room.create_token(EMAIL, "x")
    identity = house.room.verifier.verify(made.secret)
    end(house.another_process(), identity)
    house.clock.move(seconds=5)
    assert is_refused(house.room, made.secret)


def test_a_verdict_that_was_read_before_a_revocation_is_not_remembered_after_it(house: House) -> None:
    """The race: facts read, token revoked and verdicts forgotten, then the old verdict comes to be kept."""
    made, verdicts = house.room.create_token(EMAIL, "x"), Verdicts()
    owner = user_of(house.room)

    class RevokedMeanwhile(Standings):
        def of_token(self, secret_hash: bytes, now: datetime) -> Standing | None:
            standing = super().of_token(secret_hash, now)
            if standing is not None:
                Tokens(house.database, verdicts, house.clock).revoke(owner, made.id)
            return standing

    verifier = IdentityVerifier(RevokedMeanwhile(house.database), JwtVerifier([]), verdicts, house.clock)
    verifier.verify(made.secret)
    with pytest.raises(Unauthenticated):
        verifier.verify(made.secret)


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """The text of every statement that is executed from now on."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def test_a_thousand_requests_in_five_seconds_ask_the_database_once(house: House, statements: list[str]) -> None:
    made = house.room.create_token(EMAIL, "x")
    house.room.verifier.verify(made.secret)
    house.clock.move(seconds=10)
    statements.clear()
    for _ in range(1000):
        house.room.verifier.verify(made.secret)
        house.clock.move(seconds=0.004)
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 1


def test_use_is_noted_at_most_once_a_minute(house: House, statements: list[str]) -> None:
    made = house.room.create_token(EMAIL, "x")
    statements.clear()
    for _ in range(20):
        house.room.verifier.verify(made.secret)
        house.clock.move(seconds=6)
    assert len([statement for statement in statements if statement.startswith("UPDATE tokens")]) == 2
    [token] = house.room.parts.tokens.list(user_of(house.room), None, 9)
    [device] = house.room.parts.devices.list(user_of(house.room), None, 9)
    assert token.last_used_at == device.last_seen_at == house.clock.now - timedelta(seconds=60)


def test_a_note_of_use_that_cannot_be_written_shuts_nobody_out(house: House) -> None:
    class FullDisk(Standings):
        def touch_token(self, *_: object) -> None:
            raise DatabaseUnavailable

    made = house.room.create_token(EMAIL, "x")
    verifier = IdentityVerifier(FullDisk(house.database), JwtVerifier([]), Verdicts(), house.clock)
    assert verifier.verify(made.secret).user == user_of(house.room)


def test_a_database_that_does_not_answer_is_unavailable_and_never_a_yes(own_postgresql: PostgreSQLServer) -> None:
    with opened(own_postgresql.address.fresh_database()) as database:
        migrate(database)
        room = open_identity(database, SECRET, URL, passwords=QUICK)
        room.add_user(EMAIL, PASSWORD)
        made = room.create_token(EMAIL, "x")
        own_postgresql.stop("immediate")
        with pytest.raises(DatabaseUnavailable):
            room.verifier.verify(made.secret)
        with pytest.raises(DatabaseUnavailable):
            room.ready()


def test_a_clock_that_jumps_back_keeps_no_verdict_alive(house: House) -> None:
    made = house.room.create_token(EMAIL, "x")
    identity = house.room.verifier.verify(made.secret)
    revoke_token(house.another_process(), identity)
    house.clock.move(days=-1)
    assert is_refused(house.room, made.secret)


def test_nobody_revokes_or_lists_what_is_anothers(room: IdentityRoom) -> None:
    made = room.create_token(EMAIL, "x")
    other = room.add_user("bob@example.org", PASSWORD)
    device = room.verifier.verify(made.secret).device
    assert device
    for stranger in (other.id, STRANGER):
        with pytest.raises(TokenNotFound):
            room.parts.tokens.revoke(stranger, made.id)
        with pytest.raises(DeviceNotFound):
            room.parts.devices.revoke(stranger, device)
        assert room.parts.tokens.list(stranger, None, 9) == []
        assert room.parts.devices.list(stranger, None, 9) == []
    room.verifier.verify(made.secret)


def test_what_is_revoked_is_gone_from_the_list_and_cannot_be_revoked_again(room: IdentityRoom) -> None:
    made = room.create_token(EMAIL, "x")
    room.parts.tokens.revoke(user_of(room), made.id)
    assert room.parts.tokens.list(user_of(room), None, 9) == []
    assert room.parts.devices.list(user_of(room), None, 9) == []
    with pytest.raises(TokenNotFound):
        room.parts.tokens.revoke(user_of(room), made.id)


def test_revoking_one_leaves_the_others(room: IdentityRoom) -> None:
    one, other = room.create_token(EMAIL, "one"), room.create_token(EMAIL, "other")
    session = room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    room.parts.tokens.revoke(user_of(room), one.id)
    assert not is_refused(room, other.secret)
    assert not is_refused(room, session)


def test_a_signed_token_lives_ten_minutes_and_the_leeway(house: House) -> None:
    room = house.room
    signed = room.parts.issuer.mint(room.verifier.verify(room.create_token(EMAIL, "x").secret)).text
    house.clock.move(minutes=10, seconds=59)
    room.verifier.verify(signed)
    house.clock.move(seconds=1)
    assert is_refused(room, signed)


def test_a_signed_token_carries_at_most_what_it_is_made_from(room: IdentityRoom) -> None:
    identity = room.verifier.verify(room.create_token(EMAIL, "x", ["files", "account"]).secret)
    narrow = room.parts.issuer.mint(identity, frozenset({"files"})).text
    assert room.verifier.verify(narrow) == replace(identity, scopes=frozenset({"files"}))
    with pytest.raises(Forbidden):
        room.parts.issuer.mint(identity, frozenset({"admin"}))
    with pytest.raises(Forbidden):
        room.parts.issuer.mint(Identity(is_service=True, scopes=identity.scopes))


def test_an_admin_who_is_none_any_more_administers_nothing(house: House) -> None:
    room = house.room
    room.add_user("root@example.org", PASSWORD, is_admin=True)
    made = room.create_token("root@example.org", "x", ["admin", "files"])
    identity = room.verifier.verify(made.secret)
    signed = room.parts.issuer.mint(identity).text
    assert identity.has(Scope.ADMIN)
    house.database.write(lambda connection: connection.execute(text("UPDATE users SET is_admin = false")))
    house.clock.move(seconds=5)
    assert room.verifier.verify(made.secret).scopes == {Scope.FILES}
    assert room.verifier.verify(signed).scopes == {Scope.FILES}
