"""Routes between rooms: for services only, acting for the user whom they name."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import APIRouter, Depends

from foundation.authorization import Action, require
from foundation.http_caller import Caller
from foundation.http_internal import ActingFor, service_may
from foundation.http_service import create_service
from foundation.http_wire import Json
from foundation.identity import NOBODY, Identity, Scope
from foundation.ids import new_id
from foundation.internal_calls import ACTING_FOR, INTERNAL, acting_for_header
from foundation.problems import Forbidden
from foundation.service_tokens import GRANTS, Room, ServiceTokens, ServiceTokenVerifier
from foundation.settings import ServiceSettings
from tests.foundation.test_service_tokens import OneUser
from tests.servers.served import serving

TOKENS = ServiceTokens(b"s" * 32)
USER = Identity(new_id(), new_id(), frozenset({Scope.FILES, Scope.ADMIN}))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A room with one route for services, read and written, and one for people."""
    internal, public = APIRouter(), APIRouter()

    @internal.api_route("/who", methods=["GET", "POST"], dependencies=[Depends(service_may(Action.USE_CATALOGUE))])
    def who(whom: ActingFor) -> Json:
        return Json([whom.user, whom.device, sorted(whom.scopes), whom.is_service])

    @public.get("/buckets")
    def buckets(caller: Caller) -> Json:
        require(caller, Action.LIST_BUCKETS)
        return Json([])

    app = create_service(
        "test",
        [public],
        internal_routers=[internal],
        settings=ServiceSettings(),
        verifier=ServiceTokenVerifier([TOKENS], OneUser(USER)),
        ready={},
    )
    with serving(app) as address:
        yield address


def asked(address: str, token: str | None, method: str = "GET", **headers: str) -> httpx.Response:
    sent = headers | ({"Authorization": f"Bearer {token}"} if token else {})
    return httpx.request(method, f"{address}{INTERNAL}/who", headers=sent)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_services_with_the_scope_are_let_in_and_nobody_else(address: str, method: str) -> None:
    assert asked(address, TOKENS.mint(Room.CHUNKER), method).status_code == 200
    assert asked(address, TOKENS.mint(Room.METADATA), method).status_code == 403
    assert asked(address, "users", method).status_code == 403
    assert asked(address, None, method).status_code == 401
    assert asked(address, "garbage", method).status_code == 401
    assert asked(address, ServiceTokens(b"o" * 32).mint(Room.CHUNKER), method).status_code == 401


def test_a_service_is_no_user(address: str) -> None:
    def status(token: str) -> int:
        return httpx.get(f"{address}/api/v1/buckets", headers={"Authorization": f"Bearer {token}"}).status_code

    assert status("users") == 200
    assert [status(TOKENS.mint(room)) for room in Room] == [403] * len(Room)


def test_the_public_specification_tells_of_public_routes_only(address: str) -> None:
    assert list(httpx.get(f"{address}/openapi.json").json()["paths"]) == ["/api/v1/buckets"]


@pytest.mark.parametrize(
    "identity",
    [
        NOBODY,
        Identity(new_id()),
        Identity(new_id(), new_id(), frozenset({"files"})),
        Identity(new_id(), None, frozenset({"files:read", "admin"})),
    ],
    ids=range(4),
)
def test_whom_a_service_acts_for_arrives_as_it_was_sent(address: str, identity: Identity) -> None:
    answer = asked(address, TOKENS.mint(Room.CHUNKER), **acting_for_header(identity))
    user, device = (str(id) if id else None for id in (identity.user, identity.device))
    assert answer.json() == [user, device, sorted(identity.scopes), False]


@pytest.mark.parametrize(
    "header",
    [
        "", "x", "user=", f'user="{USER.user}"', f'user="{USER.user}", scope=files', f'user="{str(USER.user).upper()}", scope=""',
        f'user="{USER.user}", scope="", scope="admin"', f'user="{USER.user}", scope="a"b"', f'user="{USER.user}", device="x", scope=""',
        f'user="{USER.user}", scope="files", is_service="yes"',
    ],
    ids=range(10),
)  # fmt: skip
def test_a_header_that_cannot_be_read_is_refused(address: str, header: str) -> None:
    answer = asked(address, TOKENS.mint(Room.CHUNKER), **{ACTING_FOR: header})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:cairn:problem:malformed")


def test_a_service_acts_for_no_service() -> None:
    with pytest.raises(Forbidden):
        acting_for_header(Identity(is_service=True, scopes=GRANTS[Room.SYNC]))


def test_whoever_may_not_come_in_is_not_told_what_is_wrong_with_the_header(address: str) -> None:
    assert asked(address, "users", **{ACTING_FOR: "x"}).status_code == 403
