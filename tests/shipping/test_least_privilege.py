"""Whoever serves owns nothing: the rooms' role cannot change the schema, their key reaches one bucket, and both are enough."""

import json
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from minio import Minio
from minio.error import S3Error
from psycopg import sql

from tests.project.sources import PROJECT
from tests.servers.cairn_server import SignedInServer, running_server, wait_until
from tests.servers.postgresql_server import Databases
from tests.servers.seaweedfs_server import SeaweedFSServer
from tests.servers.warm import run

COMPOSE = PROJECT / "compose"


@dataclass(frozen=True)
class Locations:
    """Of one database and one store, for who owns them and for the rooms."""

    database_owner: str
    database: str
    store_owner: str
    store: str


@pytest.fixture(scope="module")
def database(postgresql: Databases) -> Iterator[tuple[str, str]]:
    """The owner's address of an empty database and the rooms', made as compose/roles.sql says, under names of their own."""
    name = f"least_{secrets.token_hex(6)}"
    text = (COMPOSE / "roles.sql").read_text().replace("@PASSWORD@", secrets.token_hex(8))
    statements = re.sub(r"\bcairn\b", name, re.sub(r"\bcairn_rooms\b", f"{name}_rooms", text))
    with psycopg.connect(
        host="127.0.0.1", port=postgresql.port, user="postgres", dbname="postgres", autocommit=True
    ) as made:
        owner = sql.Identifier(name)
        made.execute(sql.SQL("CREATE ROLE {} LOGIN").format(owner))
        like = sql.SQL(
            "CREATE DATABASE {0} OWNER {0} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
        )
        made.execute(like.format(owner))
        with psycopg.connect(
            host="127.0.0.1", port=postgresql.port, user="postgres", dbname=name, autocommit=True
        ) as inside:
            inside.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(owner))
            inside.execute(statements.encode())
        at = f"127.0.0.1:{postgresql.port}/{name}"
        yield f"postgresql+psycopg://{name}@{at}", f"postgresql+psycopg://{name}_rooms@{at}"
        made.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(owner))
        made.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(f"{name}_rooms")))
        made.execute(sql.SQL("DROP ROLE {}").format(owner))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The owner's location of a store that is not there yet and the rooms', with the keys that compose/prepare.sh makes."""
    made = tmp_path_factory.mktemp("secrets")
    subprocess.run([COMPOSE / "prepare.sh", made], check=True, stdout=subprocess.DEVNULL)
    server = SeaweedFSServer(tmp_path_factory.mktemp("seaweedfs"))
    server.s3_settings = json.loads((made / "s3_keys").read_text())
    server.start()
    try:
        owner, rooms = ((made / name).read_text().strip() for name in ("store_owner", "store"))
        at = f"127.0.0.1:{server.address.port}"
        yield owner.replace("seaweedfs:8333", at), rooms.replace("seaweedfs:8333", at)
    finally:
        server.stop()


@pytest.fixture(scope="module")
def migrated(database: tuple[str, str], store: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Locations:
    """After `cairn migrate` by the owners of both."""
    made = migrate(tmp_path_factory.mktemp("data"), database[0], store[0])
    assert made.returncode == 0, made.stderr
    return Locations(*database, *store)


def migrate(data: Path, database: str, store: str) -> subprocess.CompletedProcess[str]:
    given = {"CAIRN_DATA": str(data), "CAIRN_DATABASE": database, "CAIRN_STORE": store, "PATH": "/usr/bin:/bin"}
    return run([sys.executable, "-m", "cairn", "migrate"], given, "", timeout=120)


@pytest.fixture(scope="module")
def server(migrated: Locations, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedInServer]:
    """Everything served with what the rooms have, and nothing of the owners'."""
    folder = tmp_path_factory.mktemp("served")
    environment = {"CAIRN_DATABASE": migrated.database, "CAIRN_STORE": migrated.store, "CAIRN_DEAD_NAME_DAYS": "0"}
    with running_server(folder, **environment) as running:
        yield running


def connected(location: str) -> psycopg.Connection:
    return psycopg.connect(location.replace("postgresql+psycopg", "postgresql"), autocommit=True)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE EXTENSION IF NOT EXISTS hstore",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "ALTER TABLE files ADD COLUMN mine int",
        "CREATE INDEX mine ON files (id)",
        "TRUNCATE files CASCADE",
        "DROP TABLE files CASCADE",
        "SET ROLE postgres",
        "ALTER ROLE CURRENT_USER SUPERUSER",
        "COPY files TO PROGRAM 'true'",
    ],
)
def test_the_rooms_role_may_not(migrated: Locations, statement: str) -> None:
    with connected(migrated.database) as rooms, pytest.raises(psycopg.errors.InsufficientPrivilege):
        rooms.execute(statement.encode())


def test_whoever_has_neither_role_may_not_even_connect(migrated: Locations, postgresql: Databases) -> None:
    stranger = f"stranger_{secrets.token_hex(6)}"
    name = migrated.database.rpartition("/")[2]
    with connected(postgresql.url()) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(stranger)))
        try:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(host="127.0.0.1", port=postgresql.port, user=stranger, dbname=name)
        finally:
            owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(stranger)))


def test_the_rooms_migrate_nothing_and_say_so(
    database: tuple[str, str], store: tuple[str, str], tmp_path: Path
) -> None:
    empty = database[1].rpartition("/")[0] + "/postgres"
    done = migrate(tmp_path, empty, store[1])
    assert done.returncode != 0
    assert "run `cairn migrate` as that role" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_migration_that_has_nothing_to_do_needs_no_owner(migrated: Locations, tmp_path: Path) -> None:
    done = migrate(tmp_path, migrated.database, migrated.store)
    assert done.returncode == 0, done.stderr


def test_everything_is_served_as_the_rooms(server: SignedInServer, tmp_path: Path) -> None:
    with server.http(server.token) as http:
        assert http.post("/buckets", json={"name": "papers"}).status_code == 201
        content = secrets.token_bytes(3 << 20)
        assert http.put("/buckets/papers/content/in/one.bin", content=content).status_code == 201
        assert http.get("/buckets/papers/content/in/one.bin").content == content
        assert [each["path"] for each in http.get("/buckets/papers/files").json()["items"]] == ["in/one.bin"]
        file = http.get("/buckets/papers/files").json()["items"][0]["file_id"]
        wait_until(lambda: http.get(f"/files/{file}").json()["sync_status"] == "completed")
        assert len(http.get("/search", params={"q": "one"}).json()["items"]) == 1
        assert http.delete(f"/files/{file}").status_code in {200, 204}
    done = server.cairn("doctor", "--deep", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "permission denied" not in server.log.read_text()


def minio(location: str) -> Minio:
    key, secret, host = re.fullmatch(r"s3\+http://([^:]+):([^@]+)@([^/]+)/chunks", location).groups()  # type: ignore[union-attr]
    return Minio(host, access_key=key, secret_key=secret, secure=False, region="us-east-1")


@pytest.mark.parametrize(
    "act",
    [
        lambda rooms: rooms.make_bucket("another"),
        lambda rooms: rooms.remove_bucket("chunks"),
        lambda rooms: list(rooms.list_objects("others")),
        lambda rooms: rooms.get_object("others", "theirs"),
        lambda rooms: rooms.remove_object("others", "theirs"),
        lambda rooms: rooms.fput_object("others", "mine", __file__),
        lambda rooms: rooms.set_bucket_policy("chunks", "{}"),
    ],
    ids=["make a bucket", "remove its own", "list", "read", "delete", "write", "change who may"],
)  # fmt: skip
def test_the_rooms_key_may_not(migrated: Locations, act: object) -> None:
    owner = minio(migrated.store_owner)
    if not owner.bucket_exists("others"):
        owner.make_bucket("others")
        owner.fput_object("others", "theirs", __file__)
    with pytest.raises(S3Error) as refused:
        act(minio(migrated.store))  # type: ignore[operator]
    assert refused.value.code == "AccessDenied"
    assert [each.object_name for each in owner.list_objects("others")] == ["theirs"]
    assert owner.bucket_exists("chunks")
