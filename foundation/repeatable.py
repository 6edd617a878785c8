"""Which methods of a seam may be called again after an unknown outcome: declared once, at the Protocol (ALGORITHMS.md, preamble)."""

from collections.abc import Callable
from typing import Any, TypeVar

_Method = TypeVar("_Method", bound=Callable[..., Any])


def repeatable(method: _Method) -> _Method:
    """Mark a Protocol's method: doing it twice has the effect of once. An HTTP client of the seam repeats these, and no others."""
    return repeatable_if(lambda *_arguments: True)(method)


def repeatable_if(holds: Callable[..., bool]) -> Callable[[_Method], _Method]:
    """As `repeatable`, for calls whose arguments say so: `holds` takes them in the method's order, without `self`."""

    def mark(method: _Method) -> _Method:
        method.__dict__["is_repeatable"] = holds
        return method

    return mark


def is_repeatable(method: Callable[..., Any], *arguments: Any) -> bool:
    """Whether a call of `method` with all these `arguments`, those with defaults too, may be repeated."""
    holds = method.__dict__.get("is_repeatable")
    return holds is not None and bool(holds(*arguments))
