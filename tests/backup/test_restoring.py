"""Restoring: whole or refused, repeatable, and the same rows on every engine."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import orjson
import pytest

from block_storage import open_vault
from cairn.backup.creating import create
from cairn.backup.forgetting import forget
from cairn.backup.opening import opened_source
from cairn.backup.repository import Repository, make_repository, newest_moment, packed_rows
from cairn.backup.rooms import ROOMS
from cairn.backup.snapshot import Snapshot
from cairn.backup.verifying import verify
from cairn.doctor import examine
from cairn.errors import BackupBusy, BackupDamaged, BackupForeign, RestoreRefused
from cairn.examined import examined
from cairn.settings import ServerSettings
from foundation.database import opened
from tests.backup.house import SAMPLES, SECRET, House, repository_in, restored, silent
from tests.full_run import few
from tests.servers.postgresql_server import Databases
from tests.servers.seaweedfs_server import Buckets
from tests.servers.warm import run


@pytest.fixture
def backup(house: House, tmp_path: Path) -> Repository:
    """Of the house, with one snapshot."""
    repository = repository_in(tmp_path / "backup")
    with house.source() as source:
        create(source, repository, silent)
    return repository


def findings(settings: ServerSettings) -> list[str]:
    with examined(settings) as seen:
        return [f"{one.check}: {one.found}" for one in examine(seen, lambda _count: None, deep=True).findings]


def is_empty(settings: ServerSettings) -> bool:
    with opened(settings.database_location) as database:
        return database.read(lambda connection: all(tables.is_empty(connection) for tables in ROOMS.values()))


def test_rows_are_the_same_after_a_way_through_postgresql_and_s3_and_back(
    house: House, backup: Repository, tmp_path: Path, postgresql: Databases, seaweedfs: Buckets
) -> None:
    servers = ServerSettings(
        data=tmp_path / "servers",
        database=postgresql.fresh_database(),
        store=seaweedfs.fresh_location(),
        secret=SECRET,
    )
    first = backup.snapshot(None)
    restored(backup, first, servers)
    assert findings(servers) == []
    remote = make_repository(open_vault(seaweedfs.fresh_location(), initialise=True), b"k" * 32)
    with opened_source(servers) as source:
        second = create(source, remote, silent)
    assert verify(remote, [second.id], silent).damage == []
    assert [one for one in second.rows if one not in first.rows] == []
    assert (second.rows, second.counters, second.files) == (first.rows, first.counters, first.files)
    home = House(tmp_path / "home", house.token)
    restored(remote, second, home.settings)
    assert findings(home.settings) == []
    with home.source() as source:
        third = create(source, backup, silent)
    assert (third.rows, third.counters, third.new_blocks) == (first.rows, first.counters, 0)
    assert {one.table for one in first.rows} >= {"changes", "file_chunks", "sync_events", "tokens", "signing_keys"}
    remote.vault.close()


@pytest.mark.parametrize(("step", "when"), few([("fill", 20), ("fill", 1), ("finish", 2)]))
def test_a_restore_killed_anywhere_goes_on_when_repeated(
    house: House, backup: Repository, tmp_path: Path, step: str, when: int
) -> None:
    other = House(tmp_path / "other", house.token)
    command = [sys.executable, "-m", "tests.backup.killed_child", step, str(other.data), str(tmp_path / "backup")]
    done = subprocess.run([*command, str(when)], check=False, env=os.environ, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert is_empty(other.settings) == (step == "fill")
    restored(backup, backup.snapshot(None), other.settings)
    assert findings(other.settings) == []
    # Done is done: what is there now is somebody's.
    with pytest.raises(RestoreRefused):
        restored(backup, backup.snapshot(None), other.settings)


def damaged(folder: Path, pattern: str) -> Path:
    """One bit of an object flips."""
    path = next(path for path in sorted(folder.glob(pattern)) if path.is_file())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("pattern", ["blocks/??/*", "rows/*/*", "snapshots/*"])
@pytest.mark.parametrize("secret", [None, b"k" * 32], ids=["plain", "encrypted"])
def test_a_damaged_byte_is_found_and_not_restored(
    house: House, tmp_path: Path, pattern: str, secret: bytes | None
) -> None:
    repository = repository_in(tmp_path / "backup", secret)
    with house.source() as source:
        snapshot = create(source, repository, silent)
    path = damaged(tmp_path / "backup", pattern)
    (sentence,) = verify(repository, repository.ids(), silent).damage
    assert str(path.relative_to(tmp_path / "backup")) in sentence
    other = House(tmp_path / "other", house.token)
    with pytest.raises(BackupDamaged):
        restored(repository, repository.snapshot(snapshot.id), other.settings)
    assert not other.data.exists() or is_empty(other.settings)


def test_a_row_that_says_something_else_of_a_block_is_found(house: House, backup: Repository, tmp_path: Path) -> None:
    copy = house.copy(tmp_path / "copy")
    with opened(copy.settings.database_location) as database:
        wrong = "UPDATE blocks SET xxh3 = xxh3 + 1 WHERE id IN (SELECT id FROM blocks LIMIT 1) RETURNING hex(id)"
        id = database.write(lambda connection: str(connection.exec_driver_sql(wrong).scalar_one())).lower()
    with copy.source() as source:
        snapshot = create(source, backup, silent)  # The backup has the block: it is not read again.
    (sentence,) = verify(backup, [snapshot.id], silent).damage
    assert id in sentence


def test_what_is_whole_comes_back_despite_damage(house: House, backup: Repository, tmp_path: Path) -> None:
    damaged(tmp_path / "backup", "blocks/??/*")
    other = House(tmp_path / "other", house.token)
    with pytest.raises(BackupDamaged):
        restored(backup, backup.snapshot(None), other.settings)
    done = restored(backup, backup.snapshot(None), other.settings, despite_damage=True)
    assert len(done.missing) == 1
    assert findings(other.settings) == [next(one for one in findings(other.settings) if "missing" in one)]


def test_a_try_of_another_snapshot_leaves_nothing_behind(house: House, backup: Repository, tmp_path: Path) -> None:
    """The store is full of the first, the rows are of the second."""
    copy = house.copy(tmp_path / "copy")
    one = backup.snapshot(None)
    with opened(copy.settings.database_location) as database:
        database.write(lambda connection: connection.exec_driver_sql("DELETE FROM file_chunks").close())
        database.write(lambda connection: connection.exec_driver_sql("DELETE FROM blocks").close())
    with copy.source() as source:
        other = create(source, backup, silent)
    home = House(tmp_path / "home", house.token)
    path = damaged(tmp_path / "backup", f"rows/{other.id}/000000")
    with pytest.raises(BackupDamaged):
        restored(backup, other, home.settings)
    damaged(tmp_path / "backup", f"rows/{other.id}/000000")
    assert path.is_file()
    command = [sys.executable, "-m", "tests.backup.killed_child", "fill", str(home.data), str(tmp_path / "backup")]
    backup.drop(other.id)
    assert subprocess.run([*command, "20"], check=False, timeout=120).returncode == -signal.SIGKILL
    backup.publish(other)
    restored(backup, other, home.settings)
    assert findings(home.settings) == []
    assert one.blocks == len(SAMPLES)
    assert other.blocks == 0


def test_forgetting_takes_what_no_other_snapshot_names(house: House, backup: Repository, tmp_path: Path) -> None:
    copy = house.copy(tmp_path / "copy")
    with opened(copy.settings.database_location) as database:
        database.write(
            lambda connection: connection.exec_driver_sql("DELETE FROM file_chunks WHERE block < x'80'").close()
        )
        database.write(lambda connection: connection.exec_driver_sql("DELETE FROM blocks WHERE id < x'80'").close())
    with copy.source() as source:
        newer = create(source, backup, silent)
    assert 0 < newer.blocks < len(SAMPLES)
    backup.put_rows("20000101T000000.000000Z-00000000", 0, b"of a snapshot that was killed")
    backup.vault.write("creating/somebody", json.dumps({"at": 4102444800}).encode())
    with pytest.raises(BackupBusy):
        forget(backup, 1, silent)
    backup.vault.write("creating/somebody", json.dumps({"at": 0}).encode())
    gone = forget(backup, 1, silent)
    assert (len(gone.snapshots), gone.blocks) == (1, len(SAMPLES) - newer.blocks)
    assert backup.ids() == [newer.id]
    assert list(backup.vault.keys("rows/20000101T000000.000000Z-00000000")) == []
    assert verify(backup, [newer.id], silent).blocks == newer.blocks
    assert forget(backup, 1, silent).blocks == 0


def hostile(snapshot: Snapshot, backup: Path, change: Mapping[str, object]) -> None:
    """As somebody writes it who may write there: it fits its own hash."""
    body = orjson.dumps({"format": 1, **asdict(snapshot), **change}, option=orjson.OPT_UTC_Z)
    head = f"cairn backup snapshot {sha256(body).hexdigest()}\n".encode()
    (backup / "snapshots" / snapshot.id).write_bytes(head + body)


@pytest.mark.parametrize(
    "change",
    few(
        [
            {"id": "../../../etc"},
            {"unreadable": ["../../etc/passwd"]},
            {"rows": [{"room": "metadata"}]},
            {"rows": 7},
            {"surprise": 1},
            {"taken_at": None},
        ],
        2,
    ),
)
def test_a_snapshot_that_somebody_else_wrote_is_named_and_the_others_are_had(
    house: House, backup: Repository, tmp_path: Path, change: Mapping[str, object]
) -> None:
    with house.source() as source:
        second = create(source, backup, silent)
    hostile(second, tmp_path / "backup", change)
    with pytest.raises(BackupDamaged, match=second.id):
        backup.snapshot(None)
    (sentence,) = verify(backup, backup.ids(), silent).damage
    assert second.id in sentence
    command = [sys.executable, "-m", "cairn", "backup", "list", "--json", "--at", f"file://{tmp_path / 'backup'}"]
    done = run(command, {}, "", timeout=60)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert [one["id"] for one in told["items"]] == [backup.ids()[0]]
    assert second.id in told["damage"][0]


@pytest.mark.parametrize("text", [b'["not a name", 1, 2, "stored"]', b"[]", b"nothing", b"0" * 100_000_000])
def test_rows_that_somebody_else_wrote_stop_a_restore_before_any_is_there(
    house: House, backup: Repository, tmp_path: Path, text: bytes
) -> None:
    snapshot = backup.snapshot(None)
    number = next(number for number, one in enumerate(snapshot.rows) if one.table == "blocks")
    backup.put_rows(snapshot.id, number, packed_rows(text))
    rows = [
        asdict(one) | ({"sha256": sha256(text).hexdigest()} if at == number else {})
        for at, one in enumerate(snapshot.rows)
    ]
    hostile(snapshot, tmp_path / "backup", {"rows": rows})
    assert verify(backup, backup.ids(), silent).damage
    other = House(tmp_path / "other", house.token)
    with pytest.raises(BackupDamaged):
        restored(backup, backup.snapshot(None), other.settings)
    assert is_empty(other.settings)


def test_what_is_no_snapshot_is_none(house: House, backup: Repository, tmp_path: Path) -> None:
    ids = backup.ids()
    for name in ("README", "zzz", f"{ids[0]}~", "99999999T999999.999999Z-0badcaf"):
        (tmp_path / "backup" / "snapshots" / name).write_text("")
    assert backup.ids() == ids
    moment = newest_moment(backup.vault)
    assert moment is not None
    assert abs(moment - backup.snapshot(None).taken_at) < timedelta(seconds=1)


@pytest.mark.parametrize(
    "mark",
    ["[]", "{", '{"format": 1, "encrypted": true}', '{"format": 1, "encrypted": true, "salt": "no", "check": "hex"}'],
)
def test_a_mark_that_cannot_be_read_is_none(tmp_path: Path, mark: str) -> None:
    (tmp_path / "cairn-backup").write_text(mark)
    with pytest.raises(BackupForeign):
        repository_in(tmp_path, b"k" * 32)


def test_a_backup_begins_on_a_disk_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "disk" / "lost+found").mkdir(parents=True)
    assert repository_in(tmp_path / "disk").ids() == []
