"""Who sends or reads slowly, or waits for long, costs little and holds nobody up."""

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from nginx import TimeLimits
from tests.nginx.conftest import House, Houses
from tests.servers.cairn_server import wait_until

MIB = 1024 * 1024
EACH = 0.2  # MiB: four buffers of 32 KiB, and what stands around them.
SHORT = TimeLimits(client_header=1, client_body=1, long_body=1)
HEAD = b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\n"
BODY = b"POST /api/v1/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
LONG = b"PUT /api/v1/buckets/b/content/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"


def connected(house: House) -> socket.socket:
    connection = socket.socket()
    # What the kernel holds for a reader that does not read is not nginx's.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", house.door.port))
    return connection


@contextmanager
def crowd(house: House, count: int, request: Callable[[int], bytes]) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        connections = [stack.enter_context(connected(house)) for _ in range(count)]
        for number, connection in enumerate(connections):
            connection.sendall(request(number))
        yield connections


def is_cut_off(connection: socket.socket) -> bool:
    try:
        return connection.recv(1000) == b""
    except ConnectionResetError:
        return True


def require_served(house: House) -> None:
    with house.plain() as client:
        for path in ("/", "/api/v1/me", "/api/v1/buckets/b/content/a"):
            assert client.get(path).status_code == 200


@pytest.mark.parametrize("start", [HEAD, BODY, LONG], ids=["head", "body", "long body"])
def test_who_does_not_go_on_sending_is_cut_off(houses: Houses, start: bytes) -> None:
    house = houses(limits=SHORT)
    with crowd(house, 200, lambda _: start) as connections:
        require_served(house)
        for connection in connections:
            connection.settimeout(20)
            assert is_cut_off(connection)


def test_a_head_that_drips_has_one_time_limit_in_all(houses: Houses) -> None:
    house = houses(limits=SHORT)
    with connected(house) as connection, selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        connection.sendall(HEAD)
        end, dripped = time.monotonic() + 20, 0
        while not selector.select(0.1):
            assert time.monotonic() < end
            connection.sendall(b"X-Drip: 1\r\n")
            dripped += 1
        assert is_cut_off(connection)
        assert dripped > 2


def many_readers(house: House, count: int) -> float:
    """MiB that nginx holds for `count` readers of 4 MiB who take nothing."""
    before = house.door.memory_bytes()
    request = b"GET /api/v1/buckets/b/content/a?bytes=4194304 HTTP/1.1\r\nHost: a\r\n\r\n"
    with crowd(house, count, lambda _: request):
        wait_until(lambda: house.rooms["chunker"].received >= count)
        require_served(house)
        return (house.door.memory_bytes() - before) / MIB


def test_readers_who_take_nothing_cost_little_each(houses: Houses) -> None:
    assert many_readers(houses(), 50) < 50 * EACH + 16


@pytest.mark.full
def test_a_thousand_slow_readers_cost_no_more_each(houses: Houses) -> None:
    assert many_readers(houses(), 1000) < 1000 * EACH + 16


@pytest.mark.full
@pytest.mark.parametrize("start", [HEAD, BODY], ids=["head", "body"])
def test_thousands_who_send_slowly_hold_nobody_up_and_cost_little(houses: Houses, start: bytes) -> None:
    house = houses()
    before = house.door.memory_bytes()
    with crowd(house, 3000, lambda _: start):
        require_served(house)
        each = (house.door.memory_bytes() - before) / 3000
    assert each < 64 * 1024


@pytest.mark.full
def test_thousands_of_idle_waits_hold_nobody_up(houses: Houses) -> None:
    house = houses()
    count, at_once = 9000, 500  # Each has two ends in nginx and two in this process, which may open 20,000.
    before = house.door.memory_bytes()
    request = b"GET /api/v1/changes?after=0&wait=stuck HTTP/1.1\r\nHost: a\r\n\r\n"
    with ExitStack() as stack:
        for there in range(at_once, count + at_once, at_once):
            stack.enter_context(crowd(house, at_once, lambda _: request))
            wait_until(lambda there=there: house.rooms["metadata"].waiting == there)
        require_served(house)
        each = (house.door.memory_bytes() - before) / count
    assert each < 64 * 1024
