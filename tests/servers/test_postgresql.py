"""The test servers keep what they promise: durable, faulty on demand, gone at the end."""

import contextlib
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.servers.emptied import EmptiedDatabases
from tests.servers.postgresql_server import Databases, PostgreSQLServer, connect

PROJECT = Path(__file__).resolve().parents[2]


def test_databases_of_one_server_are_empty_bytewise_and_apart(postgresql: Databases) -> None:
    one, two = postgresql.fresh_database(), postgresql.fresh_database()
    with psycopg.connect(one.replace("+psycopg", "")) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        connection.execute("CREATE TABLE names (name text)")
        connection.execute("INSERT INTO names VALUES ('b'), ('ä'), ('A'), ('a')")
        names = [row[0] for row in connection.execute("SELECT name FROM names ORDER BY name")]
    with psycopg.connect(two.replace("+psycopg", "")) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    postgresql.drop_database(one)
    postgresql.drop_database(two)
    assert names == ["A", "a", "b", "ä"]
    assert tables == (0,)


def test_a_copied_database_holds_what_its_template_holds(postgresql: Databases, database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE names (name text)")
    copy = postgresql.fresh_database(template=database_url)
    with psycopg.connect(copy.replace("+psycopg", "")) as connection:
        rows = connection.execute("SELECT * FROM names").fetchall()
    postgresql.drop_database(copy)
    assert rows == []


@pytest.fixture
def table(database_url: str) -> str:
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE names (id int GENERATED ALWAYS AS IDENTITY, name text UNIQUE)")
        connection.execute("CREATE TABLE kept (number int)")
        connection.execute("CREATE TABLE of_names (name text REFERENCES names (name))")
        connection.execute("INSERT INTO kept VALUES (1)")
    return database_url


def told(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("INSERT INTO names (name) VALUES ('new')")
        rows = connection.execute("SELECT id, name FROM names UNION ALL SELECT number, 'kept' FROM kept ORDER BY 1, 2")
        return rows.fetchall()


def test_a_database_is_given_again_as_it_was_made(postgresql: Databases, table: str) -> None:
    databases, given = EmptiedDatabases(postgresql, table), set()
    for _ in range(3):
        with databases.one() as url:
            given.add(url)
            assert told(url) == [(1, "kept"), (1, "new")]
            with psycopg.connect(url.replace("+psycopg", "")) as connection:
                connection.execute("INSERT INTO of_names VALUES ('new')")
                connection.execute("UPDATE kept SET number = 7")
    with databases.one() as one, databases.one() as two:
        assert one != two
    assert len(given) == 1


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (a int)",
        "CREATE INDEX ON kept (number)",
        "ALTER TABLE kept ADD COLUMN more int",
        "ALTER TABLE of_names DROP CONSTRAINT of_names_name_fkey",
        "ANALYZE kept",
    ],
)
def test_a_database_that_is_no_more_what_it_was_made_as_is_given_to_nobody(
    postgresql: Databases, table: str, change: str
) -> None:
    databases = EmptiedDatabases(postgresql, table)
    with databases.one() as changed, psycopg.connect(changed.replace("+psycopg", "")) as connection:
        connection.execute(change)
        connection.commit()
    with databases.one() as url:
        assert url != changed


def test_a_database_that_somebody_is_still_connected_to_is_given_to_nobody(postgresql: Databases, table: str) -> None:
    databases = EmptiedDatabases(postgresql, table)
    with databases.one() as held:
        staying = psycopg.connect(held.replace("+psycopg", ""))
    with databases.one() as url:
        assert url != held
    with staying, pytest.raises(psycopg.OperationalError):
        staying.execute("SELECT 1")


def test_a_server_that_was_stopped_or_killed_comes_back_with_what_was_committed(
    own_postgresql: PostgreSQLServer,
) -> None:
    port = own_postgresql.address.port
    with connect(port) as connection:
        connection.execute("CREATE TABLE kept (way text)")
        durable = [connection.execute(f"SHOW {setting}").fetchone() for setting in ("fsync", "synchronous_commit")]  # type: ignore[call-overload,unused-ignore]
    assert durable == [("on",), ("on",)]
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
