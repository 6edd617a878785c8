"""Statements as spans, with the places of their values and never the values."""

import time
from typing import Any

from sqlalchemy import Engine, event

from foundation import tracing

_MOST_CHARACTERS = 2000


def trace_statements(*engines: Engine) -> None:
    """Of what runs in a trace; what looks by itself is not told."""
    for engine in engines:
        event.listen(engine, "before_cursor_execute", _began)
        event.listen(engine, "after_cursor_execute", _ended)


def _began(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    if context is not None:
        context.cairn_began_ns = time.time_ns()


def _ended(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    parent = tracing.traceparent()
    if parent is None or (began := getattr(context, "cairn_began_ns", None)) is None:
        return
    verb = statement.lstrip("( \n").partition(" ")[0].upper()
    tracing.told(f"database {verb}", parent, began, **{"db.query.text": statement[:_MOST_CHARACTERS]})
