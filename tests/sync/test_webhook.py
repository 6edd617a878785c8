"""The webhook against receivers that fail in every way they can."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from metadata import Notice, NoticeKind
from sync import Webhook, notify
from sync.settings import signing_key
from sync.webhook import DELAYS, signature
from tests.client.scripted_server import Answer, ScriptedServer, scripted_server
from tests.project.sources import PROJECT

SECRET = "an old saying that nobody guesses, 1"
AT = datetime(2026, 11, 21, 14, 2, 3, 456789, tzinfo=UTC)
NOW = 1_800_000_000.5


def notice(kind: NoticeKind = NoticeKind.FILE_DAMAGED, **body: Any) -> Notice:
    return Notice(uuid4(), uuid4(), kind, json.dumps({"path": "hut.blend"} | body), 0, AT)


@dataclass
class Notices:
    """As the catalogue keeps them, in memory: what is taken is due again when something says so."""

    waiting: list[Notice]
    told: list[tuple[Any, timedelta | None, str | None]] = field(default_factory=list)

    def due_notices(self, limit: int, _lease: timedelta) -> list[Notice]:
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return [replace(one, attempts=one.attempts + 1) for one in taken]

    def noticed(self, id: Any, again_in: timedelta | None, error: str | None) -> None:
        self.told.append((id, again_in, error))


@pytest.fixture
def receiver() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        server.answers(Answer(204))
        yield server


def passed(notices: Notices, webhook: Webhook | None) -> int:
    return notify(notices, webhook, lambda: None)


def webhook(url: str, timeout_seconds: float = 10) -> Webhook:
    return Webhook(url, SECRET, timeout_seconds, clock=lambda: NOW)


def test_the_signature_is_the_one_that_standard_webhooks_publishes() -> None:
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_notice_arrives_signed_and_is_not_sent_again(receiver: ScriptedServer, status: int) -> None:
    receiver.answers(Answer(status))
    one = notice(NoticeKind.FILE_HEALED, reason="2 parts were missing, healed by an upload")
    notices = Notices([one])
    assert passed(notices, webhook(f"{receiver.url}/hook?of=cairn")) == 1
    assert notices.told == [(one.id, None, None)]
    (asked,) = receiver.asked
    assert (asked.method, asked.path, asked.query) == ("POST", "/hook", {"of": "cairn"})
    assert json.loads(asked.body) == {
        "type": "file.healed",
        "timestamp": "2026-11-21T14:02:03.456789Z",
        "data": {"path": "hut.blend", "reason": "2 parts were missing, healed by an upload"},
    }
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert headers["webhook-id"] == str(one.id)
    assert headers["webhook-timestamp"] == "1800000000"
    signed = f"{one.id}.1800000000.".encode() + asked.body
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [400, 401, 404, 500, 429, 503])
def test_what_is_refused_is_tried_again_later_and_later_and_then_given_up(
    receiver: ScriptedServer, status: int
) -> None:
    receiver.answers(Answer(status))
    one, delays = notice(), []
    for attempts in range(len(DELAYS) + 1):
        notices = Notices([replace(one, attempts=attempts)])
        assert passed(notices, webhook(receiver.url)) == 0
        ((_, again_in, error),) = notices.told
        delays.append(again_in)
        assert error == f"answered {status}"
    assert delays == [*DELAYS, None]
    assert (DELAYS[0], DELAYS[-1], list(DELAYS)) == (timedelta(seconds=5), timedelta(hours=5), sorted(DELAYS))
    assert len({asked.headers["webhook-id"] for asked in receiver.asked}) == 1
    assert len({asked.body for asked in receiver.asked}) == 1


def test_a_receiver_that_refuses_one_notice_gets_the_others(receiver: ScriptedServer) -> None:
    receiver.answers(Answer(400), Answer(200))
    notices = Notices([notice(), notice()])
    assert passed(notices, webhook(receiver.url)) == 1
    assert [error for _, _, error in notices.told] == ["answered 400", None]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_receiver_that_is_busy_ends_the_pass(receiver: ScriptedServer, status: int) -> None:
    receiver.answers(Answer(status))
    notices = Notices([notice(), notice()])
    assert passed(notices, webhook(receiver.url)) == 0
    assert (len(notices.told), len(notices.waiting), len(receiver.asked)) == (1, 1, 1)


@contextmanager
def speaking(speak: Callable[[socket.socket], object]) -> Iterator[str]:
    """The address of a receiver that takes one connection, reads what comes, and then does what it likes until it is cut."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                while True:
                    speak(connection)
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join(20)
        assert not thread.is_alive(), "the connection is still open"


def silent(connection: socket.socket) -> None:
    if not connection.recv(1):
        raise ConnectionResetError


def dripping(connection: socket.socket) -> None:
    connection.sendall(b"x")
    connection.settimeout(0.02)
    with suppress(TimeoutError):
        silent(connection)


@pytest.mark.parametrize("speak", [silent, dripping], ids=["hangs", "drips"])
def test_a_receiver_that_does_not_answer_in_time_ends_the_pass(speak: Callable[[socket.socket], object]) -> None:
    notices = Notices([notice(), notice()])
    with speaking(speak) as url:
        assert passed(notices, webhook(url, timeout_seconds=0.3)) == 0
    assert [(again_in, error) for _, again_in, error in notices.told] == [(DELAYS[0], "no answer")]
    assert len(notices.waiting) == 1


def test_nothing_is_read_of_an_answer_that_never_ends() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000000000000\r\n\r\n"
    is_first = iter([True])
    notices = Notices([notice()])
    with speaking(lambda one: one.sendall(head if next(is_first, False) else bytes(65536))) as url:
        assert passed(notices, webhook(url)) == 1


def test_a_receiver_that_is_not_there_ends_the_pass() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    notices = Notices([notice(), notice()])
    assert passed(notices, webhook(url)) == 0
    assert [error for _, _, error in notices.told] == ["no answer"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver: ScriptedServer, status: int) -> None:
    with scripted_server() as elsewhere:
        receiver.answers(Answer(status, headers={"Location": elsewhere.url}))
        notices = Notices([notice()])
        assert passed(notices, webhook(receiver.url)) == 0
        assert elsewhere.asked == []
    assert [error for _, _, error in notices.told] == [f"answered {status}"]


def test_a_receiver_that_says_it_is_gone_is_left_alone(receiver: ScriptedServer) -> None:
    receiver.answers(Answer(410))
    hook, notices = webhook(receiver.url), Notices([notice(), notice()])
    assert passed(notices, hook) == 0
    notices.waiting = [notice()]
    assert passed(notices, hook) == 0
    assert len(receiver.asked) == 1
    assert [(again_in, error) for _, again_in, error in notices.told] == [
        (None, "answered 410"),
        *2 * [(None, "the receiver is gone")],
    ]


def test_no_proxy_of_the_environment_is_asked(receiver: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_server() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert passed(Notices([notice()]), webhook(receiver.url)) == 1
        assert proxy.asked == []


def test_without_a_webhook_notices_are_ticked_off() -> None:
    waiting = [notice() for _ in range(300)]
    notices = Notices(waiting)
    assert passed(notices, None) == 0
    assert notices.told == [(one.id, None, None) for one in waiting]


def test_the_check_that_the_manual_shows_knows_what_is_genuine(receiver: ScriptedServer) -> None:
    manual = (PROJECT / "docs" / "operations.md").read_text()
    program = manual.partition("```python\n")[2].partition("```")[0]
    shown: dict[str, Any] = {}
    exec(program, shown)  # noqa: S102 — our own page.
    is_genuine = shown["is_genuine"]
    assert passed(Notices([notice()]), Webhook(receiver.url, SECRET)) == 1
    (asked,) = receiver.asked
    assert is_genuine(asked.headers, asked.body, SECRET)
    assert not is_genuine(asked.headers, asked.body + b" ", SECRET)
    assert not is_genuine(asked.headers, asked.body, SECRET + "2")
    assert not is_genuine(asked.headers | {"webhook-id": str(uuid4())}, asked.body, SECRET)
    assert passed(Notices([notice()]), webhook(receiver.url)) == 1
    assert not is_genuine(receiver.asked[1].headers, receiver.asked[1].body, SECRET), "of another time"
