"""Every route of every service, on its own port, asked by everybody who may not: no door is open, and none breaks."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

import block_storage
import identity
import metadata
from block_storage.api import internal_routes
from foundation.authorization import RULES, Action
from foundation.identity import Identity
from foundation.internal_calls import INTERNAL, acting_for_header
from foundation.service_tokens import GRANTS, Room
from identity import introspect_api
from tests.end_to_end.test_isolation import BODIES, TABLE, House, house  # noqa: F401 — a fixture.
from tests.project.sources import source_files
from tests.servers.stack import ROOMS, Stack

API = "/api/v1"
BLOCK_NAME = f"{'0' * 64}.{'0' * 32}-{'0' * 16}"
# Routes of what may be public.
PUBLIC = re.compile(r"(GET|HEAD) \S+(/content(/\{path.*)?|/versions/\{version_id\}/chunks/\{index\})")
OPEN = frozenset({"GET /oauth/jwks", "GET /.well-known/openid-configuration", f"POST {API}/auth/logout"})
NONSENSE = "&".join(
    f"{name}=%00"
    for name in ("limit", "cursor", "after", "wait", "version", "first_index", "recursive", "purge", "tag", "q")
)
# What a service needs for each route between rooms: the first line that fits.
# Addresses of ids alone: what is none leads nowhere, whoever asks.
NARROW = {f"GET {API}/sync-events/{{event_id}}"}
NEEDED = (
    (r"\w+ /internal/v1/catalogue/(catalogue|collection|installation|jobs|manifests|proofs)/.*", Action.COLLECT),
    (r"\w+ /internal/v1/catalogue/.*", Action.USE_CATALOGUE),
    (r"DELETE /internal/v1/chunks/.*|POST /internal/v1/chunks/delete", Action.ERASE_BLOCKS),
    (r"(GET|HEAD) /internal/v1/.*|POST /internal/v1/chunks/(check|read)", Action.READ_BLOCKS),
    (r"POST /internal/v1/introspect", Action.INTROSPECT),
    (r"\w+ /internal/v1/(chunks|meta).*", Action.STORE_BLOCKS),
)


@pytest.fixture(scope="module")
def _shared_product(stack: Stack) -> Stack:
    stack.sign_in()
    return stack


class Walk:
    """Asks, and counts what was answered."""

    def __init__(self, house: House, tokens: dict[str, str]) -> None:  # noqa: F811 — the fixture's value.
        self.house, self.tokens = house, tokens
        self.counts: Counter[tuple[str, str, int]] = Counter()
        self._http = httpx.Client(timeout=60, trust_env=False, verify=False)  # noqa: S501 — nothing here speaks TLS.

    def close(self) -> None:
        self._http.close()

    def ask(self, room: str, caller: str, route: str, url: str) -> int:
        _method, path = route.split(" ", 1)
        headers, content = self._body(route)
        return self._answered(room, caller, route, url + self._address(path), headers, content)

    def ask_nonsense(self, room: str, caller: str, route: str, url: str) -> int:
        """Nothing of the request is as it should be but its address."""
        _method, path = route.split(" ", 1)
        address = re.sub(r"{(\w+)(?::\w+)?}", "nonsense", path)
        headers = {"Content-Type": "application/json", "Idempotency-Key": "two words", "If-Match": "nonsense"}
        return self._answered(room, caller, route, f"{url}{address}?{NONSENSE}", headers, b"{nonsense")

    def _answered(self, room: str, caller: str, route: str, url: str, headers: dict[str, str], content: bytes) -> int:
        method, _path = route.split(" ", 1)
        if token := self.tokens[caller]:
            headers["Authorization"] = f"Bearer {token}"
        answer = self._http.request(method, url, content=content, headers=headers)
        self.counts[room, caller, answer.status_code] += 1
        assert answer.status_code < 500, (room, caller, route, answer.status_code, answer.text[:300])
        return answer.status_code

    def table(self) -> str:
        """Service, caller, and how often each status was answered."""
        lines = []
        for room, caller in dict.fromkeys((room, caller) for room, caller, _ in self.counts):
            found = sorted(
                (status, count) for (at, who, status), count in self.counts.items() if (at, who) == (room, caller)
            )
            lines.append(f"{room:14} {caller:24} " + "  ".join(f"{status} × {count}" for status, count in found))
        return "\n".join([*lines, f"{self.counts.total()} requests"])

    def _address(self, path: str) -> str:
        ids = {"name": BLOCK_NAME, "key": "walk"} | self.house.ids
        return re.sub(r"{(\w+)(?::\w+)?}", lambda found: ids.get(found[1], "walk"), path)

    def _body(self, route: str) -> tuple[dict[str, str], bytes]:
        public = route.replace(f" {API}", " ")
        if public in BODIES:
            text = json.dumps(BODIES[public])
            for name, value in self.house.ids.items():
                text = text.replace(f"{{{name}}}", value)
            return {"Content-Type": "application/json"}, text.encode()
        if route.startswith(("POST /internal/", "PUT /internal/")):
            return {"Content-Type": "application/json"} | acting_for_header(Identity()), b"{}"
        if route.endswith("/chunks"):
            return {"Content-Type": "application/vnd.cairn.blocks"}, b""
        return {}, b"x" if route.startswith("PUT") else b""


@pytest.fixture(scope="module")
def walk(house: House, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:  # noqa: F811
    tokens = dict(house.callers) | {
        "expired": signed(stack, house, -timedelta(hours=1)),
        "signed, of the owner": signed(stack, house, timedelta()),
        "another secret's": signed_elsewhere(house, tmp_path_factory.mktemp("elsewhere")),
        **{f"service {room}": stack.service_token(room) for room in Room},
    }
    before = house.state()
    with closing(Walk(house, tokens)) as walk:
        yield walk
    assert house.state() == before
    (tmp_path_factory.getbasetemp() / "strangers.txt").write_text(walk.table())
    print(f"\n{walk.table()}")  # noqa: T201 — seen with `-s`.


def signed(stack: Stack, house: House, ago: timedelta) -> str:  # noqa: F811
    """A JWT of the owner, made by this installation, as if at another time."""
    with httpx.Client(headers={"Authorization": f"Bearer {house.callers['owner']}"}) as http:
        me = http.get(f"{stack.url}{API}/me").json()
    who = Identity(user=me["user_id"], device=me["device_id"], scopes=frozenset({"files", "account"}))
    secret = stack.environment["CAIRN_SECRET"].encode()
    with identity.open_identity(
        stack.environment["CAIRN_DATABASE"], secret, stack.url, clock=lambda: datetime.now(UTC) + ago
    ) as room:
        return room.parts.issuer.mint(who).text


def signed_elsewhere(house: House, folder: Path) -> str:  # noqa: F811
    """A JWT that another installation made and that names this one."""
    location = f"sqlite:///{folder / 'other.db'}"
    identity.migrate(location)
    with identity.open_identity(location, b"another secret of 32 characters!", house.server.url) as room:
        user = room.add_user("mallory@example.org", "correct horse battery")
        return room.parts.issuer.mint(Identity(user=user.id, scopes=frozenset({"files", "account"}))).text


@pytest.mark.parametrize("room", ROOMS)
def test_no_public_route_lets_in_who_may_not(walk: Walk, stack: Stack, room: Room) -> None:
    url = stack.rooms[room].url
    routes = public_routes(url)
    assert routes or room in (Room.BLOCK_STORAGE, Room.SYNC)
    strangers = [
        caller for caller in walk.tokens if caller not in ("owner", "stranger", "read-only", "signed, of the owner")
    ]
    for route in routes:
        rule = TABLE.get(route.replace(f" {API}", " "), "own") if f" {API}/" in route else "open"
        for caller in strangers:
            status = walk.ask(room, caller, route, url)
            is_for_all = route in OPEN or (rule == "open" and route.startswith("GET "))
            assert is_for_all or status in refusals(rule, caller), (caller, route, status)
        if rule.startswith("others"):
            assert walk.ask(room, "stranger", route, url) == 404, route
        if rule.split()[-1] in ("write", "account"):
            assert walk.ask(room, "read-only", route, url) in (403, 404), route


@pytest.mark.parametrize("room", ROOMS)
def test_nobody_is_told_what_is_wrong_with_a_request_but_that_they_are_nobody(
    walk: Walk, stack: Stack, internal: dict[Room, list[str]], room: Room
) -> None:
    url = stack.rooms[room].url
    for route in [*public_routes(url), *internal.get(room, [])]:
        rule = TABLE.get(route.replace(f" {API}", " "), "own") if f" {API}/" in route else "open"
        if route in OPEN or (rule == "open" and INTERNAL not in route):
            continue
        for caller in ("nobody", "garbage", "revoked", "expired", "another secret's"):
            if caller == "nobody" and PUBLIC.fullmatch(route):
                continue  # Whoever reads what is public is told how to ask.
            for ask in (walk.ask, *([] if route in NARROW else [walk.ask_nonsense])):
                assert ask(room, caller, route, url) == 401, (caller, route)


def refusals(rule: str, caller: str) -> tuple[int, ...]:
    if rule == "open":  # It is about what the body says, and there is none.
        return (400, 401, 403, 415, 422)
    # A service is somebody, who may not: perhaps not even know that it is there, or by a body that this walk does not know.
    return (403, 404, 415, 422) if caller.startswith("service") else (401,)


def public_routes(url: str) -> list[str]:
    paths = httpx.get(f"{url}/openapi.json", timeout=60).json()["paths"]
    return [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]


@pytest.fixture(scope="module")
def internal(tmp_path_factory: pytest.TempPathFactory) -> dict[Room, list[str]]:
    """The routes between rooms, as the rooms themselves make them."""
    location = f"sqlite:///{tmp_path_factory.mktemp('routes') / 'cairn.db'}"
    metadata.migrate(location)
    catalogue = metadata.open_catalogue(location)
    parts = block_storage.Parts(block_storage.MemoryBlockStore())
    routers = {
        Room.METADATA: metadata.internal_routes(catalogue),
        Room.BLOCK_STORAGE: internal_routes(parts),
        Room.IDENTITY: introspect_api.internal_routes(None),  # type: ignore[arg-type]  # It asks when it is called.
    }
    catalogue.close()
    return {
        room: [f"{method} {INTERNAL}{route.path}" for route in router.routes for method in sorted(route.methods)]  # type: ignore[attr-defined]
        for room, router in routers.items()
    }


def test_every_room_that_has_routes_between_rooms_is_walked(internal: dict[Room, list[str]]) -> None:
    having = {path.parent.name for path in source_files() if "internal_routers=[" in path.read_text()}
    assert having == {room.value.replace("-", "_") for room in internal}


@pytest.mark.parametrize("room", [Room.METADATA, Room.BLOCK_STORAGE, Room.IDENTITY])
def test_routes_between_rooms_are_for_the_services_that_need_them(
    walk: Walk, stack: Stack, internal: dict[Room, list[str]], room: Room
) -> None:
    url = stack.rooms[room].url
    for route in internal[room]:
        for caller in ("nobody", "garbage", "revoked", "expired", "another secret's"):
            assert walk.ask(room, caller, route, url) == 401, (caller, route)
        for caller in ("owner", "stranger", "read-only", "signed, of the owner"):
            assert walk.ask(room, caller, route, url) == 403, (caller, route)
        scopes = RULES[needed(route)].scopes
        for service in Room:
            status = walk.ask(room, f"service {service}", route, url)
            may = not GRANTS[service].isdisjoint(scopes)
            # Whom it acts for is nobody, so that even who may ask gets nothing done.
            assert (status == 403) is not may, (service, route, status)


def needed(route: str) -> Action:
    return next(action for pattern, action in NEEDED if re.fullmatch(pattern, route))


def test_a_room_without_routes_between_rooms_and_the_front_door_have_none(
    walk: Walk, stack: Stack, internal: dict[Room, list[str]]
) -> None:
    closed = {Room.CHUNKER: stack.rooms[Room.CHUNKER].url, Room.SYNC: stack.rooms[Room.SYNC].url}
    everywhere = [route for routes in internal.values() for route in routes]
    for route in everywhere:
        for caller in ("nobody", "owner", "service chunker", "service sync"):
            for room, url in closed.items():
                assert walk.ask(room, caller, route, url) == 404, (room, caller, route)
            assert walk.ask("front door", caller, route, stack.url) == 404, (caller, route)


@pytest.mark.parametrize(
    "detour",
    [
        "/internal/v1/introspect", "//internal/v1/introspect", "/./internal/v1/introspect", "/%69nternal/v1/introspect",
        "/api/v1/../../internal/v1/introspect", "/api/v1/%2e%2e/%2e%2e/internal/v1/introspect",
        "/api/v1/me/../../../internal/v1/introspect", "/oauth/../internal/v1/introspect",
        "/oauth/%2e%2e/internal/v1/introspect", "/internal%2fv1/introspect", "/api/v1/..%2f..%2finternal/v1/introspect",
    ],
)  # fmt: skip
def test_no_detour_leads_through_the_front_door_to_a_route_between_rooms(stack: Stack, detour: str) -> None:
    token = stack.service_token(Room.CHUNKER)
    url = httpx.URL(stack.url, raw_path=detour.encode())
    request = httpx.Request("POST", url, json={"credential": stack.token}, headers={"Authorization": f"Bearer {token}"})
    with stack.http("") as http:
        answer = http.send(request)
    assert answer.status_code in (400, 401, 403, 404, 405), answer.text
    assert "active" not in answer.text
