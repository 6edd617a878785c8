"""Keys of an issuer: fetched with restraint, kept through its bad days (FAULTS.md 25)."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from foundation.fetching import MAX_ANSWER_BYTES, Fetcher
from foundation.jwks import MAX_AGE_SECONDS, REFETCH_SECONDS, FetchedKeys, public_keys
from foundation.jwt import JwtVerifier, TrustedIssuer
from foundation.problems import Unauthenticated, Unavailable
from tests.foundation.tokens import AUDIENCE, ISSUER, Clock, Wellspring, claims, ec_key, jwks, signed

OLD, NEW = ec_key("old"), ec_key("new")
GARBAGE = [
    b"",
    b"<html>",
    b"[]",
    b"{}",
    b'{"keys": 7}',
    b'{"keys": []}',
    b'{"keys": [7, null, {}]}',
    b"[" * 100_000,
    b"\xff",
]


def test_1000_unknown_kids_cause_one_fetch_a_minute() -> None:
    clock, spring = Clock(), Wellspring(jwks(OLD))
    verifier = JwtVerifier([TrustedIssuer(ISSUER, AUDIENCE, FetchedKeys(spring, clock))], clock)
    verifier.verify(signed(OLD, claims()))
    clock.seconds += REFETCH_SECONDS
    for number in range(1000):
        with pytest.raises(Unauthenticated):
            verifier.verify(signed(OLD, claims(), {"kid": f"unknown-{number}"}))
    assert spring.fetches == 2
    clock.seconds += REFETCH_SECONDS
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(OLD, claims(), {"kid": "unknown-1"}))
    assert spring.fetches == 3


def test_a_new_key_is_taken_within_a_minute() -> None:
    clock, spring = Clock(), Wellspring(jwks(OLD))
    keys = FetchedKeys(spring, clock)
    keys.keys()
    spring.answer = jwks(OLD, NEW)
    clock.seconds += REFETCH_SECONDS
    assert set(keys.refetch()) == {"old", "new"}


def test_a_key_that_the_issuer_took_back_is_forgotten() -> None:
    clock, spring = Clock(), Wellspring(jwks(OLD, NEW))
    keys = FetchedKeys(spring, clock)
    assert set(keys.keys()) == {"old", "new"}
    spring.answer = jwks(NEW)
    clock.seconds += MAX_AGE_SECONDS
    assert set(keys.keys()) == {"new"}


@pytest.mark.parametrize("answer", [None, *GARBAGE], ids=range(len(GARBAGE) + 1))
def test_an_issuer_that_is_down_or_talks_garbage_keeps_its_old_keys_and_gets_no_new_ones(answer: bytes | None) -> None:
    clock, spring = Clock(), Wellspring(jwks(OLD))
    keys = FetchedKeys(spring, clock)
    keys.keys()
    spring.answer = answer
    clock.seconds += MAX_AGE_SECONDS
    assert set(keys.keys()) == {"old"}
    with pytest.raises(Unavailable):
        keys.refetch()
    assert set(keys.keys()) == {"old"}
    assert spring.fetches == 2


def test_without_any_key_it_is_unavailable_and_tries_again_soon() -> None:
    clock, spring = Clock(), Wellspring(None)
    keys = FetchedKeys(spring, clock)
    for _ in range(10):
        with pytest.raises(Unavailable):
            keys.keys()
    assert spring.fetches == 1
    spring.answer = jwks(OLD)
    clock.seconds += 2
    assert set(keys.keys()) == {"old"}


def test_a_slow_issuer_holds_up_one_caller_and_the_others_go_on_with_the_keys_they_have() -> None:
    asked, answered = threading.Event(), threading.Event()
    spring = Wellspring(jwks(OLD))
    clock = Clock()

    def fetch() -> bytes:
        if spring.fetches:
            asked.set()
            assert answered.wait(20)
        return spring()

    keys = FetchedKeys(fetch, clock)
    keys.keys()
    clock.seconds += MAX_AGE_SECONDS
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(keys.keys)
        assert asked.wait(20)
        assert set(keys.keys()) == {"old"}
        answered.set()
        assert set(slow.result(20)) == {"old"}


def test_keys_that_could_not_verify_anything_here_are_passed_over() -> None:
    good = {**OLD.as_dict(private=False), "kid": "good"}
    others = [
        {**good, "kid": None},
        {**good, "kid": "encrypts", "use": "enc"},
        {**good, "kid": "other", "alg": "ES384"},
        {**good, "kid": "off-curve", "x": good["y"]},
        {**good, "kid": "cut", "x": "AA"},
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
        {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": "AA"},
        {"kty": "RSA", "kid": "short", "n": "x" * 170, "e": "AQAB"},
        {"kty": "RSA", "kid": "empty"},
        "text",
    ]
    assert list(public_keys({"keys": [*others, good]})) == ["good"]


def test_private_parts_that_an_issuer_publishes_are_not_held() -> None:
    leaked = {**OLD.as_dict(private=True), "kid": "leaked"}
    assert not public_keys({"keys": [leaked]})["leaked"].key.is_private


Respond = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Respond], str]]:
    """A real HTTP server on a free port that answers every GET as it is told."""
    servers: list[ThreadingHTTPServer] = []

    def start(respond: Respond) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                respond(self)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/jwks"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def answer(status: int, body: bytes, **headers: str) -> Respond:
    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return respond


def test_keys_are_fetched_over_http(serve: Callable[[Respond], str]) -> None:
    assert set(public_keys(json.loads(Fetcher().get(serve(answer(200, jwks(OLD))))))) == {"old"}


@pytest.mark.parametrize(
    ("status", "body"), [(500, b""), (404, b""), (302, b""), (200, b" " * (MAX_ANSWER_BYTES + 1))], ids=str
)
def test_an_error_a_redirect_and_a_huge_answer_are_unavailable(
    serve: Callable[[Respond], str], status: int, body: bytes
) -> None:
    url = serve(answer(status, body, Location=serve(answer(200, jwks(OLD)))))
    with pytest.raises(Unavailable):
        Fetcher().get(url)


def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        Fetcher().get("http://127.0.0.1:1/jwks")
