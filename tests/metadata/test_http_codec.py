"""What goes between rooms comes out as it went in, for every method of every seam."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_origin, get_type_hints
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.blocks import BlockId
from foundation.identity import Identity
from foundation.problems import Invalid
from metadata import CommitRequest, Copy, Delete, Move, Operation, Page, Precondition
from metadata.calls import SEAMS, WHOLE, Call
from metadata.codec import Unfit, acting_for, codec_of
from tests.metadata.values import same, values_of

# Many methods share their values: few of each make many of all.
FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ME = Identity(UUID(int=1), UUID(int=2), frozenset({"files"}))
CALLS = {f"{call.seam}.{call.method}": call for calls in (*SEAMS.values(), WHOLE) for call in calls.values()}


def unordered(hint: Any, value: Any) -> Any:
    """A Collection has no order, and is whatever can be looked through."""
    return sorted(value, key=repr) if get_origin(hint) is Collection else value


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@FEW
@given(data=st.data())
def test_arguments_come_out_as_they_went_in(call: Call, data: st.DataObject) -> None:
    hints = get_type_hints(call.declared)
    given_ones = {name: data.draw(values_of(hints[name], ME), name) for name in call.signature.parameters}
    body = call.request(ME, given_ones)
    taken = call.arguments_from(ME, body)
    assert taken.keys() == given_ones.keys()
    for name, value in given_ones.items():
        hint = hints[name]
        assert same(unordered(hint, taken[name]), unordered(hint, value)), name


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@FEW
@given(data=st.data())
def test_results_come_out_as_they_went_in(call: Call, data: st.DataObject) -> None:
    result = data.draw(values_of(get_type_hints(call.declared)["return"], ME))
    assert same(call.result_from(call.answer(result)), result)


@pytest.mark.parametrize("call", [call for call in CALLS.values() if call.has_caller], ids=lambda call: call.path)
@FEW
@given(data=st.data())
def test_a_body_never_names_whom_it_acts_for(call: Call, data: st.DataObject) -> None:
    hints = get_type_hints(call.declared)
    given_ones = {name: data.draw(values_of(hints[name], ME), name) for name in call.signature.parameters}
    document = orjson.loads(call.request(ME, given_ones))
    assert document.keys() == given_ones.keys() - {"caller"}


def test_commits_of_two_people_are_no_one_call() -> None:
    other = Identity(UUID(int=3), None, frozenset({"files"}))
    commits = [CommitRequest(ME, UUID(int=4)), CommitRequest(other, UUID(int=5))]
    with pytest.raises(ValueError, match="one person"):
        SEAMS["commits"]["commit"].request(ME, {"requests": commits})


def test_operations_that_share_their_fields_stay_what_they_are() -> None:
    operations: list[Operation] = [Delete(path="a"), Copy("b", path="a"), Move("c", path="a")]
    codec = codec_of(Sequence[Operation])
    assert codec.encode is not None
    with acting_for(ME):
        again = codec.decode(orjson.loads(orjson.dumps(codec.encode(operations))))
    assert [type(one) for one in again] == [Delete, Copy, Move]


@pytest.mark.parametrize(
    ("hint", "document", "place"),
    [
        (int, True, ""),
        (bool, 1, ""),
        (str, None, ""),
        (datetime, "2026-01-01T00:00:00", ""),
        (BlockId, "AB" * 32, ""),
        (Sequence[int], [1, "2"], "1"),
        (Page[int], {"items": [1, None], "next_key": None}, "items.1"),
        (Precondition, {"has_base": False, "base_version": None, "if_match": []}, ""),
        (Operation, {"Put": {}, "Delete": {}}, ""),
        (Operation, {"__init__": {}}, ""),
        (Operation, {"DeletePrefix": {"prefix": 3}}, "DeletePrefix.prefix"),
        (tuple[int, str], [1], ""),
        (tuple[int, str], [1, 2], "1"),
        (dict[str, int], {"a": "b"}, "a"),
        (UUID | None, "nobody", ""),
    ],
    ids=repr,
)
def test_what_does_not_fit_is_refused_with_its_place(hint: Any, document: Any, place: str) -> None:
    with pytest.raises(Unfit) as refused:
        codec_of(hint).decode(document)
    assert ".".join(refused.value.place) == place


def test_a_field_that_this_code_does_not_know_is_refused_not_passed_over() -> None:
    with pytest.raises(Unfit):
        codec_of(Delete).decode({"file_id": None, "path": "a", "precondition": None, "only_if": "b"})


@pytest.mark.parametrize("text", ["\ud800", "a\udfff"])
def test_text_that_json_cannot_say_is_refused_before_it_is_sent(text: str) -> None:
    call = SEAMS["files"]["find"]
    with pytest.raises(Invalid):
        call.request(ME, call.bound(ME, text, "path"))


@dataclass(frozen=True)
class Odd:
    what: object


@pytest.mark.parametrize("hint", [object, Odd, dict[int, str], str | int, Any], ids=repr)
def test_a_type_without_a_form_is_told_when_the_table_is_made(hint: Any) -> None:
    with pytest.raises(TypeError):
        codec_of(hint)


def test_instants_keep_their_microseconds() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    assert codec_of(datetime).decode(orjson.loads(orjson.dumps(moment))) == moment
