"""A PostgreSQL that hangs is told from one that works long."""

import time

import pytest

from foundation import postgresql
from foundation.database import opened
from foundation.problems import DatabaseUnavailable
from tests.servers.postgresql_server import PostgreSQLServer


def test_a_long_statement_of_a_healthy_server_is_waited_for(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "SILENCE_SECONDS", 0.1)
    with opened(database_url) as database:
        assert database.read(lambda it: it.exec_driver_sql("SELECT pg_sleep(1), 7").one()[1]) == 7


def test_a_frozen_server_is_given_up_in_bounded_time_and_used_again_once_it_answers(
    own_postgresql: PostgreSQLServer,
) -> None:
    with opened(own_postgresql.fresh_database()) as database:
        one = lambda: database.read(lambda it: it.exec_driver_sql("SELECT 1").scalar_one())  # noqa: E731
        assert one() == 1
        own_postgresql.pause()
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            one()
        assert time.monotonic() - started < 20
        own_postgresql.resume()
        assert one() == 1
