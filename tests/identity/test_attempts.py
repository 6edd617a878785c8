"""Limits on guessing: what slows a guesser down, and what nobody can do to somebody else with it."""

from dataclasses import replace

import pytest

from identity import IdentityRoom
from identity.attempts import (
    MAX_ENTRIES,
    PER_ACCOUNT,
    PER_NETWORK,
    PER_NETWORK_AND_ACCOUNT,
    QUIET_SECONDS,
    REGISTRATIONS,
    Attempts,
)
from identity.errors import SignInFailed, TooManyAttempts
from identity.sign_in import Browser, KnownBrowsers
from tests.identity.house import EMAIL, HOME, PASSWORD, SECRET

FREE = PER_NETWORK_AND_ACCOUNT.free
THIEF = Browser("198.51.100.7")


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def attempts(seconds: Seconds) -> Attempts:
    return Attempts(seconds)


def wait_of(attempts: Attempts, account: str, address: str, known: str | None = None) -> int:
    """Seconds that the next try has to wait."""
    with pytest.raises(TooManyAttempts) as refused:
        attempts.begin(account, address, known)
    assert refused.value.headers() == {"Retry-After": str(refused.value.members["retry_after_seconds"])}
    return int(refused.value.members["retry_after_seconds"])


def guess_wrong(room: IdentityRoom, browser: Browser, times: int) -> None:
    for _ in range(times):
        with pytest.raises(SignInFailed):
            room.parts.sign_in.sign_in(EMAIL, "wrong password", browser)


def test_of_1000_wrong_passwords_ten_are_looked_at_and_the_others_are_told_when_to_come_again(
    room: IdentityRoom,
) -> None:
    guess_wrong(room, THIEF, FREE)
    for _ in range(1000 - FREE):
        with pytest.raises(TooManyAttempts) as refused:
            room.parts.sign_in.sign_in(EMAIL, "wrong password", THIEF)
        assert 0 < int(refused.value.headers()["Retry-After"]) <= 60
    document = refused.value.document()
    assert f"{document['title']}. {document['detail']}" == "Too many tries. Try again in 1 minute."


def test_the_limit_holds_for_the_right_password_too_and_locks_nobody_out_elsewhere(room: IdentityRoom) -> None:
    guess_wrong(room, THIEF, FREE)
    with pytest.raises(TooManyAttempts):
        room.parts.sign_in.sign_in(EMAIL, PASSWORD, THIEF)
    room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)


def test_a_thousand_networks_together_get_a_try_a_minute_and_the_persons_own_browser_does_not_wait(
    room: IdentityRoom,
) -> None:
    mark = room.parts.sign_in.mark(EMAIL)
    for number in range(PER_ACCOUNT.free):
        guess_wrong(room, Browser(f"10.0.{number >> 8}.{number & 255}"), 1)
    with pytest.raises(TooManyAttempts):
        room.parts.sign_in.sign_in(EMAIL, PASSWORD, HOME)
    room.parts.sign_in.sign_in(EMAIL, PASSWORD, replace(HOME, known=mark))


def test_a_known_browser_has_a_limit_of_its_own(room: IdentityRoom) -> None:
    stolen = replace(THIEF, known=room.parts.sign_in.mark(EMAIL))
    guess_wrong(room, stolen, FREE)
    with pytest.raises(TooManyAttempts):
        room.parts.sign_in.sign_in(EMAIL, PASSWORD, stolen)


@pytest.mark.parametrize("forged", ["", ".", "x", "name.", "é.é", "a.b.c"])
def test_a_mark_of_nobody_here_or_of_somebody_else_is_none(forged: str) -> None:
    known = KnownBrowsers(SECRET)
    others = known.mark("grace@example.org")
    foreign = KnownBrowsers(b"o" * 32).mark(EMAIL)
    renamed = "other." + known.mark(EMAIL).partition(".")[2]
    assert [known.name(mark, EMAIL) for mark in (None, forged, others, foreign, renamed)] == [None] * 5
    own = known.mark(EMAIL)
    assert known.name(own, EMAIL) == own.partition(".")[0]


def test_the_wait_doubles_up_to_a_quarter_of_an_hour_and_is_forgotten_after_a_quiet_hour(
    seconds: Seconds, attempts: Attempts
) -> None:
    for _ in range(FREE):
        attempts.begin("ada", "192.0.2.1")
    for wait in (60, 120, 240, 480, 900, 900):
        assert wait_of(attempts, "ada", "192.0.2.1") == wait
        seconds.now += wait
        attempts.begin("ada", "192.0.2.1")
    seconds.now += QUIET_SECONDS
    for _ in range(FREE):
        attempts.begin("ada", "192.0.2.1")


def test_what_is_refused_does_not_make_the_wait_longer(seconds: Seconds, attempts: Attempts) -> None:
    for _ in range(FREE):
        attempts.begin("ada", "192.0.2.1")
    for second in range(60):
        seconds.now = second
        assert wait_of(attempts, "ada", "192.0.2.1") == 60 - second
    seconds.now = 60
    attempts.begin("ada", "192.0.2.1")


def test_a_flood_from_everywhere_makes_new_devices_wait_a_minute_at_most(seconds: Seconds, attempts: Attempts) -> None:
    for number in range(10_000):
        seconds.now += 60
        attempts.begin("ada", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert wait_of(attempts, "ada", "192.0.2.1") == PER_ACCOUNT.longest_seconds
    attempts.begin("grace", "192.0.2.1")


def test_an_address_that_tries_many_accounts_is_limited_and_its_ipv6_neighbours_are_the_same(
    attempts: Attempts,
) -> None:
    for number in range(PER_NETWORK.free):
        attempts.begin(f"user{number}", f"2001:db8::{number:x}")
    assert wait_of(attempts, "another", "2001:db8::ffff:1") == 1
    attempts.begin("another", "2001:db8:0:1::1")
    attempts.begin("another", "192.0.2.1")
    attempts.begin("another", "2001:db8::ffff:1", "a browser of theirs")


def test_successes_are_not_held_against_anybody(attempts: Attempts) -> None:
    for _ in range(3 * PER_NETWORK.free):
        attempts.succeeded(attempts.begin("ada", "::ffff:192.0.2.1"))


def test_a_success_forgives_what_others_tried_nothing(attempts: Attempts) -> None:
    for number in range(PER_ACCOUNT.free - 1):
        attempts.begin("ada", f"10.0.0.{number}")
    attempts.succeeded(attempts.begin("ada", "192.0.2.1"))
    attempts.begin("ada", "192.0.2.2")
    assert wait_of(attempts, "ada", "192.0.2.1") == 1


def test_accounts_are_made_a_hundred_at_once_from_one_network_then_slowly(seconds: Seconds, attempts: Attempts) -> None:
    for _ in range(REGISTRATIONS.free):
        attempts.begin_registration("192.0.2.1")
    with pytest.raises(TooManyAttempts):
        attempts.begin_registration("192.0.2.1")
    attempts.begin_registration("192.0.2.2")
    attempts.begin("ada", "192.0.2.1")
    seconds.now += 1
    attempts.begin_registration("192.0.2.1")


def test_a_flood_of_addresses_fills_no_memory(attempts: Attempts, seconds: Seconds) -> None:
    for number in range(MAX_ENTRIES // 2):
        seconds.now += 60
        attempts.begin("ada", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(attempts) <= MAX_ENTRIES
