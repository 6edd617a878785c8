"""Statements are compiled once for all databases of a tests' process, as a server compiles them once for all its requests.

Each test opens databases of its own, and SQLAlchemy compiles anew for each: half of what a test of a few statements takes.
"""

from collections.abc import Hashable
from typing import Any

from sqlalchemy import Connection, Engine, event


class _Compiled(dict[Hashable, Any]):
    """By statement and kind of database, not by database."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_of_kind(key), compiled)


def _of_kind(key: tuple[Any, ...]) -> Hashable:
    dialect, *rest = key
    return type(dialect), dialect.server_version_info, *rest


_COMPILED = _Compiled()


def compile_once() -> None:
    event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_COMPILED)
