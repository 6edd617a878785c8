"""Values of any type that a seam names, and whether two are the same down to their types."""

import types
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st

from foundation.blocks import BlockId, BlockName
from foundation.identity import Identity
from foundation.problems import PreconditionFailed, Problem
from metadata import BlocksMissing, VersionConflict

TEXT = st.text(max_size=8)
WRITERS = st.integers(0, 10**18)
IDS = st.binary(min_size=32, max_size=32).map(BlockId)
NAMES = st.builds(
    BlockName, IDS, WRITERS, st.integers(0, 2**64 - 1).map("{:016x}".format), st.none() | st.sampled_from(["zstd", "x"])
)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30))])
MEMBERS = st.dictionaries(
    st.sampled_from(["missing", "current", "rule"]), st.none() | TEXT | st.lists(TEXT), max_size=2
)
PROBLEMS = st.builds(
    lambda kind, detail, members: kind(detail, **members),
    st.sampled_from([BlocksMissing, VersionConflict, PreconditionFailed]),
    TEXT,
    MEMBERS,
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    type(None): st.none(),
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**64 - 1),
    str: TEXT,
    bytes: st.binary(max_size=40),
    UUID: st.uuids(),
    datetime: st.datetimes(min_value=datetime(1000, 1, 2), timezones=ZONES),  # noqa: DTZ001 — the zone is drawn.
    timedelta: st.timedeltas(min_value=timedelta(days=-(10**6)), max_value=timedelta(days=10**6)),
    BlockId: IDS,
    BlockName: NAMES,
    Problem: PROBLEMS,
}


def values_of(hint: Any, caller: Identity, bound: Mapping[Any, Any] | None = None) -> st.SearchStrategy[Any]:
    """Values of the type `hint`, every Identity in them `caller`."""
    hint = (bound or {}).get(hint, hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Identity:
        return st.just(caller)
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if is_dataclass(origin or hint):
        return _made(origin or hint, arguments, caller)
    if origin in (Union, types.UnionType):
        return st.one_of(*(values_of(one, caller, bound) for one in arguments))
    return _several(origin, [values_of(one, caller, bound) for one in arguments])


def _made(kind: Any, arguments: Sequence[Any], caller: Identity) -> st.SearchStrategy[Any]:
    hints, bound = get_type_hints(kind), dict(zip(getattr(kind, "__parameters__", ()), arguments, strict=True))

    def whole(hint: Any) -> Any:
        open_ones = tuple(bound[one] for one in getattr(hint, "__parameters__", ()))
        return hint[open_ones] if open_ones and not isinstance(hint, TypeVar) else hint

    return st.tuples(*(values_of(whole(hints[one.name]), caller, bound) for one in fields(kind))).map(
        lambda values: kind(*values)
    )


def _several(origin: Any, items: Sequence[st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    if origin is Mapping:
        return st.dictionaries(*items, max_size=3)
    if origin is set:
        return st.sets(*items, max_size=3)
    if origin is Collection:
        some = st.lists(*items, max_size=3)
        return some | some.map(set) | some.map(tuple) | some.map(lambda keys: dict.fromkeys(keys).keys())
    if origin is Sequence:
        return st.lists(*items, max_size=3) | st.lists(*items, max_size=2).map(tuple)
    return st.tuples(*items)


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same type, all the way down. A tuple is no list."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Problem):
        return (one.detail, one.members) == (other.detail, other.members)
    if is_dataclass(one):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    members = [{type(member) for member in value} for value in (one, other) if isinstance(value, set)]
    return bool(one == other) and members[:1] == members[1:]
