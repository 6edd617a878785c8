"""Which methods of a seam may be called again after an unknown outcome: declared once, at the Protocol (ALGORITHMS.md, preamble)."""

from collections.abc import Callable
from typing import Any, TypeVar

_Method = TypeVar("_Method", bound=Callable[..., Any])


def repeatable(method: _Method) -> _Method:
    """Mark a Protocol's method: doing it twice has the effect of once. An HTTP client of the seam repeats these, and no others."""
    method.__dict__["is_repeatable"] = True
    return method


def is_repeatable(method: Callable[..., Any]) -> bool:
    return bool(getattr(method, "is_repeatable", False))
