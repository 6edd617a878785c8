"""Lists sent to PostgreSQL arrive as they were."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import DataError

from foundation.database import opened
from tests.servers.postgresql_server import Databases

LISTS: list[tuple[str, list[Any]]] = [
    (
        "text",
        ["", "NULL", "null", "{}", ",", " a ", '"', "\\", '\\"', "a'b", "%s", "é日本\U0001f600", "\n\t", "\u2028"],
    ),
    ("text", ["plain"]),
    ("text", [None, "a,b", None]),
    ("text", []),
    ("int8", [0, -1, 2**63 - 1, -(2**63)]),
    ("int4", [1, None]),
    ("uuid", [UUID(int=0), UUID(int=2**128 - 1)]),
    ("uuid", [UUID(int=7), None]),
    ("bool", [True, False]),
    ("bytea", [b"", b"\0\\x\xff"]),
]


@pytest.mark.parametrize(("kind", "items"), LISTS, ids=range(len(LISTS)))
def test_a_list_arrives_as_it_was(postgresql: Databases, kind: str, items: list[Any]) -> None:
    url = postgresql.fresh_database()
    with opened(url) as database:
        query = f"SELECT CAST(%s AS {kind}[])"
        found = database.read(lambda connection: connection.exec_driver_sql(query, (items,)).scalar_one())
    postgresql.drop_database(url)
    assert found == items


def test_a_text_with_a_nul_is_refused_not_cut_short(postgresql: Databases) -> None:
    url = postgresql.fresh_database()
    with opened(url) as database, pytest.raises(DataError, match="NUL"):
        database.read(lambda connection: connection.exec_driver_sql("SELECT CAST(%s AS text[])", (["a\0b"],)))
    postgresql.drop_database(url)
