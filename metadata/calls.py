"""The catalogue's methods as calls between rooms: a table made of its Protocols, so that a new method needs nothing here.

What is in the table can be called, and nothing else. Both sides read it, so both must be the same version of the code.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, get_type_hints

import orjson

from foundation.authorization import Action
from foundation.identity import Identity
from foundation.problems import Invalid
from foundation.repeatable import is_repeatable, repeatable
from metadata.catalogue import Catalogue
from metadata.codec import Codec, Unfit, acting_for, codec_of, fields_codec
from metadata.parts import Listings


class Whole(Protocol):
    """What the catalogue says about itself."""

    @repeatable
    def is_new(self) -> bool:
        """See Catalogue."""


@dataclass(frozen=True, slots=True)
class Call:
    """One method. Its `caller`, where it has one, travels beside the body."""

    seam: str
    method: str
    signature: inspect.Signature
    arguments: Codec
    result: Codec
    declared: Callable[..., Any]

    @property
    def path(self) -> str:
        """Below INTERNAL."""
        return f"/catalogue/{self.seam}/{self.method}"

    @property
    def has_caller(self) -> bool:
        return "caller" in self.signature.parameters

    def bound(self, *arguments: Any, **named: Any) -> dict[str, Any]:
        """All arguments by name, with what stands where none was given. Raises TypeError as the method itself would."""
        bound = self.signature.bind(*arguments, **named)
        bound.apply_defaults()
        return bound.arguments

    def may_be_repeated(self, bound: Mapping[str, Any]) -> bool:
        return is_repeatable(self.declared, *bound.values())

    def request(self, caller: Identity, bound: Mapping[str, Any]) -> bytes:
        """Raises Invalid for what JSON cannot say: a lone surrogate, a number beyond 64 bits."""
        pairs = [(name, value) for name, value in bound.items() if name != "caller"]
        try:
            with acting_for(caller):
                return _written(self.arguments, pairs)
        except orjson.JSONEncodeError as error:
            raise Invalid(f"{self.seam}.{self.method}: {error}.") from error

    def arguments_from(self, caller: Identity, body: bytes) -> dict[str, Any]:
        """Raises Invalid, which names the field and the rule."""
        try:
            with acting_for(caller):
                values = self.arguments.decode(orjson.loads(body))
        except (orjson.JSONDecodeError, Unfit) as error:
            raise Invalid(f"{error}") from error
        named = dict(zip((name for name in self.signature.parameters if name != "caller"), values, strict=True))
        return {"caller": caller, **named} if self.has_caller else named

    def answer(self, result: Any) -> bytes:
        return _written(self.result, result)

    def result_from(self, body: bytes) -> Any:
        """Raises Unfit for what this method cannot answer."""
        return self.result.decode(orjson.loads(body))


def _written(codec: Codec, value: Any) -> bytes:
    return orjson.dumps(codec.encode(value) if codec.encode else value)


def _call(seam: str, method: str, declared: Callable[..., Any]) -> Call:
    hints = get_type_hints(declared)
    _, *parameters = inspect.signature(declared).parameters.values()
    codecs = {one.name: codec_of(hints[one.name]) for one in parameters if one.name != "caller"}
    return Call(seam, method, inspect.Signature(parameters), fields_codec(codecs), codec_of(hints["return"]), declared)


def _calls(seam: str, protocol: type) -> dict[str, Call]:
    methods = inspect.getmembers(protocol, inspect.isfunction)
    return {name: _call(seam, name, declared) for name, declared in methods if not name.startswith("_")}


def _protocols() -> Mapping[str, type]:
    """The catalogue's seams by name. Its light listings are rows of a database: they stay in their process."""
    hints = get_type_hints(Catalogue)
    seams = {name: hint for name, hint in hints.items() if getattr(hint, "_is_protocol", False)}
    return {name: hint for name, hint in seams.items() if hint is not Listings}


SEAMS: Mapping[str, Mapping[str, Call]] = {name: _calls(name, protocol) for name, protocol in _protocols().items()}
WHOLE: Mapping[str, Call] = _calls("catalogue", Whole)

# What a service must be allowed to call a seam; USE_CATALOGUE where none is named.
ACTIONS: Mapping[str, Action] = dict.fromkeys(
    ("catalogue", "collection", "installation", "jobs", "manifests", "proofs"), Action.COLLECT
)
