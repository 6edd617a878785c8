"""How old the newest backup is, told by whoever may only look at the bucket that it lies in."""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from block_storage import StorageFailed, open_vault
from cairn.backup.creating import create
from cairn.backup.repository import MARK, make_repository, newest_moment
from cairn.watched import NewestBackup
from tests.backup.house import House, ToldOf, silent
from tests.servers.seaweedfs_server import SeaweedFSServer

BUCKET, KEY, SECRET = "backup", secrets.token_hex(8), secrets.token_hex(16)
READER = {
    "name": "reader",
    "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
    "actions": [f"Read:{BUCKET}", f"List:{BUCKET}"],
}


def test_a_key_that_may_only_list_and_get_tells_the_age_and_changes_nothing(house: House, tmp_path: Path) -> None:
    (folder := tmp_path / "seaweedfs").mkdir()
    server = SeaweedFSServer(folder)
    server.s3_settings["identities"] += [READER]  # type: ignore[operator]
    server.start()
    try:
        at = f"127.0.0.1:{server.address.port}/{BUCKET}"
        vault = open_vault(f"s3+http://{server.address.key}:{server.address.secret}@{at}", initialise=True)
        with house.copy(tmp_path / "copy").source() as source:
            create(source, make_repository(vault, None), silent)
        place = f"s3+http://{KEY}:{SECRET}@{at}"
        told = NewestBackup(place)()
        assert told is not None
        assert timedelta() <= datetime.now(UTC) - told < timedelta(minutes=10)
        reader = open_vault(place)
        for act in (lambda: reader.write(MARK, b"{}"), lambda: reader.erase([MARK])):
            with pytest.raises(StorageFailed, match="AccessDenied"):
                act()
        assert newest_moment(vault) == told
        reader.close()
        vault.close()
    finally:
        server.stop()


def test_the_age_is_told_by_the_mark_and_by_names_only(house: House, tmp_path: Path) -> None:
    read: list[str] = []
    listed: list[str] = []
    vault = open_vault(f"file://{tmp_path / 'backup'}", initialise=True)
    with house.copy(tmp_path / "copy").source() as source:
        create(source, make_repository(vault, None), silent)
    newest_moment(ToldOf(ToldOf(vault, "read", read.append), "keys", listed.append))  # type: ignore[arg-type]
    assert (read, listed) == ([MARK], ["snapshots"])
