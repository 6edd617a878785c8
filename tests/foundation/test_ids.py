"""Ids made in bulk are ids like any other."""

from itertools import pairwise
from uuid import UUID

from foundation.ids import new_hexes, new_id


def test_ids_made_together_ascend_and_follow_those_made_before() -> None:
    before = new_id().hex
    made = new_hexes(1_000)
    assert all(one < other for one, other in pairwise(made))
    assert before[:12] <= made[0][:12]
    for text in made:
        assert (len(text), UUID(text).version, UUID(text).variant) == (32, 7, UUID(before).variant)
    assert {text[16] for text in made} == set("89ab")
