"""As much of PromQL as the alerts speak, evaluated on values that a test writes down (Prometheus 2.45, "Querying basics")."""

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import promql_parser as promql

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
WINDOW_SECONDS = 600.0

_OPERATORS: Mapping[str, Callable[[float, float], float]] = {"/": operator.truediv, "+": operator.add}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt, "<": operator.lt, "==": operator.eq,
}  # fmt: skip
_AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {"sum": sum, "max": max, "min": min}


@dataclass(frozen=True)
class Sample:
    """Of a series: its value, and what it was at the beginning of every window that is asked for (WINDOW_SECONDS)."""

    name: str
    value: float
    before: float = 0.0
    labels: Labels = frozenset()


def sample(name: str, value: float, before: float = 0.0, **labels: str) -> Sample:
    return Sample(name, value, before, frozenset(labels.items()))


def names(expression: str) -> set[str]:
    """The metrics that it asks for."""
    return {selector.name for selector in _selectors(promql.parse(expression))}


def _selectors(node: Any) -> Iterator[Any]:
    if isinstance(node, promql.VectorSelector):
        yield node
    for child in _children(node):
        yield from _selectors(child)


def _children(node: Any) -> list[Any]:
    if isinstance(node, promql.Call):
        return list(node.args)
    found = (getattr(node, name, None) for name in ("expr", "lhs", "rhs", "vector_selector"))
    return [child for child in found if child is not None]


def evaluated(expression: str, samples: Sequence[Sample]) -> Vector:
    found = _value(promql.parse(expression), samples)
    assert isinstance(found, dict)
    return found


def _value(node: Any, samples: Sequence[Sample]) -> "Vector | float":
    return _BY_KIND[type(node)](node, samples)


def _selected(node: Any, samples: Sequence[Sample], value: Callable[[Sample], float] = lambda one: one.value) -> Vector:
    return {one.labels: value(one) for one in samples if one.name == node.name and _matches(node.matchers, one)}


def _matches(matchers: Any, one: Sample) -> bool:
    labels = dict(one.labels)
    for matcher in matchers.matchers:
        is_regex = str(matcher.op).endswith(("Re", "NotRe"))
        given = labels.get(matcher.name, "")
        is_equal = re.fullmatch(matcher.value, given) is not None if is_regex else matcher.value == given
        if is_equal == ("Not" in str(matcher.op)):
            return False
    return True


def _called(node: Any, samples: Sequence[Sample]) -> Vector:
    (argument,) = node.args
    if node.func.name == "absent":
        return {} if _value(argument, samples) else {frozenset(): 1.0}
    seconds = {"rate": WINDOW_SECONDS, "increase": 1.0}[node.func.name]
    return _selected(argument.vector_selector, samples, lambda one: (one.value - one.before) / seconds)


def _aggregated(node: Any, samples: Sequence[Sample]) -> Vector:
    groups: dict[Labels, list[float]] = defaultdict(list)
    kept = set(node.modifier.labels) if node.modifier else set()
    inner = _value(node.expr, samples)
    assert isinstance(inner, dict)
    for labels, value in inner.items():
        groups[frozenset(pair for pair in labels if pair[0] in kept)].append(value)
    return {labels: _AGGREGATES[str(node.op)](values) for labels, values in groups.items()}


def _combined(node: Any, samples: Sequence[Sample]) -> Vector:
    left, right = _value(node.lhs, samples), _value(node.rhs, samples)
    assert isinstance(left, dict)
    other = (lambda _labels: right) if isinstance(right, float) else right.get
    pairs = {labels: (value, other(labels)) for labels, value in left.items()}
    both = {labels: (one, two) for labels, (one, two) in pairs.items() if two is not None}
    op = str(node.op)
    if op in _COMPARISONS:
        return {labels: one for labels, (one, two) in both.items() if _COMPARISONS[op](one, two)}
    return {labels: _OPERATORS[op](one, two) for labels, (one, two) in both.items()}


_BY_KIND: Mapping[type[Any], Callable[[Any, Sequence[Sample]], "Vector | float"]] = {
    promql.VectorSelector: partial(_selected),
    promql.Call: _called,
    promql.AggregateExpr: _aggregated,
    promql.BinaryExpr: _combined,
    promql.ParenExpr: lambda node, samples: _value(node.expr, samples),
    promql.NumberLiteral: lambda node, _samples: float(node.val),
}
