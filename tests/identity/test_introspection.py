"""Whose a credential is, asked by a room that stands by itself: never beyond 30 seconds, never by guess, never by a flood."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import httpx
import orjson
import pytest

from foundation import introspection
from foundation.http_room import RoomClient, RoomLimits
from foundation.identity import Identity, Scope, TokenVerifier
from foundation.ids import new_id
from foundation.introspection import IntrospectingVerifier, fetched_keys, introspecting_verifier
from foundation.problems import Unauthenticated, Unavailable
from foundation.retries import RetryTimes
from foundation.service_tokens import Room, ServiceTokens, ServiceTokenVerifier
from foundation.settings import ServiceSettings
from identity import create_app
from identity.clients import CREDENTIALS
from identity.opaque import new_session, new_token
from tests.foundation.scripted_service import Script, ScriptedService, answer, scripted_service
from tests.identity.house import EMAIL, HOME, PASSWORD, URL, Hands, House
from tests.identity.programs import added
from tests.servers.cairn_server import wait_until
from tests.servers.served import serving

TOKENS = ServiceTokens(b"s" * 32)
TWICE = RoomLimits(retries=RetryTimes(tries=2, first_pause_seconds=0.001))
USER = Identity(new_id(), new_id(), frozenset({Scope.FILES}))


@contextmanager
def asking(address: str, clock: Hands) -> Iterator[IntrospectingVerifier]:
    """The verifier of a room by itself, whose identity is at `address`."""
    room = RoomClient(address, Room.CHUNKER, TOKENS, TWICE)
    yield introspecting_verifier(room, URL, fetched_keys(room), lambda: clock().timestamp())
    room.close()


@contextmanager
def served(house: House) -> Iterator[str]:
    verifier = ServiceTokenVerifier([TOKENS], house.room.verifier)
    with serving(create_app(house.room.parts, ServiceSettings(public_url=URL), verifier=verifier)) as address:
        yield address


@pytest.fixture
def verifier(house: House) -> Iterator[IntrospectingVerifier]:
    """Of a room that asks the house's own identity, served for real."""
    with served(house) as address, asking(address, house.clock) as verifier:
        yield verifier


def is_refused(verifier: TokenVerifier, credential: str) -> bool:
    try:
        verifier.verify(credential)
    except Unauthenticated:
        return True
    return False


def test_a_token_a_session_and_a_signed_token_are_whose_identity_says(
    house: House, verifier: IntrospectingVerifier
) -> None:
    own = house.room.verifier
    token = house.room.create_token(EMAIL, "laptop", ["files", "account"]).secret
    session = house.room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    for credential in (token, session):
        assert verifier.verify(credential) == own.verify(credential)
    signed = house.room.parts.issuer.mint(own.verify(token)).text
    assert verifier.verify(signed) == own.verify(signed)


def test_a_program_that_speaks_for_itself_is_its_own_account_in_every_room_until_it_is_revoked(
    house: House, verifier: IntrospectingVerifier
) -> None:
    facts = {"redirect_uris": frozenset(), "scopes": frozenset({"files"}), "grants": frozenset({CREDENTIALS})}
    robot = added(house, **facts).client
    minted = house.room.parts.issuer.mint_for_client(robot.id, robot.scopes)
    for its in (verifier.verify(minted.text), house.room.verifier.verify(minted.text)):
        assert (its.user, its.device, its.scopes, its.is_service) == (UUID(robot.id), UUID(robot.id), {"files"}, False)
    house.room.revoke_client(robot.id)
    assert is_refused(house.room.verifier, minted.text)


def test_what_is_revoked_is_refused_within_30_seconds(house: House, verifier: IntrospectingVerifier) -> None:
    token, session = house.room.create_token(EMAIL, "x").secret, house.room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    for credential in (token, session):
        verifier.verify(credential)
    house.clock.move(seconds=4)
    other = house.another_process()
    other.verifier.verify(token)
    house.room.disable_user(EMAIL)
    house.clock.move(seconds=26)
    assert is_refused(verifier, token)
    assert is_refused(verifier, session)


def test_what_identity_itself_remembers_does_not_lengthen_the_30_seconds(house: House) -> None:
    # The process that is asked has just let it in, and hears nothing of what another one revokes.
    token = house.room.create_token(EMAIL, "x").secret
    house.room.verifier.verify(token)
    house.another_process().disable_user(EMAIL)
    with served(house) as address, asking(address, house.clock) as verifier:
        assert is_refused(verifier, token)


def test_a_token_ends_at_its_time_and_not_30_seconds_later(house: House, verifier: IntrospectingVerifier) -> None:
    ends = house.clock.now + timedelta(seconds=10)
    token = house.room.create_token(EMAIL, "x", ["files"], ends).secret
    verifier.verify(token)
    house.clock.move(seconds=10)
    assert is_refused(verifier, token)


def test_a_signed_token_ends_by_itself_and_asks_nobody(house: House, verifier: IntrospectingVerifier) -> None:
    own = house.room.verifier
    signed = house.room.parts.issuer.mint(own.verify(house.room.create_token(EMAIL, "x").secret)).text
    verifier.verify(signed)
    house.room.disable_user(EMAIL)
    house.clock.move(minutes=10)
    assert not is_refused(verifier, signed)
    house.clock.move(seconds=60)
    assert is_refused(verifier, signed)


def test_only_rooms_that_verify_credentials_may_ask(house: House) -> None:
    token = house.room.create_token(EMAIL, "x", ["files", "account"]).secret
    credentials = {None: 401, "garbage": 401, token: 403, TOKENS.mint(Room.IDENTITY): 403, TOKENS.mint(Room.SYNC): 200}
    with served(house) as address:
        for credential, status in credentials.items():
            headers = {"Authorization": f"Bearer {credential}"} if credential else {}
            asked = httpx.post(f"{address}/internal/v1/introspect", json={"credential": token}, headers=headers)
            assert asked.status_code == status
        assert asked.headers["cache-control"] == "no-store"
        wrong = httpx.post(f"{address}/internal/v1/introspect", json={"credential": 7}, headers=headers)
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "credential")
        assert "/internal/v1/introspect" not in httpx.get(f"{address}/openapi.json").text
        mine = {"Authorization": f"Bearer {TOKENS.mint(Room.SYNC)}"}
        assert httpx.get(f"{address}/api/v1/tokens", headers=mine).status_code == 403


# From here on identity is a script, so that it can be down, slow, and wrong.


def active(identity: Identity = USER, **changes: object) -> bytes:
    return answer(200, orjson.dumps(introspection.introspection(identity, None) | changes))


REFUSED = answer(200, b'{"active": false}')


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    with scripted_service() as service:
        service.then = active()
        yield service


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def scripted(service: ScriptedService, clock: Hands) -> Iterator[IntrospectingVerifier]:
    with asking(service.address, clock) as verifier:
        yield verifier


def silent(connection: socket.socket) -> None:
    """Nothing comes until the other side goes."""
    connection.recv(1)


def down(connection: socket.socket) -> None:
    """The connection ends without an answer."""


def test_a_verdict_is_remembered_for_25_seconds_and_a_refusal_for_5(
    service: ScriptedService, scripted: IntrospectingVerifier, clock: Hands
) -> None:
    good, bad = new_token(), new_session()
    service.script = [active(), REFUSED]
    assert scripted.verify(good) == USER
    assert is_refused(scripted, bad)
    clock.move(seconds=4.9)
    assert scripted.verify(good) == USER
    assert is_refused(scripted, bad)
    assert len(service.asked) == 2
    clock.move(seconds=0.2)
    assert not is_refused(scripted, bad)
    clock.move(seconds=19.8)
    scripted.verify(good)
    assert len(service.asked) == 3
    clock.move(seconds=0.2)
    scripted.verify(good)
    assert len(service.asked) == 4


def test_a_clock_that_was_put_back_makes_no_verdict_live_longer(
    service: ScriptedService, scripted: IntrospectingVerifier, clock: Hands
) -> None:
    token = new_token()
    scripted.verify(token)
    clock.move(days=-1)
    scripted.verify(token)
    assert len(service.asked) == 2


def test_while_identity_is_down_those_who_are_known_come_in_and_nobody_else(
    service: ScriptedService, scripted: IntrospectingVerifier, clock: Hands
) -> None:
    known = new_token()
    scripted.verify(known)
    service.then = down
    clock.move(seconds=24)
    assert scripted.verify(known) == USER
    with pytest.raises(Unavailable):
        scripted.verify(new_token())
    clock.move(seconds=1)
    with pytest.raises(Unavailable):
        scripted.verify(known)
    service.then = active()
    assert scripted.verify(known) == USER


def test_a_signed_token_is_503_while_its_key_cannot_be_had(house: House, service: ScriptedService) -> None:
    token = house.room.create_token(EMAIL, "x").secret
    signed = house.room.parts.issuer.mint(house.room.verifier.verify(token)).text
    service.then = down
    with asking(service.address, house.clock) as verifier, pytest.raises(Unavailable):
        verifier.verify(signed)


@pytest.mark.parametrize(
    "raw",
    [
        answer(200), answer(200, b"<html>"), answer(200, b"[]"), answer(200, b"null"), answer(200, b"{}"), answer(204),
        active(active=1), active(active="true"), active(active=None), active(user=None), active(user=7), active(user="ada"),
        active(device=7), active(scopes=None), active(scopes=7), active(ends_at="soon"), active(ends_at=[]),
        answer(500), answer(401, b"{}"), answer(403, b"{}"), answer(404, b"{}"),
        answer(200, b"[" * 100_000), b"garbage", active()[:-3],
    ],
    ids=range(24),
)  # fmt: skip
def test_an_answer_that_does_not_say_who_it_is_lets_nobody_in(
    service: ScriptedService, scripted: IntrospectingVerifier, raw: Script
) -> None:
    service.then = raw
    token = new_token()
    for _ in range(2):
        with pytest.raises(Unavailable):
            scripted.verify(token)
    service.then = active()
    assert scripted.verify(token) == USER


def test_a_redirect_is_not_followed_with_the_token(service: ScriptedService, scripted: IntrospectingVerifier) -> None:
    with scripted_service() as elsewhere:
        service.then = answer(307, b"", f"Location: {elsewhere.address}/internal/v1/introspect")
        with pytest.raises(Unavailable):
            scripted.verify(new_token())
        assert elsewhere.asked == []


def test_identity_that_hangs_costs_a_bounded_wait(
    service: ScriptedService, scripted: IntrospectingVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(introspection, "ASK_SECONDS", 0.2)
    service.then = silent
    with pytest.raises(Unavailable):
        scripted.verify(new_token())
    assert len(service.asked) <= 2  # A busy machine may not come to read the second.


def test_nothing_that_identity_says_makes_a_service(service: ScriptedService, scripted: IntrospectingVerifier) -> None:
    service.then = active(Identity(USER.user, None, frozenset(Scope)), is_service=True)
    found = scripted.verify(new_token())
    assert not found.is_service
    assert found.scopes == {Scope.FILES, Scope.FILES_READ, Scope.ACCOUNT, Scope.ADMIN}


@pytest.mark.parametrize(
    "credential",
    ["", "x", "cairn_", "cairn_" + "A" * 42, "cairn_" + "A" * 44, "cairn_" + "é" * 43, "\ud800", "x" * 10**6, "a.b.c", "..", "a b.c.d"],
    ids=range(11),
)  # fmt: skip
def test_what_identity_never_gave_out_is_refused_without_asking(
    service: ScriptedService, scripted: IntrospectingVerifier, credential: str
) -> None:
    assert is_refused(scripted, credential)
    assert service.asked == []


def test_memory_of_verdicts_is_bounded_and_invented_tokens_push_nobody_out(
    service: ScriptedService, scripted: IntrospectingVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(introspection, "MAX_ENTRIES", 3)
    people = [new_token() for _ in range(4)]
    for token in people:
        scripted.verify(token)
    service.then = REFUSED
    invented = [new_token() for _ in range(5)]
    assert all(is_refused(scripted, token) for token in invented)
    asked = len(service.asked)
    for token in people[1:]:
        assert scripted.verify(token) == USER
    assert is_refused(scripted, invented[-1])
    assert len(service.asked) == asked
    assert is_refused(scripted, people[0])
    assert len(service.asked) == asked + 1


def test_a_flood_of_invented_tokens_asks_few_at_once_and_holds_up_nobody_who_is_known(
    service: ScriptedService, scripted: IntrospectingVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(introspection, "ASK_SECONDS", 60.0)
    known = new_token()
    scripted.verify(known)
    gate, outcomes = threading.Event(), list[str]()
    lock, now, most = threading.Lock(), 0, 0

    def slow(connection: socket.socket) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        gate.wait(30)
        with lock:
            now -= 1
        connection.sendall(REFUSED)

    def invented() -> None:
        try:
            outcomes.append("refused" if is_refused(scripted, new_token()) else "let in")
        except Unavailable as problem:
            outcomes.append(problem.slug)

    service.then = slow
    flood = [threading.Thread(target=invented) for _ in range(2 * introspection.IN_LINE)]
    for thread in flood:
        thread.start()
    wait_until(lambda: len(outcomes) == introspection.IN_LINE)
    assert set(outcomes) == {"unavailable"}
    assert scripted.verify(known) == USER
    gate.set()
    for thread in flood:
        thread.join()
    assert outcomes[introspection.IN_LINE :] == ["refused"] * introspection.IN_LINE
    assert most == introspection.ASKED_AT_ONCE
    assert len(service.asked) == 1 + introspection.IN_LINE


def test_one_token_used_by_many_at_once_is_asked_about_few_times(
    service: ScriptedService, scripted: IntrospectingVerifier
) -> None:
    token, found = new_token(), []
    users = [
        threading.Thread(target=lambda: found.append(scripted.verify(token))) for _ in range(introspection.IN_LINE)
    ]
    for thread in users:
        thread.start()
    for thread in users:
        thread.join()
    assert found == [USER] * introspection.IN_LINE
    assert 1 <= len(service.asked) <= introspection.ASKED_AT_ONCE
