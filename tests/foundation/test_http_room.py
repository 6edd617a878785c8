"""The client of a room: what is repeated, how long it waits, and what it makes of answers that are none."""

import gc
import socket
from collections.abc import Iterator
from time import monotonic
from uuid import UUID

import httpx
import pytest

from foundation.http_room import RoomClient, RoomLimits
from foundation.identity import Identity
from foundation.internal_calls import ACTING_FOR
from foundation.problems import (
    DatabaseUnavailable,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    Problem,
    Unavailable,
)
from foundation.retries import RetryTimes
from foundation.service_tokens import Room, ServiceTokens
from tests.foundation.scripted_service import Script, ScriptedService, answer, scripted_service

TOKENS = ServiceTokens(b"s" * 32)
LIMITS = RoomLimits(0.5, 0.3, answer_bytes=100_000, retries=RetryTimes(tries=3, first_pause_seconds=0.001))
RIGHT = answer(200, b"right")
CUT = answer(200, b"right")[:-2]
PROBLEM = "Content-Type: application/problem+json"


def problem(status: int, slug: str) -> bytes:
    body = f'{{"type": "urn:cairn:problem:{slug}", "title": "x", "status": {status}, "detail": "told"}}'
    return answer(status, body.encode(), PROBLEM)


def silent(connection: socket.socket) -> None:
    """Nothing comes until the other side goes."""
    connection.recv(1)


def dripping(connection: socket.socket) -> None:
    """Every read gets something, and the answer never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n")
    connection.settimeout(0.05)
    for _ in range(90_000):
        connection.sendall(b"x")
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            continue


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    with scripted_service() as service:
        service.then = RIGHT
        yield service


@pytest.fixture
def room(service: ScriptedService) -> Iterator[RoomClient]:
    room = RoomClient(service.address, Room.CHUNKER, TOKENS, LIMITS)
    yield room
    room.close()


def call(room: RoomClient, is_repeatable: bool) -> bytes:
    return room.call("POST", "/x", is_repeatable=is_repeatable, content=b"body").content


def test_each_request_names_the_room_and_whom_it_acts_for(service: ScriptedService, room: RoomClient) -> None:
    user = Identity(UUID(int=7), None, frozenset({"files"}))
    for content in (b"body", bytearray(b"body"), memoryview(b"body")):
        answered = room.call(
            "PUT", "/x?y=1", is_repeatable=False, acting_for=user, content=content, headers={"Content-Type": "a/b"}
        )
        assert (answered.status_code, answered.content) == (200, b"right")
        head, _, body = service.asked.pop().partition(b"\r\n\r\n")
        request = httpx.Headers(
            [(name, value) for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n")[1:])]
        )
        assert (head.split(b"\r\n")[0], body) == (b"PUT /x?y=1 HTTP/1.1", b"body")
        identity = TOKENS.identity(request["authorization"].removeprefix("Bearer "))
        assert identity is not None
        assert identity.is_service
        assert request[ACTING_FOR] == f'user="{user.user}", scope="files"'
        assert request["content-type"] == "a/b"


def test_nothing_of_a_request_stays_in_memory_once_it_is_answered(room: RoomClient) -> None:
    call(room, is_repeatable=True)
    gc.collect()
    gc.disable()  # Blocks are megabytes, and the collector counts objects: it comes by when a gigabyte is waiting.
    try:
        for _ in range(3):
            call(room, is_repeatable=True)
        assert [one for one in gc.get_objects() if type(one) is httpx.Request] == []
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "lost",
    [CUT, b"", b"garbage\r\n\r\n", silent, dripping, problem(503, "outcome-unknown"), answer(502)],
    ids=range(7),
)
def test_what_was_perhaps_done_is_asked_again_only_where_it_may_be(
    service: ScriptedService, room: RoomClient, lost: Script
) -> None:
    service.script = [lost]
    assert call(room, is_repeatable=True) == b"right"
    assert len(service.asked) == 2
    service.script = [lost]
    with pytest.raises(OutcomeUnknown):
        call(room, is_repeatable=False)
    assert len(service.asked) == 3


@pytest.mark.parametrize("is_repeatable", [True, False])
def test_what_was_certainly_not_done_is_asked_again(
    service: ScriptedService, room: RoomClient, is_repeatable: bool
) -> None:
    service.script = [problem(503, "database-unavailable"), problem(503, "busy")]
    assert call(room, is_repeatable) == b"right"
    assert len(service.asked) == 3


def test_a_problem_is_raised_again_as_its_class_with_what_it_told(service: ScriptedService, room: RoomClient) -> None:
    kinds: dict[bytes, type[Problem]] = {
        problem(404, "not-found"): NotFound,
        problem(403, "forbidden"): Forbidden,
        problem(503, "database-unavailable"): DatabaseUnavailable,
        problem(418, "of-the-future"): Problem,
    }
    for raw, kind in kinds.items():
        service.then = raw
        with pytest.raises(kind, match="told") as raised:
            call(room, is_repeatable=True)
        assert type(raised.value) is kind
    assert raised.value.status == 418


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(service: ScriptedService, room: RoomClient, status: int) -> None:
    with scripted_service() as elsewhere:
        service.then = answer(status, b"", f"Location: {elsewhere.address}/x")
        with pytest.raises(Unavailable):
            call(room, is_repeatable=True)
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    "raw",
    [answer(500), answer(500, b"<html>"), answer(404, b"[1]"), answer(200, b"x", "Content-Encoding: gzip"), answer(200, bytes(200_000))],
    ids=range(5),
)  # fmt: skip
def test_an_answer_that_no_room_gives_is_unavailable(service: ScriptedService, room: RoomClient, raw: bytes) -> None:
    service.then = raw
    with pytest.raises(Unavailable):
        call(room, is_repeatable=True)


@pytest.mark.parametrize("act", [silent, dripping])
def test_a_room_that_hangs_costs_a_bounded_wait(service: ScriptedService, room: RoomClient, act: Script) -> None:
    service.then = act
    begin = monotonic()
    with pytest.raises(OutcomeUnknown):
        call(room, is_repeatable=True)
    assert 0.8 < monotonic() - begin < 4
    assert len(service.asked) == 3


def test_a_caller_may_wait_longer(service: ScriptedService, room: RoomClient) -> None:
    def late(connection: socket.socket) -> None:
        connection.settimeout(0.6)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.sendall(RIGHT)

    service.script = [late]
    assert room.call("GET", "/x", is_repeatable=False, seconds=5).content == b"right"


def test_a_room_that_is_not_there_is_unavailable_and_was_not_asked() -> None:
    room = RoomClient("http://127.0.0.1:1", Room.CHUNKER, TOKENS, LIMITS)
    with pytest.raises(Unavailable) as raised:
        call(room, is_repeatable=False)
    assert not isinstance(raised.value, OutcomeUnknown)
    with pytest.raises(Unavailable, match="does not answer"):
        room.ready()
    room.close()
    room.close()


def test_it_is_ready_when_the_room_says_so(service: ScriptedService, room: RoomClient) -> None:
    room.ready()
    assert b"authorization" not in service.asked[0].lower()
    service.then = answer(503, b"{}")
    with pytest.raises(Unavailable, match="not ready"):
        room.ready()


def test_of_several_processes_the_next_is_asked_where_one_is_not_there(service: ScriptedService) -> None:
    room = RoomClient(f"http://127.0.0.1:1,{service.address}", Room.CHUNKER, TOKENS, LIMITS)
    assert [call(room, is_repeatable=False) for _ in range(4)] == [b"right"] * 4
    room.ready()
    room.close()


def test_of_several_processes_one_that_is_ready_is_enough(service: ScriptedService) -> None:
    with scripted_service() as sick:
        sick.then = answer(503, b'{"services": {"store": "failed"}}')
        service.then = answer(200, b'{"services": {"store": "ok"}}')
        room = RoomClient(f"{sick.address},{service.address}", Room.CHUNKER, TOKENS, LIMITS)
        for _ in range(2):
            room.ready()
            room.require_of("store")
        service.then = sick.then
        with pytest.raises(Unavailable):
            room.ready()
        room.close()
