"""The seams' values as JSON and back, by their type hints: exactly the same value comes out, its type included, or Unfit is raised.

Encoded are only values that JSON and orjson do not write by themselves (UUID, aware datetime, text, whole numbers and enums they do).
A dataclass is an object of all its fields; of a union of classes, one with the class's name around it. A Sequence keeps whether it was
a tuple: frozen values that hold one or the other are not equal. An Identity never lies in a body: see `acting_for`.
"""

import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from foundation.blocks import BlockId, BlockName
from foundation.identity import Identity
from foundation.problems import Problem, problem_from

Convert = Callable[[Any], Any]
_TUPLE = "tuple"
_MICROSECOND = timedelta(microseconds=1)


class Unfit(ValueError):  # noqa: N818 — what a document is.
    """A document is not of its type. `place`: the fields and indexes that lead to what is wrong."""

    def __init__(self, rule: str, place: tuple[str, ...] = ()) -> None:
        super().__init__(f"{'.'.join(place)}: {rule}" if place else rule)
        self.rule, self.place = rule, place

    def within(self, step: object) -> "Unfit":
        return Unfit(self.rule, (str(step), *self.place))


@dataclass(frozen=True, slots=True)
class Codec:
    """`encode` None: orjson writes the value as it is. `decode` raises Unfit."""

    encode: Convert | None
    decode: Convert


_acting: ContextVar[Identity] = ContextVar("acting_for")


@contextmanager
def acting_for(caller: Identity) -> Iterator[None]:
    """While values are encoded and decoded, `caller` stands for every Identity in them; another one cannot be encoded."""
    token = _acting.set(caller)
    try:
        yield
    finally:
        _acting.reset(token)


@cache
def codec_of(hint: Any) -> Codec:
    """The codec of a type. Raises TypeError for one that this file does not know: when the code is loaded, not when it serves."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is None:
        return _PLAIN.get(hint) or _class(hint)
    if origin in (Union, types.UnionType):
        return _union(arguments)
    if is_dataclass(origin):
        return _record(origin, dict(zip(getattr(origin, "__parameters__", ()), arguments, strict=True)))
    return _container(origin, arguments)


def _container(origin: type, arguments: tuple[Any, ...]) -> Codec:
    if issubclass(origin, Mapping):
        return _mapping(*arguments)
    if origin is tuple and Ellipsis not in arguments:
        return _places([codec_of(argument) for argument in arguments])
    if origin in (set, frozenset, Collection):
        return _collection(origin, codec_of(arguments[0]))
    if issubclass(origin, Sequence):
        return _sequence(codec_of(arguments[0]))
    raise TypeError(f"{origin} has no form on the wire")


def _exactly(kind: type, rule: str) -> Convert:
    def decode(value: Any) -> Any:
        if type(value) is not kind:
            raise Unfit(rule)
        return value

    return decode


def _parsed(parse: Convert, rule: str) -> Convert:
    def decode(value: Any) -> Any:
        if type(value) is not str:
            raise Unfit(rule)
        try:
            return parse(value)
        except ValueError as error:
            raise Unfit(rule) from error

    return decode


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone is none")
    return instant


def _span(microseconds: Any) -> timedelta:
    if type(microseconds) is not int or abs(microseconds) > timedelta.max // _MICROSECOND:
        raise Unfit("This is a span of time in whole microseconds.")
    return timedelta(microseconds=microseconds)


def _caller(identity: Identity) -> None:
    if identity != _acting.get():
        raise ValueError("a call acts for one person")


def _acted_for(value: Any) -> Identity:
    if value is not None:
        raise Unfit("Whom a call acts for stands in its head.")
    return _acting.get()


def _problem(document: Any) -> Problem:
    if type(document) is not dict or type(document.get("status")) is not int:
        raise Unfit("This is a problem document.")
    return problem_from(document, document["status"])


_PLAIN: dict[type, Codec] = {
    type(None): Codec(None, _exactly(type(None), "This is null.")),
    bool: Codec(None, _exactly(bool, "This is true or false.")),
    int: Codec(None, _exactly(int, "This is a whole number.")),
    str: Codec(None, _exactly(str, "This is a text.")),
    UUID: Codec(None, _parsed(UUID, "This is a UUID.")),
    datetime: Codec(None, _parsed(_instant, "This is an instant with its zone (RFC 3339).")),
    timedelta: Codec(lambda span: span // _MICROSECOND, _span),
    bytes: Codec(bytes.hex, _parsed(bytes.fromhex, "These are bytes in hex.")),
    BlockId: Codec(bytes.hex, _parsed(BlockId.parse, "A block id is 64 lower-case hex digits.")),
    BlockName: Codec(str, _parsed(BlockName.parse, "A block name is <sha256>.<writer>-<nonce>[.<codec>].")),
    Identity: Codec(_caller, _acted_for),
    Problem: Codec(Problem.document, _problem),
}


def _class(kind: Any) -> Codec:
    if is_dataclass(kind):
        return _record(kind, {})
    if isinstance(kind, type) and issubclass(kind, Enum):
        members = {member.value: member for member in kind}
        return Codec(None, _member(members))
    raise TypeError(f"{kind} has no form on the wire")


def _member(members: Mapping[Any, Enum]) -> Convert:
    def decode(value: Any) -> Enum:
        try:
            return members[value]
        except (KeyError, TypeError):
            raise Unfit(f"This is one of: {', '.join(map(str, members))}.") from None

    return decode


def _record(kind: Any, bound: Mapping[Any, Any]) -> Codec:
    if not all(field.init and not field.kw_only for field in fields(kind)):
        raise TypeError(f"{kind} is not made of its fields in their order")
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    codec = fields_codec({name: codec_of(_substituted(hints[name], bound)) for name in names})
    pick, decode = _together(attrgetter, names), codec.decode
    encode = codec.encode or dict
    return Codec(lambda value: encode(zip(names, pick(value), strict=True)), lambda value: kind(*decode(value)))


def _substituted(hint: Any, bound: Mapping[Any, Any]) -> Any:
    if isinstance(hint, TypeVar):
        return bound[hint]
    parameters = getattr(hint, "__parameters__", ())
    return hint[tuple(bound[parameter] for parameter in parameters)] if parameters else hint


def _together(getter: Callable[..., Convert], names: Sequence[str]) -> Convert:
    """`getter(*names)`, a tuple also of one name or none."""
    if len(names) > 1:
        return getter(*names)
    pick = [getter(name) for name in names]
    return lambda value: tuple(one(value) for one in pick)


def fields_codec(codecs: Mapping[str, Codec]) -> Codec:
    """Named values: encoded from (name, value) pairs to an object of exactly these names, decoded to their values in this order."""
    names, decoders = list(codecs), [codec.decode for codec in codecs.values()]
    special = [(name, codec.encode) for name, codec in codecs.items() if codec.encode]
    pick, count = _together(itemgetter, names), len(names)

    def encode(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        document = dict(pairs)
        for name, convert in special:
            document[name] = convert(document[name])
        return document

    def decode(document: Any) -> list[Any]:
        # A field that one side does not know would be a condition that is silently not kept.
        if type(document) is not dict or len(document) != count or not document.keys() >= codecs.keys():
            raise Unfit(f"This is an object of {', '.join(names) or 'nothing'}.")
        values = pick(document)
        try:
            return [decode(value) for decode, value in zip(decoders, values, strict=True)]
        except Unfit:
            raise _placed(zip(names, decoders, values, strict=True)) from None

    return Codec(encode, decode)


def _placed(steps: Iterable[tuple[object, Convert, Any]]) -> Unfit:
    """What is wrong, with its place: told only once something is, since nothing is slower than to keep a path on the way."""
    for step, decode, value in steps:
        try:
            decode(value)
        except Unfit as unfit:
            return unfit.within(step)
    raise AssertionError("what was refused once is refused again")


def _all(codec: Codec, values: Iterable[Any]) -> list[Any]:
    return list(values) if codec.encode is None else [codec.encode(value) for value in values]


def _each(codec: Codec, value: Any) -> list[Any]:
    if type(value) is not list:
        raise Unfit("This is a list.")
    decode = codec.decode
    try:
        return [decode(one) for one in value]
    except Unfit:
        raise _placed((index, decode, one) for index, one in enumerate(value)) from None


def _sequence(item: Codec) -> Codec:
    def encode(value: Any) -> Any:
        return {_TUPLE: _all(item, value)} if type(value) is tuple else _all(item, value)

    def decode(value: Any) -> Any:
        if type(value) is dict and list(value) == [_TUPLE]:
            return tuple(_each(item, value[_TUPLE]))
        return _each(item, value)

    return Codec(encode, decode)


def _collection(kind: Any, item: Codec) -> Codec:
    make = list if kind is Collection else kind
    return Codec(lambda value: _all(item, value), lambda value: make(_each(item, value)))


def _places(items: Sequence[Codec]) -> Codec:
    """A tuple of a fixed length."""

    def encode(value: Any) -> list[Any]:
        return [item.encode(one) if item.encode else one for item, one in zip(items, value, strict=True)]

    def decode(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or len(value) != len(items):
            raise Unfit(f"This is a list of {len(items)}.")
        try:
            return tuple(item.decode(one) for item, one in zip(items, value, strict=True))
        except Unfit:
            raise _placed(
                (n, item.decode, one) for n, (item, one) in enumerate(zip(items, value, strict=True))
            ) from None

    return Codec(encode, decode)


def _mapping(key: Any, value: Any) -> Codec:
    if not issubclass(key, (str, UUID, BlockId, BlockName)):
        raise TypeError(f"{key} is no key on the wire")
    keys, values = codec_of(key), codec_of(value)

    def encode(mapping: Any) -> dict[str, Any]:
        return dict(zip(map(str, mapping), _all(values, mapping.values()), strict=True))

    def decode(document: Any) -> dict[Any, Any]:
        if type(document) is not dict:
            raise Unfit("This is an object.")
        try:
            return {keys.decode(key): values.decode(value) for key, value in document.items()}
        except Unfit:
            both = [(key, keys.decode, key) for key in document]
            raise _placed(both + [(key, values.decode, one) for key, one in document.items()]) from None

    return Codec(encode, decode)


def _union(kinds: tuple[Any, ...]) -> Codec:
    one_of = [kind for kind in kinds if kind is not type(None)]
    inner = codec_of(one_of[0]) if len(one_of) == 1 else _tagged(one_of)
    if len(one_of) == len(kinds):
        return inner
    encode, decode = inner.encode, inner.decode
    return Codec(
        encode and (lambda value: None if value is None else encode(value)),
        lambda value: None if value is None else decode(value),
    )


def _tagged(kinds: Sequence[Any]) -> Codec:
    """Classes that may have the same fields: an object of one name, the class's."""
    if not all(kind is Problem or is_dataclass(kind) for kind in kinds):
        raise TypeError(f"{kinds}: which of them a value is cannot be told on the wire")
    codecs = {kind: codec_of(kind) for kind in kinds}
    decoders = {kind.__name__: codec.decode for kind, codec in codecs.items()}

    def encode(value: Any) -> dict[str, Any]:
        kind = Problem if isinstance(value, Problem) else type(value)
        convert = codecs[kind].encode
        return {kind.__name__: convert(value) if convert else value}

    def decode(value: Any) -> Any:
        if type(value) is not dict or len(value) != 1 or not decoders.keys() >= value.keys():
            raise Unfit(f"This is an object with one of: {', '.join(decoders)}.")
        ((name, document),) = value.items()
        try:
            return decoders[name](document)
        except Unfit as unfit:
            raise unfit.within(name) from None

    return Codec(encode, decode)
