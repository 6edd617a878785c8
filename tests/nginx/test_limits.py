"""How much anybody may ask: by credential, by address, of each kind; a credential that is made up does not get round it."""

import secrets
import socket
from collections.abc import Iterable
from contextlib import ExitStack

import httpx
import pytest

from tests.nginx.conftest import House, Houses
from tests.servers.cairn_server import wait_until

RATE = 5
TOKEN = "cairn_" + "x" * 43


def statuses(client: httpx.Client, paths: Iterable[str], **headers: str) -> list[int]:
    return [client.get(path, headers=headers).status_code for path in paths]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("way", ["plain", "secure"])
def test_a_credential_has_its_rate_and_is_then_told_when_to_come_again(houses: Houses, way: str) -> None:
    house = houses(rate_limit=RATE)
    with house.plain() if way == "plain" else house.secure() as client:
        answers = [client.get("/api/v1/buckets", headers=bearer(TOKEN)) for _ in range(RATE + 3)]
        other = client.get("/api/v1/buckets", headers=bearer("cairn_" + "y" * 43))
    assert {answer.http_version for answer in answers} == {"HTTP/1.1" if way == "plain" else "HTTP/2"}
    assert [answer.status_code for answer in answers] == [200] * (RATE + 1) + [429, 429]
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) > 0
    assert refused.json()["type"] == "urn:cairn:problem:too-many-requests"
    assert other.status_code == 200, "everybody has a rate of their own"


def test_rooms_share_one_rate_and_whoever_shows_nothing_has_that_of_the_address(houses: Houses) -> None:
    house = houses(rate_limit=RATE)
    paths = [
        "/api/v1/buckets",
        "/api/v1/me",
        "/api/v1/sync/summary",
        "/oauth/jwks",
        "/.well-known/openid-configuration",
    ]
    with house.plain() as client:
        assert statuses(client, [*paths, "/api/v1/stats", "/api/v1/search"]) == [200] * 6 + [429]
        assert statuses(client, paths, **bearer(TOKEN)) == [200] * 5


SPELLINGS = [
    {"Authorization": "Bearer   " + TOKEN},
    {"Authorization": "bEARER " + TOKEN},
    {"Authorization": f"Bearer {TOKEN}", "Cookie": "cairn=made-up"},
    {"Authorization": f"Bearer {TOKEN}", "Cookie": "cairn=made-up-again; other=x"},
]
COOKIES = [
    "cairn=SESSION",
    "cairn = SESSION",
    "cairn=made-up; cairn=SESSION",
    "other=1; cairn=again; cairn-known=x; cairn=SESSION; last=1",
]


def test_one_credential_is_one_however_it_is_spelled(houses: Houses) -> None:
    house = houses(rate_limit=len(SPELLINGS) - 1)
    with house.plain() as client:
        answers = [client.get("/api/v1/me", headers=spelled).status_code for spelled in SPELLINGS]
        assert client.get("/api/v1/me", headers=SPELLINGS[0]).status_code == 429
    assert answers == [200] * len(SPELLINGS)


def test_a_session_is_a_credential_and_the_last_of_several_is_the_one(houses: Houses) -> None:
    house = houses(rate_limit=len(COOKIES) - 1)
    with house.plain() as client:
        sent = [cookie.replace("SESSION", "cairnsession_" + "s" * 43) for cookie in COOKIES]
        assert [client.get("/api/v1/me", headers={"Cookie": cookie}).status_code for cookie in sent] == [200] * len(
            sent
        )
        assert client.get("/api/v1/me", headers={"Cookie": sent[0]}).status_code == 429
        # Nothing of it was counted by address.
        assert statuses(client, ["/api/v1/me"] * len(sent)) == [200] * len(sent)


@pytest.mark.parametrize(
    "spelled",
    [
        {"Cookie": 'cairn=made-up-{}; cairn="SESSION"'},
        {"Cookie": r"cairn=made-up-{}; cairn=SESSIO\116"},
        {"Cookie": "cairn=made-up-{}; \xa0cairn=SESSION"},
        {"Authorization": "Bearer TOKEN\xa0{}"},
        {"Authorization": "Basic {}"},
        {"Authorization": "{}", "Cookie": "cairn=SESSION"},
    ],
)
def test_what_the_rooms_may_read_otherwise_counts_by_address(houses: Houses, spelled: dict[str, str]) -> None:
    house = houses(rate_limit=RATE)
    with house.plain() as client:
        sent = [
            {name: value.format(secrets.token_hex(8)).encode("latin-1") for name, value in spelled.items()}
            for _ in range(RATE + 2)
        ]
        answers = [client.get("/api/v1/me", headers=headers).status_code for headers in sent]
    assert answers == [200] * (RATE + 1) + [429]


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/buckets/studio/content/a"])
def test_credentials_that_are_made_up_get_no_further_than_twenty_times_the_rate(houses: Houses, path: str) -> None:
    house = houses(rate_limit=1, content_rate_limit=1)
    with house.plain() as client:
        answers = [client.get(path, headers=bearer(secrets.token_hex(30))).status_code for _ in range(24)]
    assert answers == [200] * 21 + [429] * 3


def test_blocks_contents_and_catalogue_do_not_eat_each_others_rates(houses: Houses) -> None:
    house = houses(rate_limit=1, content_rate_limit=3)
    contents = ["/api/v1/uploads/u/chunks/c", "/api/v1/buckets/b/content/a", "/api/v1/files/f/versions/v/chunks/0"]
    with house.plain(**bearer(TOKEN)) as client:
        assert statuses(client, ["/api/v1/me", "/api/v1/me", "/api/v1/me"]) == [200, 200, 429]
        assert statuses(client, [*contents, "/api/v1/tus/x", "/api/v1/uploads"]) == [200] * 4 + [429]
        assert statuses(client, ["/", "/b/studio", "/nothing"] * 4) == [200, 200, 404] * 4, "the page is nobody's rate"


def test_readiness_is_counted_by_address_alone(houses: Houses) -> None:
    house = houses(rate_limit=1)
    with house.plain() as client:
        assert statuses(client, ["/readyz"] * 22) == [200] * 21 + [429]


def hanging(house: House, path: str, credential: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", house.door.port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {credential}\r\n\r\n".encode())
    return connection


def test_streams_are_counted_while_they_are_open(houses: Houses) -> None:
    house = houses(stream_limit=2, rate_limit=50)
    events, changes = "/api/v1/events?stuck", "/api/v1/buckets/b/changes?after=0&wait=stuck"
    with ExitStack() as stack, house.plain() as client:
        for path in (events, changes):
            stack.enter_context(hanging(house, path, TOKEN))
        wait_until(lambda: sum(room.waiting for room in house.rooms.values()) == 2)
        refused = client.get("/api/v1/changes?after=0&wait=1", headers=bearer(TOKEN))
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        assert client.get("/api/v1/changes?after=0", headers=bearer(TOKEN)).status_code == 200, "it does not wait"
        assert client.get("/api/v1/changes?wait=1", headers=bearer("other")).status_code == 200
    with house.plain() as client:
        wait_until(lambda: client.get("/api/v1/changes?wait=1", headers=bearer(TOKEN)).status_code == 200)


def test_streams_of_credentials_that_are_made_up_are_counted_by_address(houses: Houses) -> None:
    house = houses(stream_limit=1)
    with ExitStack() as stack, house.plain() as client:
        for number in range(20):
            stack.enter_context(hanging(house, "/api/v1/events?stuck", f"made-up-{number}"))
        wait_until(lambda: house.rooms["sync"].waiting == 20)
        assert client.get("/api/v1/events", headers=bearer("another")).status_code == 429


def test_neighbours_in_one_network_of_ipv6_count_as_one(houses: Houses) -> None:
    house = houses(rate_limit=RATE, front_proxies="127.0.0.1")
    with house.plain() as client:
        near = [{"X-Forwarded-For": f"2001:db8:0:7:{number:x}::1"} for number in range(RATE + 2)]
        answers = [client.get("/api/v1/me", headers=headers).status_code for headers in near]
        far = client.get("/api/v1/me", headers={"X-Forwarded-For": "2001:db8:0:8::1"})
    assert answers == [200] * (RATE + 1) + [429]
    assert far.status_code == 200


def test_no_limit_where_the_settings_say_none(house: House) -> None:
    with house.plain(**bearer(TOKEN)) as client:
        assert set(statuses(client, ["/api/v1/me", "/api/v1/uploads", "/readyz"] * 60)) == {200}
