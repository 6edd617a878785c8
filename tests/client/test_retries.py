"""What may be repeated is, with growing pauses, within a budget; what may not is tried once."""

import socket
import threading

import pytest

from client import CairnClient, ClientSettings, RetryPolicy, ServerUnreachable
from client.retry import Failure
from foundation.problems import Problem, Unavailable
from tests.client.conftest import IMPATIENT
from tests.client.documents import bucket_document
from tests.client.scripted_server import Answer, ScriptedServer

ME = Answer.json({"user_id": "u", "email": "ada@example.org"})
AWAY = Failure(Unavailable(), is_temporary=True, may_have_happened=False)


def longest_die() -> float:
    return 0.999999


def delay(failure: Failure, tries: int = 1, waited: float = 0, *, is_repeatable: bool = True) -> float | None:
    return RetryPolicy().delay(failure, tries, waited, is_repeatable, longest_die)


def test_pauses_double_up_to_the_longest() -> None:
    pauses = [delay(AWAY, tries) for tries in (1, 2, 3, 4, 5, 6, 7, 100)]
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5], rel=0.01)


def test_half_of_a_pause_is_chance() -> None:
    assert RetryPolicy().delay(AWAY, 3, 0, True, lambda: 0.0) == pytest.approx(0.2)


def test_retry_after_is_the_least_that_is_waited() -> None:
    asked = Failure(Unavailable(), is_temporary=True, may_have_happened=False, retry_after_seconds=7)
    assert delay(asked) == 7


def test_beyond_the_budget_nothing_is_tried() -> None:
    assert delay(AWAY, 10, waited=54) is not None
    assert delay(AWAY, 10, waited=56) is None


def test_what_may_have_happened_is_not_repeated_unless_that_is_harmless() -> None:
    unsure = Failure(Unavailable(), is_temporary=True, may_have_happened=True)
    assert delay(unsure, is_repeatable=False) is None
    assert delay(unsure, is_repeatable=True) is not None
    assert delay(AWAY, is_repeatable=False) is not None


def test_what_is_not_temporary_is_not_repeated() -> None:
    assert delay(Failure(Problem(), is_temporary=False, may_have_happened=False)) is None


@pytest.mark.parametrize(
    "hiccup",
    [
        Answer.problem("unavailable", 503),
        Answer.problem("too-many", 429),
        Answer(502, b"<html>", "text/html"),
        Answer(504, b"", "text/plain"),
        Answer(200, b'{"user_', is_cut=True),
    ],
)
def test_a_hiccup_is_ridden_out(liar: ScriptedServer, client: CairnClient, hiccup: Answer) -> None:
    liar.answers(hiccup, hiccup, ME)
    assert client.who() == "ada@example.org"
    assert len(liar.asked) == 3


@pytest.mark.parametrize(
    "first", [Answer(201, b"{", is_cut=True), Answer.problem("outcome-unknown", 503)], ids=["lost", "unknown"]
)
def test_what_makes_something_is_repeated_under_its_first_key(
    liar: ScriptedServer, client: CairnClient, first: Answer
) -> None:
    liar.answers(first, Answer.json(bucket_document(), 201))
    assert client.create_bucket("studio").name == "studio"
    one, again = (asked.headers["Idempotency-Key"] for asked in liar.asked)
    assert one == again
    client.create_bucket("studio")
    assert liar.asked[-1].headers["Idempotency-Key"] != one


def test_a_call_that_must_not_be_repeated_is_made_again_where_the_server_says_that_nothing_happened(
    liar: ScriptedServer, client: CairnClient
) -> None:
    liar.answers(Answer.problem("database-unavailable", 503), Answer.json(bucket_document(), 201))
    assert client.create_bucket("studio").name == "studio"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 422, 500])
def test_a_refusal_is_not_repeated(liar: ScriptedServer, client: CairnClient, status: int) -> None:
    liar.answers(Answer.problem("no", status))
    with pytest.raises(Problem):
        client.who()
    assert len(liar.asked) == 1


def test_a_server_that_is_away_for_good_is_told_when_the_budget_is_spent() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        # Bound, and not listening: connections are refused.
        hasty = ClientSettings(retry=RetryPolicy(budget_seconds=0.05, first_delay_seconds=0.01))
        with CairnClient(url, "token", hasty) as away, pytest.raises(ServerUnreachable):
            away.who()


def test_a_closed_client_wakes_those_who_wait_for_its_server(liar: ScriptedServer) -> None:
    asked, may_end = threading.Event(), threading.Event()

    def script(_: object) -> Answer:
        asked.set()
        may_end.wait(10)
        return ME

    liar.script = script
    client = CairnClient(liar.url, "token", IMPATIENT)
    caught: list[BaseException] = []

    def ask() -> None:
        try:
            client.who()
        except ServerUnreachable as problem:
            caught.append(problem)

    waiting = threading.Thread(target=ask)
    waiting.start()
    asked.wait(10)
    client.close()
    waiting.join(3)
    is_awake = not waiting.is_alive()
    may_end.set()
    waiting.join()
    assert is_awake
    assert len(caught) == 1
