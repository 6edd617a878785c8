"""Rooms' own tokens: fetched from identity by client credentials, known where they arrive, and replaced while identity is away."""

import json
from collections.abc import Iterator

import httpx
import pytest

from foundation.http_room import RoomClient
from foundation.identity import Identity, Scope
from foundation.introspection import fetched_keys
from foundation.problems import Unauthenticated, Unavailable
from foundation.room_tokens import (
    RETRY_SECONDS,
    FetchedRoomTokens,
    RoomTokenVerifier,
    room_client_id,
    room_secret,
    says_room,
)
from foundation.service_tokens import GRANTS, Room, ServiceTokens, ServiceTokenVerifier
from foundation.settings import ServiceSettings
from identity import create_app
from tests.foundation.scripted_service import ScriptedService, answer, scripted_service
from tests.foundation.tokens import Clock
from tests.identity.house import EMAIL, SECRET, URL, House
from tests.identity.test_introspection import TWICE
from tests.servers.served import serving

MINTED = ServiceTokens(SECRET)


@pytest.fixture
def address(house: House) -> Iterator[str]:
    """Identity by itself."""
    verifier = ServiceTokenVerifier([MINTED, house.room.rooms], house.room.verifier)
    with serving(create_app(house.room.parts, ServiceSettings(public_url=URL), verifier=verifier)) as address:
        yield address


def fetched(address: str, room: Room) -> str:
    """From identity, however busy this machine is."""
    return FetchedRoomTokens(address, SECRET, MINTED, seconds=60).mint(room)


def asked(address: str, client: str, secret: str, **form: str) -> httpx.Response:
    fields = {"grant_type": "client_credentials", **form}
    return httpx.post(f"{address}/oauth/token", data=fields, auth=(client, secret))


@pytest.mark.parametrize("room", [room for room in Room if GRANTS[room]])
def test_a_room_gets_a_token_with_what_it_may_do_and_others_know_it_by_that(
    house: House, address: str, room: Room
) -> None:
    token = fetched(address, room)
    assert says_room(token)
    client = RoomClient(address, Room.CHUNKER, MINTED)
    elsewhere = RoomTokenVerifier(URL, fetched_keys(client), lambda: house.clock().timestamp())
    assert elsewhere.identity(token) == Identity(scopes=frozenset(GRANTS[room]), is_service=True)
    client.close()


def test_a_rooms_token_is_no_persons_and_a_persons_no_rooms(house: House, address: str) -> None:
    token = fetched(address, Room.SYNC)
    with pytest.raises(Unauthenticated):
        house.room.verifier.verify(token)
    with httpx.Client(base_url=address) as http:
        service = {"Authorization": f"Bearer {token}"}
        assert http.get("/api/v1/me", headers=service).status_code == 403
        assert http.get("/oauth/userinfo", headers=service).status_code == 401
        asks = {"credential": house.room.create_token(EMAIL, "x").secret}
        assert http.post("/internal/v1/introspect", json=asks, headers=service).json()["active"] is True
        person = house.room.parts.issuer.mint(house.room.verifier.verify(asks["credential"])).text
        assert house.room.rooms.identity(person) is None
        users = {"Authorization": f"Bearer {person}"}
        assert http.post("/internal/v1/introspect", json=asks, headers=users).status_code == 403


def test_a_room_may_ask_for_less_and_never_for_more(house: House, address: str) -> None:
    proof = room_client_id(Room.CHUNKER), room_secret(SECRET, Room.CHUNKER)
    less = asked(address, *proof, scope="introspect").json()["access_token"]
    assert house.room.rooms.identity(less) == Identity(scopes=frozenset({Scope.INTROSPECT}), is_service=True)
    assert asked(address, *proof, scope="blocks:erase").json()["error"] == "invalid_scope"
    assert asked(address, *proof, scope="files admin").json()["error"] == "invalid_scope"


def test_no_secret_but_its_own_proves_a_room(address: str) -> None:
    for secret in (room_secret(SECRET, Room.METADATA), room_secret(b"o" * 32, Room.SYNC), SECRET.decode(), "x"):
        assert asked(address, room_client_id(Room.SYNC), secret).status_code == 401
    assert asked(address, room_client_id(Room.IDENTITY), room_secret(SECRET, Room.IDENTITY)).status_code == 401


def test_a_token_that_only_says_that_it_is_a_rooms_is_refused(house: House) -> None:
    token = house.room.parts.issuer.mint_for_room("cairn-room-kitchen", frozenset({"blocks:erase"})).text
    with pytest.raises(Unauthenticated):
        house.room.rooms.identity(token)
    head, body, _ = token.split(".")
    with pytest.raises(Unauthenticated):
        house.room.rooms.identity(f"{head}.{body}.{'A' * 86}")
    for other in ("", "x", "....", "cairn_" + "A" * 43, MINTED.mint(Room.SYNC)):
        assert house.room.rooms.identity(other) is None


def test_a_rooms_token_ends(house: House, address: str) -> None:
    token = fetched(address, Room.CHUNKER)
    house.clock.move(minutes=11)
    with pytest.raises(Unauthenticated):
        house.room.rooms.identity(token)


@pytest.fixture
def identity() -> Iterator[ScriptedService]:
    with scripted_service() as service:
        service.then = answer(200, json.dumps({"access_token": "fetched", "expires_in": 600}).encode())
        yield service


def test_a_token_is_kept_for_half_of_its_life_and_then_renewed(identity: ScriptedService) -> None:
    clock = Clock(0)
    tokens = FetchedRoomTokens(identity.address, SECRET, MINTED, clock, seconds=60)
    for clock.seconds in (0, 1, 299):
        assert tokens.mint(Room.CHUNKER) == "fetched"
    assert len(identity.asked) == 1
    clock.seconds = 300
    assert tokens.mint(Room.CHUNKER) == "fetched"
    assert len(identity.asked) == 2
    tokens.mint(Room.SYNC)
    assert len(identity.asked) == 3


@pytest.mark.parametrize(
    "wrong",
    [answer(503), answer(401, b"{}"), answer(200, b"{}"), answer(200, b"x"), answer(200, b"[]"), b"garbage\r\n\r\n"],
    ids=range(6),
)
def test_while_identity_is_away_a_room_goes_on_and_asks_again_with_restraint(
    identity: ScriptedService, wrong: bytes
) -> None:
    clock, right = Clock(0), identity.then
    tokens = FetchedRoomTokens(identity.address, SECRET, MINTED, clock, seconds=60)
    identity.then = wrong
    for _ in range(20):
        assert MINTED.identity(tokens.mint(Room.CHUNKER)) == Identity(
            scopes=frozenset(GRANTS[Room.CHUNKER]), is_service=True
        )
    assert len(identity.asked) == 1
    identity.then, clock.seconds = right, RETRY_SECONDS
    assert tokens.mint(Room.CHUNKER) == "fetched"
    identity.then, clock.seconds = wrong, RETRY_SECONDS + 350
    assert tokens.mint(Room.CHUNKER) == "fetched"
    clock.seconds += 20
    assert MINTED.identity(tokens.mint(Room.CHUNKER)) is not None


def test_a_room_that_cannot_fetch_the_keys_says_so_and_not_no(house: House) -> None:
    client = RoomClient("http://127.0.0.1:9", Room.CHUNKER, MINTED, TWICE)
    elsewhere = RoomTokenVerifier(URL, fetched_keys(client), lambda: house.clock().timestamp())
    token = house.room.parts.issuer.mint_for_room("cairn-room-sync", frozenset({"introspect"})).text
    with pytest.raises(Unavailable):
        elsewhere.identity(token)
    assert elsewhere.identity(MINTED.mint(Room.SYNC)) is None
    client.close()
