"""The service factory: problems on every path, limits, request ids, health and metrics; through ASGI as a server speaks it."""

from collections.abc import AsyncIterator
from types import MappingProxyType
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request

from foundation.http_caller import Anybody, Caller, CallerRoute
from foundation.http_health import Ready
from foundation.http_requests import allow_body
from foundation.http_service import create_service
from foundation.http_wire import Json, RawPath, decode_cursor, encode_cursor, limit, parse_etags
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.problems import CursorInvalid, Malformed, Unauthenticated, Unavailable
from foundation.settings import ServiceSettings
from foundation.wire import Wire

SIGNED_IN = {"Authorization": "Bearer good"}
USER = Identity(user=new_id(), scopes=frozenset({"files"}))


class OneToken:
    def verify(self, credential: str) -> Identity:
        if credential != "good":
            raise Unauthenticated("This token is not valid.")
        return USER


class Body(Wire):
    number: int


def routes() -> APIRouter:
    router = APIRouter(route_class=CallerRoute)

    @router.post("/numbers")
    def number(body: Body, caller: Caller) -> Json:
        return Json({"number": body.number, "signed_in": caller.user is not None})

    @router.get("/numbers")
    def numbers(caller: Anybody) -> Json:
        return Json({"signed_in": caller.user is not None})

    @router.get("/numbers/{number}")
    def one(number: int, caller: Caller, wanted: int) -> Json:
        return Json({"number": number + wanted, "signed_in": caller.user is not None})

    @router.put("/buckets/{bucket}/content/{path:any}")
    async def content(request: Request, bucket: str, path: RawPath) -> Json:
        allow_body(request, 1000)
        return Json({"path": path, "size": len(await request.body())})

    @router.delete("/buckets/{bucket}/content/{path:any}")
    def delete_content(bucket: str, path: RawPath) -> Json:
        return Json({"path": path})

    @router.get("/pages")
    def page(limit: Annotated[int, limit(10, 100)] = 10) -> Json:
        return Json(limit)

    @router.get("/broken")
    def broken() -> Json:
        raise RuntimeError("the inside's secret")

    return router


def service(notices: Ready = MappingProxyType({}), **settings: Any) -> FastAPI:
    def down() -> None:
        raise Unavailable

    return create_service(
        "test",
        [routes()],
        settings=ServiceSettings(max_body_bytes=100, **settings),
        verifier=OneToken(),
        ready={"good": lambda: None} if notices else {"good": lambda: None, "bad": down},
        notices=notices,
    )


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    async with client(service()) as opened:
        yield opened


def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cairn.test/api/v1")


pytestmark = pytest.mark.anyio


def problem(answer: httpx.Response) -> str:
    """The slug, once it is certain that this is a problem document in full."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    return str(document["type"]).removeprefix("urn:cairn:problem:")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "slug"),
    [
        ("GET", "/nowhere", b"", 404, "not-found"),
        ("DELETE", "/numbers", b"", 405, "method-not-allowed"),
        ("POST", "/numbers", b"{", 400, "malformed"),
        ("POST", "/numbers", b'{"number": "three"}', 422, "invalid"),
        ("POST", "/numbers", b'{"number": 3, "colour": "red"}', 422, "invalid"),
        ("POST", "/numbers", b'{"number": "' + b"9" * 200 + b'"}', 413, "too-large"),
        ("GET", "/pages?limit=0", b"", 422, "invalid"),
        ("GET", "/pages?limit=1000000000", b"", 422, "invalid"),
        ("GET", "/broken", b"", 500, "internal"),
        ("PUT", "/buckets/b/content/a%", b"", 400, "malformed"),
        ("PUT", "/buckets/b/content/%ff", b"", 400, "malformed"),
    ],
)
async def test_every_error_is_a_problem_document(
    api: httpx.AsyncClient, method: str, path: str, body: bytes, status: int, slug: str
) -> None:
    answer = await api.request(method, path, content=body, headers=SIGNED_IN | {"Content-Type": "application/json"})
    assert (answer.status_code, problem(answer)) == (status, slug)


async def test_a_method_that_is_not_taken_is_told_all_that_are(api: httpx.AsyncClient) -> None:
    answer = await api.post("/buckets/b/content/a")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, PUT")


async def test_nothing_of_the_inside_leaves_with_an_unexpected_error(api: httpx.AsyncClient) -> None:
    assert "secret" not in (await api.get("/broken")).text


async def test_a_route_that_streams_sets_its_own_limit(api: httpx.AsyncClient) -> None:
    assert (await api.put("/buckets/b/content/a", content=b"x" * 900)).json()["size"] == 900
    assert problem(await api.put("/buckets/b/content/a", content=b"x" * 1001)) == "too-large"


async def test_a_path_arrives_as_it_was_sent(api: httpx.AsyncClient) -> None:
    answer = await api.put("/buckets/content/content/a%2Fb//%252e/content/c", content=b"")
    assert answer.json()["path"] == "a/b//%2e/content/c"


async def test_a_path_may_hold_a_line_feed_which_is_the_rules_to_judge(api: httpx.AsyncClient) -> None:
    assert (await api.put("/buckets/b/content/a%0D%0Ab%0A", content=b"")).json()["path"] == "a\r\nb\n"


async def test_headers_have_a_limit(api: httpx.AsyncClient) -> None:
    assert problem(await api.get("/pages", headers={"X-Long": "x" * 70_000})) == "headers-too-large"


async def test_a_wrong_token_is_401_and_none_is_nobody_who_reads_what_is_public(api: httpx.AsyncClient) -> None:
    wrong = await api.post("/numbers", json={"number": 1}, headers={"Authorization": "Bearer bad"})
    assert problem(wrong) == "unauthenticated"
    assert "Bearer" in wrong.headers["www-authenticate"]
    assert (await api.get("/numbers")).json() == {"signed_in": False}
    assert problem(await api.get("/numbers", headers={"Authorization": "Bearer bad"})) == "unauthenticated"


@pytest.mark.parametrize("credential", ["", "Bearer bad"])
async def test_nobody_learns_what_is_wrong_with_a_request(api: httpx.AsyncClient, credential: str) -> None:
    async def refused(token: str, method: str, path: str, content: bytes = b"") -> str:
        headers = {"Content-Type": "application/json"} | ({"Authorization": token} if token else {})
        return problem(await api.request(method, path, content=content, headers=headers))

    wrong = [("GET", "/numbers/1"), ("GET", "/numbers/x?wanted=1"), ("POST", "/numbers"), ("POST", "/numbers", b"{")]
    wrong += [("POST", "/numbers", b'{"number": "three"}')]
    for request in wrong:
        assert await refused(credential, *request) == "unauthenticated", request
        assert await refused(SIGNED_IN["Authorization"], *request) in ("invalid", "malformed"), request


async def test_a_body_of_nobody_is_not_read(api: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("it is read")
        yield b""

    headers = {"Content-Type": "application/json"}
    assert problem(await api.post("/numbers", content=body(), headers=headers)) == "unauthenticated"


async def test_a_browsers_session_changes_things_only_from_its_own_origin(api: httpx.AsyncClient) -> None:
    async def post(**headers: str) -> int:
        answer = await api.post("/numbers", json={"number": 1}, headers={"Cookie": "cairn=good"} | headers)
        return answer.status_code

    assert await post(Origin="http://cairn.test") == 200
    assert await post(**{"Sec-Fetch-Site": "same-origin"}) == 200
    assert await post(**{"Origin": "http://cairn.test", "Sec-Fetch-Site": "same-origin"}) == 200
    assert await post(**{"Origin": "http://cairn.test", "Sec-Fetch-Site": "cross-site"}) == 403
    assert await post(Origin="http://evil.test") == 403
    assert await post(Origin="null") == 403
    assert await post(**{"Sec-Fetch-Site": "same-site"}) == 403
    assert await post() == 403


async def test_an_answer_carries_the_requests_id_or_a_new_one(api: httpx.AsyncClient) -> None:
    assert (await api.get("/pages", headers={"X-Request-Id": "given-1"})).headers["x-request-id"] == "given-1"
    assert len((await api.get("/pages", headers={"X-Request-Id": "no good\t"})).headers["x-request-id"]) == 16


async def test_no_cache_keeps_a_document_that_says_nothing_of_it(api: httpx.AsyncClient) -> None:
    for answer in (await api.get("/api/v1/numbers", headers=SIGNED_IN), await api.get("/api/v1/nothing")):
        assert answer.headers["Cache-Control"] == "no-store"


async def test_readiness_names_what_is_down_and_says_no_more(api: httpx.AsyncClient) -> None:
    answer = await api.get("http://cairn.test/readyz")
    assert (answer.status_code, answer.json()) == (503, {"services": {"good": "ok", "bad": "unavailable"}})
    assert (await api.get("http://cairn.test/healthz")).status_code == 200


async def test_a_notice_is_told_and_turns_nobody_away() -> None:
    def off() -> None:
        raise Unavailable

    async with client(service({"collection": off})) as api:
        answer = await api.get("http://cairn.test/readyz")
        assert (answer.status_code, answer.json()) == (200, {"services": {"collection": "unavailable", "good": "ok"}})


async def test_metrics_count_by_route_not_by_address(api: httpx.AsyncClient) -> None:
    await api.put("/buckets/b/content/secret-name", content=b"")
    metrics = (await api.get("http://cairn.test/metrics")).text
    assert "cairn_http_requests_total" in metrics
    assert "secret-name" not in metrics


async def test_other_origins_are_let_in_only_where_they_are_named() -> None:
    asked = {"Origin": "https://app.test", "Access-Control-Request-Method": "GET"}
    async with client(service(cors_origins=["https://app.test"])) as named, client(service()) as closed:
        assert (await named.options("/pages", headers=asked)).headers[
            "access-control-allow-origin"
        ] == "https://app.test"
        assert "access-control-allow-origin" not in (await closed.options("/pages", headers=asked)).headers


def test_every_origin_at_once_is_refused() -> None:
    with pytest.raises(ValueError, match="Name origins"):
        service(cors_origins=["*"])


def test_a_cursor_fits_only_the_list_it_was_made_for() -> None:
    cursor = encode_cursor("files", ("bucket", "prefix"), "key\ud800?".replace("\ud800", "é"))
    assert decode_cursor("files", ("bucket", "prefix"), cursor) == "keyé?"
    for route, scope, text in [
        ("files", ("other", "prefix"), cursor),
        ("trash", ("bucket", "prefix"), cursor),
        ("files", (), "!"),
    ]:
        with pytest.raises(CursorInvalid):
            decode_cursor(route, scope, text)


@pytest.mark.parametrize(
    ("header", "tags"),
    [(None, ()), ("*", ("*",)), ('"a"', ("a",)), ('"a", "b,c"', ("a", "b,c")), ('W/"a"', ("W/a",)), ('""', ("",))],
)
def test_entity_tags_are_read_as_rfc_9110_writes_them(header: str | None, tags: tuple[str, ...]) -> None:
    assert parse_etags(header) == tags


@pytest.mark.parametrize("header", ["", "a", '"a" "b"', '"a', "w/a", '"a",, x'])
def test_other_spellings_of_entity_tags_are_refused(header: str) -> None:
    with pytest.raises(Malformed):
        parse_etags(header)
