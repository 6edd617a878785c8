"""From the server's JSON of verification to the client's values, as client.answers."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from client.answers import Document, time

T = TypeVar("T")


def value_from(kind: type[T], document: Document) -> T:
    """`document` as a `kind`, one of the values of client.sync_model. Raises ValueError, KeyError, TypeError."""
    hints = get_type_hints(kind)
    values: dict[str, Any] = {
        field.name: _read(hints[field.name], document[field.name])
        for field in fields(kind)  # type: ignore[arg-type]  # All of them are dataclasses.
    }
    return kind(**values)


def _read(hint: Any, value: Any) -> Any:
    if get_origin(hint) in {Union, UnionType}:
        return None if value is None else _read(get_args(hint)[0], value)
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise ValueError("a list is a list")
        return tuple(_read(get_args(hint)[0], one) for one in value)
    return _READERS[hint](value) if hint in _READERS else value_from(hint, value)


def _of(kind: type[Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not isinstance(value, kind):
            raise ValueError(f"{value!r} is no {kind.__name__}")
        return value

    return read


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _instant(value: Any) -> datetime:
    found = time(value)
    if found is None:
        raise ValueError("there is no time")
    return found


_READERS: dict[Any, Callable[[Any], Any]] = {
    str: _of(str),
    bool: _of(bool),
    int: _count,
    float: _number,
    datetime: _instant,
}
