"""What may happen while a snapshot is made: it is whole, or there is none."""

import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from block_storage import StorageFull
from cairn.backup.creating import create
from cairn.backup.repository import Repository, open_repository
from cairn.backup.verifying import verify
from foundation.blocks import BlockName
from foundation.database import opened
from metadata import CatalogueSettings, HoldLapsed, open_catalogue
from sync import collect
from tests.backup.house import SAMPLES, House, ToldOf, repository_in, restored, silent
from tests.full_run import few
from tests.servers.small_disk import small_disk

NOTHING_KEPT = CatalogueSettings(dead_name_retention=timedelta())
BLOCKS = len(SAMPLES)
LEASE = "SELECT lease_until FROM backup_holds"


def expire_holds(location: str) -> None:
    with opened(location) as database:
        database.write(lambda connection: connection.exec_driver_sql("UPDATE backup_holds SET lease_until = 0").close())


def erased(house: House) -> int:
    """How many names the eraser takes now, after everything that could go went."""
    with opened(house.settings.database_location) as database:
        collection = open_catalogue(database, NOTHING_KEPT).collection
        collect(collection, lambda _seconds=0.0: None)
        return len(collection.due_names())


def purge_all(house: House) -> None:
    """As if every file had been purged: nothing names a content any more."""
    with opened(house.settings.database_location) as database:

        def body(connection):  # type: ignore[no-untyped-def]
            connection.exec_driver_sql("DELETE FROM file_versions").close()
            connection.exec_driver_sql("INSERT INTO candidates (content) SELECT id FROM contents").close()

        database.write(body)


def test_collection_without_retention_takes_nothing_that_a_backup_copies(house: House, tmp_path: Path) -> None:
    copy = house.copy(tmp_path / "copy")
    seen: list[int] = []

    def meddle(folder: str) -> None:
        if folder.startswith("blocks") and not seen:
            purge_all(copy)
            seen.append(erased(copy))

    repository = repository_in(tmp_path / "backup")
    told = Repository(ToldOf(repository.vault, "keys", meddle), repository._sealing)  # type: ignore[arg-type]  # noqa: SLF001
    with copy.source() as source:
        snapshot = create(source, told, silent)
    assert seen == [0]
    assert (snapshot.new_blocks, snapshot.unreadable) == (BLOCKS, ())
    # The hold is given up, and everything goes.
    assert erased(copy) >= BLOCKS


def test_a_hold_that_lapsed_fails_the_backup(house: House, tmp_path: Path) -> None:
    copy = house.copy(tmp_path / "copy")
    repository = repository_in(tmp_path / "backup")

    def lapse(*_: object) -> None:
        expire_holds(copy.settings.database_location)

    with copy.source() as source, pytest.raises(HoldLapsed):
        create(replace(source, store=ToldOf(source.store, "get", lapse)), repository, silent)  # type: ignore[arg-type]
    assert repository.ids() == []
    # What was copied need not be copied again.
    with copy.source() as source:
        assert create(source, repository, silent).new_blocks == 0
    assert verify(repository, repository.ids(), silent).damage == []


def test_a_hold_is_renewed_while_bytes_are_copied(house: House, tmp_path: Path) -> None:
    copy, repository = house.copy(tmp_path / "copy"), repository_in(tmp_path / "backup")
    leases: set[str] = set()

    def until_renewed(*_: object) -> None:
        with opened(copy.settings.database_location) as database:
            while len(leases) < 3:
                leases.add(database.read(lambda connection: str(connection.exec_driver_sql(LEASE).scalar_one())))

    with copy.source() as source:
        told = replace(source, store=ToldOf(source.store, "get", until_renewed))  # type: ignore[arg-type]
        create(told, repository, silent, timedelta(seconds=30))
    assert len(leases) >= 3


@pytest.mark.parametrize("when", few(["5", "snapshots/", "1", "30"], 2))
def test_a_backup_killed_at_any_write_leaves_none_and_the_next_goes_on(house: House, tmp_path: Path, when: str) -> None:
    copy = house.copy(tmp_path / "copy")
    repository_in(tmp_path / "backup")
    command = [sys.executable, "-m", "tests.backup.killed_child", "create", str(copy.data), str(tmp_path / "backup")]
    done = subprocess.run([*command, when], check=False, env=os.environ, timeout=120)
    assert done.returncode == -signal.SIGKILL
    repository = repository_in(tmp_path / "backup")
    assert repository.ids() == []
    there = sum(len(repository.blocks_in(f"{shard:02x}")) for shard in range(256))
    with copy.source() as source:
        snapshot = create(source, repository, silent)
    assert snapshot.new_blocks == BLOCKS - there
    assert verify(repository, [snapshot.id], silent).blocks == BLOCKS


def test_a_part_that_the_store_lost_is_named_and_the_rest_is_backed_up(house: House, tmp_path: Path) -> None:
    copy, repository = house.copy(tmp_path / "copy"), repository_in(tmp_path / "backup")
    bad, gone = sorted((copy.data / "blocks").glob("??/*.*"))[:2]
    bad.write_bytes(b"x" * bad.stat().st_size)
    gone.unlink()
    with copy.source() as source:
        snapshot = create(source, repository, silent)
    assert snapshot.unreadable == tuple(sorted([bad.name, gone.name]))
    assert verify(repository, [snapshot.id], silent).damage == []
    other = House(tmp_path / "other", house.token)
    assert sorted(restored(repository, snapshot, other.settings).missing) == sorted(snapshot.unreadable)
    with other.source() as source:
        states = {
            block.name: block.state.value for block in open_catalogue(source.database).installation.registered(None)
        }
    assert {str(name) for name, state in states.items() if state == "missing"} == {bad.name, gone.name}
    assert BlockName.parse(bad.name) in states


def test_what_damage_left_of_a_part_is_copied_again(house: House, tmp_path: Path) -> None:
    repository = repository_in(tmp_path / "backup")
    with house.copy(tmp_path / "copy").source() as source:
        create(source, repository, silent)
        cut = next((tmp_path / "backup" / "blocks").glob("??/*"))
        cut.write_bytes(cut.read_bytes()[:-1])
        assert create(source, repository, silent).new_blocks == 1
    assert verify(open_repository(repository.vault, None), repository.ids(), silent).damage == []


@pytest.mark.parametrize("full", ["the backup", "what lies beside it"])
def test_a_full_disk_is_named_leaves_no_snapshot_and_the_next_goes_on_once_there_is_room(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    copy = house.copy(tmp_path / "copy")
    (tmp_path / "small").mkdir()
    with small_disk(tmp_path / "small", "2m") as disk, copy.source() as source:
        place = disk.path / "backup" if full == "the backup" else tmp_path / "backup"
        repository = repository_in(place)
        if full == "the backup":
            named = str(place)
        else:
            named = "set TMPDIR"
            monkeypatch.setattr(tempfile, "tempdir", str(disk.path))
        disk.fill()
        with pytest.raises(StorageFull, match=named):
            create(source, repository, silent)
        assert repository.ids() == []
        disk.free()
        snapshot = create(source, repository, silent)
        assert verify(repository, [snapshot.id], silent).blocks == BLOCKS
    assert erased(copy) == 0


def test_two_at_once_do_no_harm(house: House, tmp_path: Path) -> None:
    copy, repository = house.copy(tmp_path / "copy"), repository_in(tmp_path / "backup", b"k" * 32)

    def one(_number: int) -> str:
        with copy.source() as source:
            return create(source, repository, silent).id

    with ThreadPoolExecutor(2) as threads:
        made = list(threads.map(one, range(2)))
    assert repository.ids() == sorted(made)
    found = verify(repository, made, silent)
    assert (found.snapshots, found.blocks, found.damage) == (2, BLOCKS, [])


def test_nothing_of_a_backup_that_was_killed_stays_beside_it(house: House, tmp_path: Path) -> None:
    """Rows are nobody's to find, least of all in the clear beside an encrypted backup."""
    repository_in(tmp_path / "backup")
    beside = tmp_path / "beside"
    beside.mkdir()
    copy = house.copy(tmp_path / "copy")
    command = [
        sys.executable,
        "-m",
        "tests.backup.killed_child",
        "create",
        str(copy.data),
        str(tmp_path / "backup"),
        "20",
    ]
    done = subprocess.run(command, check=False, env=os.environ | {"TMPDIR": str(beside)}, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert list(beside.iterdir()) == []
