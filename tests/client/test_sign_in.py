"""Signing in by device at a server that is slow, broken, or somebody else: it ends in time, and no secret goes elsewhere."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from client import AddressInvalid, AnswerInvalid, ServerUnreachable, SignInRefused, SignInUnknown
from client.sign_in import DeviceCode, Issued, Provider, issued_when_allowed
from tests.client.scripted_provider import ScriptedProvider, refused, scripted_provider
from tests.client.scripted_server import Answer, Asked, scripted_server

CONFIGURATION = "/.well-known/openid-configuration"
SCOPES = "openid email offline_access files"


@dataclass
class Hours:
    """A clock that only waiting moves on."""

    now: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float, _left: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def house() -> Iterator[ScriptedProvider]:
    with scripted_provider() as provider:
        yield provider


@pytest.fixture
def provider(house: ScriptedProvider) -> Provider:
    return Provider(house.url, "cairn-cli", timeout_seconds=5)


@pytest.fixture
def hours() -> Hours:
    return Hours()


def code_of(provider: Provider) -> DeviceCode:
    return provider.device_code(SCOPES, "cairn on thinkpad")


def signed_in(provider: Provider, hours: Hours) -> Issued:
    return issued_when_allowed(provider, code_of(provider), hours.clock, hours.wait)


def test_the_code_is_asked_for_until_somebody_allowed_it_and_never_sooner_than_the_interval(
    house: ScriptedProvider, provider: Provider, hours: Hours
) -> None:
    house.interval, house.polls = 7, ["authorization_pending"] * 3
    issued = signed_in(provider, hours)
    assert (issued.access_token, issued.refresh_token) == (house.current, house.family[-1])
    assert hours.waits == [7, 7, 7, 7]
    assert house.device_names == ["cairn on thinkpad"]


def test_who_is_told_to_slow_down_waits_five_seconds_longer_from_then_on(
    house: ScriptedProvider, provider: Provider, hours: Hours
) -> None:
    house.interval, house.polls = 5, ["slow_down", "authorization_pending", "slow_down", "authorization_pending"]
    signed_in(provider, hours)
    assert hours.waits == [5, 10, 10, 15, 15]


def test_an_interval_of_nothing_is_no_flood(house: ScriptedProvider, provider: Provider, hours: Hours) -> None:
    house.interval, house.polls = 0, ["authorization_pending"]
    signed_in(provider, hours)
    assert hours.waits == [1, 1]


def test_five_seconds_are_waited_where_the_server_names_no_interval(
    house: ScriptedProvider, provider: Provider, hours: Hours
) -> None:
    code = house.code()
    del code["interval"]
    house.instead["/oauth/device"] = lambda _: Answer.json(code)
    signed_in(provider, hours)
    assert hours.waits == [5]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("access_denied", "not allowed"),
        ("expired_token", "another code"),
        ("invalid_grant", "it says"),
        ("server_error\x1b[2J", "it says"),
    ],
)
def test_a_no_ends_it(house: ScriptedProvider, provider: Provider, hours: Hours, error: str, said: str) -> None:
    house.polls = ["authorization_pending", error]
    with pytest.raises(SignInRefused, match=said) as caught:
        signed_in(provider, hours)
    assert caught.value.members["error"] == error
    assert len(hours.waits) == 2


def test_a_code_that_nobody_entered_ends_by_our_own_clock_too(
    house: ScriptedProvider, provider: Provider, hours: Hours
) -> None:
    house.interval, house.expires_in, house.polls = 5, 12, ["authorization_pending"] * 99
    with pytest.raises(SignInRefused, match="another code"):
        signed_in(provider, hours)
    assert hours.waits == [5, 5, 2]


def test_a_server_that_is_away_for_a_while_is_asked_more_rarely_and_then_as_before(
    house: ScriptedProvider, provider: Provider, hours: Hours
) -> None:
    away = [Answer(503), Answer(502), Answer(429), refused("authorization_pending")]
    house.instead["/oauth/token"] = lambda asked: away.pop(0) if away else house.token(asked)
    signed_in(provider, hours)
    assert hours.waits == [1, 2, 4, 8, 1]


def test_a_server_that_stays_away_is_named_at_the_end(
    house: ScriptedProvider, provider: Provider, hours: Hours
) -> None:
    house.instead["/oauth/token"] = lambda _: Answer(status=500, is_cut=True)
    house.expires_in = 10
    with pytest.raises(ServerUnreachable):
        signed_in(provider, hours)
    assert sum(hours.waits) == 10


def test_a_login_page_of_the_network_is_not_taken_for_the_provider(
    house: ScriptedProvider, provider: Provider, hours: Hours
) -> None:
    page = Answer(body=b"<html>Welcome to our hotel", content_type="text/html")
    house.instead["/oauth/token"] = lambda _: page
    with pytest.raises(AnswerInvalid, match="login page"):
        signed_in(provider, hours)
    house.instead[CONFIGURATION] = lambda _: page
    with pytest.raises(AnswerInvalid, match="login page"):
        code_of(Provider(house.url, "cairn-cli"))


@pytest.mark.parametrize("path", [CONFIGURATION, "/oauth/device", "/oauth/token"])
def test_no_redirect_is_followed(house: ScriptedProvider, provider: Provider, hours: Hours, path: str) -> None:
    with scripted_server() as other:
        house.instead[path] = lambda asked: Answer(307, headers={"Location": other.url + asked.path})
        with pytest.raises(AnswerInvalid, match="redirects"):
            signed_in(provider, hours)
        assert other.asked == []


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:1", "https://{place}", "http://{place}/other", "http://eve@{place}", "", None, 7, []]
)
def test_an_issuer_that_is_not_where_it_was_found_is_refused(
    house: ScriptedProvider, provider: Provider, issuer: object
) -> None:
    if isinstance(issuer, str):
        issuer = issuer.format(place=house.url.removeprefix("http://"))
    house.instead[CONFIGURATION] = lambda _: Answer.json(house.discovered(issuer=issuer))
    with pytest.raises(AnswerInvalid, match="if you trust"):
        code_of(provider)
    assert len(house.server.asked) == 1


@pytest.mark.parametrize("name", ["token_endpoint", "device_authorization_endpoint", "revocation_endpoint"])
@pytest.mark.parametrize(
    "address",
    ["{other}/x", "https://{place}/x", "//{place}/x", "http://{place}@{other_place}/", "/oauth/token", "", 7, {}],
)
def test_no_address_of_another_server_is_used(
    house: ScriptedProvider, provider: Provider, hours: Hours, name: str, address: object
) -> None:
    with scripted_server() as other:
        if isinstance(address, str):
            place, other_place = (url.removeprefix("http://") for url in (house.url, other.url))
            address = address.format(place=place, other=other.url, other_place=other_place)
        house.instead[CONFIGURATION] = lambda _: Answer.json(house.discovered(**{name: address}))
        with pytest.raises(AnswerInvalid, match="not its own"):
            provider.revoke("secret") if name == "revocation_endpoint" else signed_in(provider, hours)
        assert other.asked == []


@pytest.mark.parametrize(
    "changes",
    [
        {"verification_uri": "https://evil.example/device"},
        {"verification_uri": "javascript:alert(1)"},
        {"verification_uri_complete": "file:///etc/passwd"},
        {"verification_uri": None},
        {"user_code": "AB\x1b[2J"},
        {"user_code": ""},
        {"user_code": 7},
        {"device_code": None},
        {"device_code": "x" * 20_000},
        {"expires_in": -1},
        {"expires_in": "600"},
        {"expires_in": 10**12},
        {"interval": True},
        {"interval": 1.5},
    ],
)
def test_impossible_codes_are_refused(house: ScriptedProvider, provider: Provider, changes: dict[str, object]) -> None:
    house.instead["/oauth/device"] = lambda _: Answer.json(house.code(**changes))
    with pytest.raises(AnswerInvalid):
        code_of(provider)


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"access_token": "a", "expires_in": 600},
        {"access_token": "a", "token_type": "mac"},
        {"access_token": "a\r\nX-Evil: 1", "token_type": "Bearer"},
        {"access_token": "", "token_type": "Bearer"},
        {"access_token": "a", "token_type": "Bearer", "refresh_token": 7},
        {"access_token": "a", "token_type": "Bearer", "expires_in": "soon"},
        {"access_token": "a", "token_type": "Bearer", "expires_in": -5},
    ],
)
def test_impossible_tokens_are_refused(
    house: ScriptedProvider, provider: Provider, hours: Hours, document: object
) -> None:
    house.instead["/oauth/token"] = lambda _: Answer.json(document)
    with pytest.raises(AnswerInvalid):
        signed_in(provider, hours)


def test_an_endless_answer_is_not_read_to_its_end(house: ScriptedProvider, provider: Provider) -> None:
    house.instead[CONFIGURATION] = lambda _: Answer(body=b" " * 2**20)
    with pytest.raises(AnswerInvalid, match="more than"):
        code_of(provider)


def test_a_server_that_hangs_is_left_in_time(house: ScriptedProvider) -> None:
    let_go = threading.Event()

    def hang(_: Asked) -> Answer:
        let_go.wait(30)
        return Answer()

    house.instead[CONFIGURATION] = hang
    try:
        with pytest.raises(ServerUnreachable):
            code_of(Provider(house.url, "cairn-cli", timeout_seconds=0.2))
    finally:
        let_go.set()


def test_a_server_that_drips_is_left_in_time_too() -> None:
    """Each byte comes in time; the answer never does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def drip() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not over.wait(0.02):
                    try:
                        peer.sendall(b"x")
                    except OSError:
                        return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            with pytest.raises(ServerUnreachable):
                code_of(Provider(f"http://127.0.0.1:{listening.getsockname()[1]}", "cairn-cli", timeout_seconds=0.3))
        finally:
            over.set()
            dripping.join()


@pytest.mark.parametrize("missing", ["device_authorization_endpoint", "token_endpoint"])
def test_a_provider_without_the_device_flow_is_told_from_a_broken_one(
    house: ScriptedProvider, provider: Provider, hours: Hours, missing: str
) -> None:
    document = house.discovered()
    del document[missing]
    house.instead[CONFIGURATION] = lambda _: Answer.json(document)
    with pytest.raises(SignInUnknown):
        signed_in(provider, hours)
    house.instead[CONFIGURATION] = lambda _: Answer.problem("not-found", 404)
    with pytest.raises(SignInUnknown):
        code_of(Provider(house.url, "cairn-cli"))


@pytest.mark.parametrize(
    "answer",
    [Answer(400, b"nonsense", "text/plain"), Answer.json({"error": 7}, 400), Answer.json([], 401), Answer(403, b"")],
)
def test_a_refusal_that_says_nothing_is_no_answer(house: ScriptedProvider, provider: Provider, answer: Answer) -> None:
    house.instead["/oauth/token"] = lambda _: answer
    with pytest.raises(AnswerInvalid):
        provider.refreshed("r")


def test_a_provider_that_keeps_the_refresh_token_says_so(house: ScriptedProvider, provider: Provider) -> None:
    house.instead["/oauth/token"] = lambda _: Answer.json({"access_token": "a", "token_type": "bearer"})
    assert provider.refreshed("r") == Issued("a", None, None)


@pytest.mark.parametrize(
    "url", ["", "ftp://x", "http://", "http://a\x01b", "https://eve@host", "http://[", "http://h?x=1"]
)
def test_what_is_no_address_of_a_server_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises((AddressInvalid, AnswerInvalid, ServerUnreachable)):
        code_of(Provider(url, "cairn-cli", timeout_seconds=1))


def test_no_secret_is_in_what_is_printed_of_a_value(house: ScriptedProvider, provider: Provider, hours: Hours) -> None:
    issued = signed_in(provider, hours)
    assert house.current not in repr(issued)
    assert house.family[-1] not in repr(issued)
    assert "the-device-code" not in repr(code_of(provider))
