"""The test servers keep what they promise: durable, faulty on demand, gone at the end."""

import contextlib
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.servers.postgresql_server import Databases, PostgreSQLServer, connect

PROJECT = Path(__file__).resolve().parents[2]


def test_databases_of_one_server_are_empty_bytewise_and_apart(postgresql: Databases) -> None:
    one, two = postgresql.fresh_database(), postgresql.fresh_database()
    with psycopg.connect(one.replace("+psycopg", "")) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        connection.execute("CREATE TABLE names (name text)")
        connection.execute("INSERT INTO names VALUES ('b'), ('ä'), ('A'), ('a')")
        names = [row[0] for row in connection.execute("SELECT name FROM names ORDER BY name")]
        durable = [connection.execute(f"SHOW {setting}").fetchone() for setting in ("fsync", "synchronous_commit")]
    with psycopg.connect(two.replace("+psycopg", "")) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    postgresql.drop_database(one)
    postgresql.drop_database(two)
    assert names == ["A", "a", "b", "ä"]
    assert durable == [("on",), ("on",)]
    assert tables == (0,)


def test_a_copied_database_holds_what_its_template_holds(postgresql: Databases, database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE names (name text)")
    copy = postgresql.fresh_database(template=database_url)
    with psycopg.connect(copy.replace("+psycopg", "")) as connection:
        rows = connection.execute("SELECT * FROM names").fetchall()
    postgresql.drop_database(copy)
    assert rows == []


def test_a_server_that_was_stopped_or_killed_comes_back_with_what_was_committed(
    own_postgresql: PostgreSQLServer,
) -> None:
    port = own_postgresql.address.port
    with connect(port) as connection:
        connection.execute("CREATE TABLE kept (way text)")
    ways = {"fast": own_postgresql.stop, "immediate": lambda: own_postgresql.stop("immediate")}
    for way, end in (ways | {"killed": own_postgresql.kill}).items():
        with connect(port) as connection:
            connection.execute("INSERT INTO kept VALUES (%s)", [way])
        end()
        with pytest.raises(psycopg.OperationalError):
            connect(port)
        own_postgresql.start()
    with connect(port) as connection:
        assert connection.execute("SELECT way FROM kept").fetchall() == [("fast",), ("immediate",), ("killed",)]


def test_a_frozen_server_keeps_its_connections_and_answers_nothing_until_it_is_resumed(
    own_postgresql: PostgreSQLServer,
) -> None:
    with connect(own_postgresql.address.port) as connection:
        own_postgresql.pause()
        connection.pgconn.send_query(b"SELECT 1")
        connection.pgconn.flush()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(host="127.0.0.1", port=own_postgresql.address.port, user="postgres", connect_timeout=2)
        connection.pgconn.consume_input()
        assert connection.pgconn.is_busy()
        own_postgresql.resume()
        result = connection.pgconn.get_result()
        assert result is not None
        assert result.get_value(0, 0) == b"1"
        assert connection.pgconn.get_result() is None


def test_a_session_server_ends_when_its_last_user_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from tests.servers.keeper import Databases, shared_server\n"
        "with shared_server(Databases, pathlib.Path(sys.argv[1])) as databases:\n"
        "    print(databases.port, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with contextlib.ExitStack() as stack:
        users = [stack.enter_context(start_user(command)) for _ in range(2)]
        ports = {int(user.stdout.readline()) for user in users if user.stdout}
        assert len(ports) == 1, "Both users share one server"
        connection = stack.enter_context(connect(*ports))
        for user in users:
            user.kill()
            user.wait()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT pg_sleep(60)")


def start_user(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
