"""A migration that is killed: the next start goes on, or refuses with the command to run; half a schema is never served."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import identity
import metadata
from foundation.database import opened
from foundation.problems import Problem
from tests.full_run import few
from tests.metadata.test_migrations import differences
from tests.servers.postgresql_server import Databases

PROJECT = Path(__file__).resolve().parents[2]
# What each database hears of a statement by.
CALLS = {"sqlite": "pwrite64,fsync,fdatasync", "postgresql": "sendto"}
QUICK = (40, 2, 90)
MOST_CALLS = 3000


@pytest.fixture
def postgresql_location(postgresql: Databases) -> Iterator[str]:
    url = postgresql.fresh_database()
    yield url
    postgresql.drop_database(url)


def is_killed(folder: Path, location: str, calls: str, number: int) -> bool:
    """Run `cairn migrate`, which dies at the `number`th of `calls`, if it makes so many."""
    child = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e",
         f"inject={calls}:signal=KILL:when={number}", sys.executable, "-m", "cairn", "migrate"],
        env={"CAIRN_DATA": str(folder / "data"), "CAIRN_DATABASE": location, "CAIRN_STORE": "memory:"},
        cwd=PROJECT, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert child.returncode in (0, -signal.SIGKILL), child.stderr
    return child.returncode != 0


def refusals(location: str) -> list[str]:
    """What opening each room on the database is refused with."""
    found = []
    with opened(location) as database:
        for room in (lambda: metadata.open_catalogue(database), lambda: identity.check_migrated(database)):
            try:
                room()
            except Problem as problem:
                found.append(str(problem))
    return found


def require_sound(location: str) -> None:
    assert all("cairn migrate" in refusal for refusal in refusals(location)), refusals(location)
    metadata.migrate(location)
    identity.migrate(location)
    assert refusals(location) == []
    with opened(location) as database:
        # The other room's tables are there too, of which this room's code does not know.
        assert [one for one in database.read(differences) if not str(one).startswith("('remove_")] == []


@pytest.mark.parametrize("number", few(QUICK))
def test_a_migration_of_sqlite_killed_at_some_call(tmp_path: Path, number: int) -> None:
    location = f"sqlite:///{tmp_path / 'cairn.db'}"
    assert is_killed(tmp_path, location, CALLS["sqlite"], number) or number == max(QUICK)
    require_sound(location)


@pytest.mark.parametrize("number", few(QUICK))
def test_a_migration_of_postgresql_killed_at_some_call(tmp_path: Path, postgresql_location: str, number: int) -> None:
    assert is_killed(tmp_path, postgresql_location, CALLS["postgresql"], number) or number == max(QUICK)
    require_sound(postgresql_location)


def test_between_the_two_rooms_migrations_nothing_is_served_and_the_next_start_goes_on(tmp_path: Path) -> None:
    location = f"sqlite:///{tmp_path / 'cairn.db'}"
    metadata.migrate(location)
    (refusal,) = refusals(location)
    assert "cairn migrate" in refusal
    require_sound(location)


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("medium", CALLS)
def test_a_migration_killed_at_many_calls(request: pytest.FixtureRequest, tmp_path: Path, medium: str) -> None:
    for number in range(1, MOST_CALLS, 7):
        folder = tmp_path / str(number)
        folder.mkdir()
        location = f"sqlite:///{folder / 'cairn.db'}"
        if medium == "postgresql":
            location = request.getfixturevalue("postgresql").fresh_database()
        killed = is_killed(folder, location, CALLS[medium], number)
        require_sound(location)
        if not killed:
            assert number > QUICK[0]
            return
    pytest.fail(f"more than {MOST_CALLS} calls")
