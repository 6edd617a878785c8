"""What stands around every answer: headers, TLS, the redirect to it, whose word counts on where a request comes from, the log."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.nginx.conftest import House, Houses, opened
from tests.servers.cairn_server import wait_until

KINDS = {
    "/": 200,
    "/b/studio": 200,
    "/favicon.svg": 200,
    "/api/v1/me": 200,
    "/api/v1/me?cut": 503,
    "/nothing": 404,
    "/%00": 400,
    "/readyz": 200,
}


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With what an own certificate brings, behind a proxy of ours."""
    folder: Path = tmp_path_factory.mktemp("signed")
    with opened(folder, hsts_seconds=31536000, front_proxies="127.0.0.1", plain_http="serve") as one:
        yield one


@pytest.mark.parametrize("path", KINDS)
def test_every_answer_says_that_browsers_must_not_guess_and_by_tls_that_they_must_stay(
    signed: House, path: str
) -> None:
    with signed.secure() as client:
        answer = client.get(path)
    assert answer.status_code == KINDS[path]
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert answer.headers.get_list("strict-transport-security") == ["max-age=31536000"]
    assert answer.headers["server"] == "nginx"
    if answer.headers["content-type"] != "application/json":
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_plain_http_never_says_it_but_for_a_proxy_that_does_tls(signed: House, house: House) -> None:
    with signed.plain() as client:
        assert "strict-transport-security" not in client.get("/").headers
        assert "strict-transport-security" in client.get("/", headers={"X-Forwarded-Proto": "https"}).headers
    with house.plain() as plain, house.secure() as secure:
        assert "strict-transport-security" not in plain.get("/", headers={"X-Forwarded-Proto": "https"}).headers
        assert "strict-transport-security" not in secure.get("/").headers, "the certificate is of its own making"


def received(client: httpx.Client, **headers: str) -> dict[str, str]:
    """What a room is told, by lower-case names."""
    pairs = client.get("/api/v1/me", headers=headers).json()["headers"]
    assert len({name.lower() for name, _ in pairs}) == len(pairs)
    return {name.lower(): value for name, value in pairs}


def test_nobodys_word_counts_on_where_a_request_comes_from(house: House) -> None:
    with house.plain() as client:
        told = received(
            client, **{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Request-Id": "mine"}
        )
    assert (told["x-forwarded-for"], told["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert told["x-request-id"] != "mine"


def test_a_configured_proxys_word_counts_and_only_what_it_added_itself(signed: House) -> None:
    with signed.plain() as client:
        told = received(client, **{"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "https"})
        assert (told["x-forwarded-for"], told["x-forwarded-proto"]) == ("203.0.113.9", "https")
        assert received(client, **{"X-Forwarded-Proto": "gopher"})["x-forwarded-proto"] == "http"


def test_a_room_sees_the_one_credential_that_was_counted(house: House) -> None:
    head = b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: cairn=a\r\nCookie: cairn=b\r\n\r\n"
    with socket.create_connection(("127.0.0.1", house.door.port)) as connection:
        connection.sendall(head)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.count(b'"Cookie"') == 1
    assert b'"cairn=a; cairn=b"' in answer


def handshake(house: House, minimum: ssl.TLSVersion, ciphers: str = "DEFAULT:@SECLEVEL=0") -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(house.door.certificate))
    context.set_ciphers(ciphers)
    context.minimum_version = context.maximum_version = minimum
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context.wrap_socket(
        socket.create_connection(("127.0.0.1", house.door.secure_port)), server_hostname="localhost"
    )


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_is_as_new_as_it_should_be_and_speaks_http_2(house: House, version: ssl.TLSVersion) -> None:
    with handshake(house, version) as connection:
        assert connection.selected_alpn_protocol() == "h2"
        cipher = connection.cipher()
    assert cipher is not None
    assert "GCM" in cipher[0] or "CHACHA20" in cipher[0]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_tls_is_refused(house: House, version: ssl.TLSVersion) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(house, version)


@pytest.mark.parametrize(
    "cipher", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-SHA", "DHE-RSA-AES128-GCM-SHA256"]
)
def test_ciphers_without_forward_secrecy_or_authentication_of_what_they_hide_are_refused(
    house: House, cipher: str
) -> None:
    with pytest.raises(ssl.SSLError):
        handshake(house, ssl.TLSVersion.TLSv1_2, f"{cipher}:@SECLEVEL=0")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_plain_http_leads_to_https_with_its_method_and_its_public_port(houses: Houses, method: str) -> None:
    house = houses(plain_http="redirect", hsts_seconds=60)
    with house.plain() as client:
        content = b"x" * (2 * 1024 * 1024) if method == "PUT" else None
        answer = client.request(
            method, "/api/v1/me?a=%2F%20b&c", headers={"Host": "cairn.example:1234"}, content=content
        )
        assert answer.status_code == 308
        assert answer.headers["location"] == f"https://cairn.example:{house.door.secure_port}/api/v1/me?a=%2F%20b&c"
        assert "strict-transport-security" not in answer.headers
        strange = client.get("/%0d%0aSet-Cookie:%20a=b")
        assert (strange.headers["location"].count("\n"), strange.headers.get("set-cookie")) == (0, None)


SECRETS = ["code-in-query", "token-in-header", "session-in-cookie", "in-referer"]


def test_the_log_is_json_and_holds_no_query_no_cookie_no_token(
    houses: Houses, capfd: pytest.CaptureFixture[str]
) -> None:
    house = houses(absent="sync")
    headers = {
        "Authorization": "Bearer token-in-header",
        "Cookie": "cairn=session-in-cookie",
        "Referer": "https://cairn.example/?in-referer",
    }
    paths = [
        "/api/v1/auth/callback?code=code-in-query",
        "/api/v1/sync/summary?code-in-query",
        "/api/v1/me?cut&code-in-query",
        '/%22"\\?code-in-query',
    ]
    with house.plain(**headers) as client:
        for path in paths:
            client.get(path)
    with socket.create_connection(("127.0.0.1", house.door.port)) as connection:
        connection.sendall(b'GET /caf\xe9/"\xff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
        while connection.recv(65536):
            pass
    with socket.create_connection(("127.0.0.1", house.door.port)) as connection:
        connection.sendall(b"\x16\x03\x01\xff\xfe code-in-query\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while connection.recv(65536):
                pass
    wait_until(lambda: len(house.door.logged()) == 6)
    text = house.door.log() + "".join(capfd.readouterr())
    assert [secret for secret in SECRETS if secret in text] == []
    one = house.door.logged()[2]
    assert (one["path"], one["method"], one["status"], one["room"]) == ("/api/v1/me", "GET", 503, "identity")
    assert len(one["request_id"]) == 32
    assert house.door.logged()[4]["path"] == "/caf"
