"""Processes of a room take turns, and one that did not answer comes last for a while."""

from itertools import islice

from foundation.addresses import PASSED_OVER_SECONDS, Addresses

BOTH = "http://a:1,http://b:2/"


def test_each_call_begins_with_another_and_goes_on_to_the_others() -> None:
    addresses = Addresses(BOTH)
    assert list(islice(addresses.turn(), 3)) == ["http://a:1", "http://b:2", "http://a:1"]
    assert list(islice(addresses.turn(), 3)) == ["http://b:2", "http://a:1", "http://b:2"]


def test_who_failed_comes_last_until_it_is_tried_again() -> None:
    now = [0.0]
    addresses = Addresses(BOTH, lambda: now[0])
    addresses.failed("http://a:1")
    assert [list(addresses.each()) for _ in range(2)] == [["http://b:2", "http://a:1"]] * 2
    now[0] = PASSED_OVER_SECONDS
    assert {next(addresses.turn()) for _ in range(2)} == {"http://a:1", "http://b:2"}


def test_one_that_failed_alone_is_still_the_one() -> None:
    addresses = Addresses("http://a:1")
    addresses.failed("http://a:1")
    assert list(islice(addresses.turn(), 2)) == ["http://a:1", "http://a:1"]
