"""What the verbs of backups work with, opened from the settings."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import identity
from block_storage import open_block_store, open_for_reading, open_vault
from cairn.backup.creating import Source
from cairn.backup.repository import Repository, make_repository, open_repository
from cairn.backup.restoring import Target, require_readable
from cairn.backup.rooms import recognised
from cairn.backup.snapshot import Snapshot
from cairn.compose.data import migrate
from cairn.compose.parts import naming
from cairn.errors import NothingToExamine, RestoreRefused, SettingInvalid
from cairn.lock import DataFolderLock
from cairn.settings import BackupSettings, ServerSettings, settings_of
from foundation.database import opened, parsed


@contextmanager
def opened_repository(place: str | None, *, makes: bool = False) -> Iterator[Repository]:
    """The backup at `place`, else at CAIRN_BACKUP. `makes`: a new one where nothing is yet. Raises SettingInvalid and as its functions."""
    os.umask(0o077)  # What is written is the hashes of passwords, and everybody's files.
    settings = settings_of(BackupSettings)
    if place is not None and "@" in urlsplit(place).netloc:
        raise SettingInvalid(
            "CAIRN_BACKUP: a place with a secret in it is given by the variable, or by CAIRN_BACKUP_FILE."
        )
    location = place or settings.backup
    if not location:
        raise SettingInvalid("CAIRN_BACKUP is not set, and no --at is given: where is the backup?")
    secret = settings.backup_key.encode() if settings.backup_key else None
    with naming("CAIRN_BACKUP"):
        vault = open_vault(location, initialise=makes)
    with closing(vault):
        yield (make_repository if makes else open_repository)(vault, secret)


@contextmanager
def opened_source(settings: ServerSettings) -> Iterator[Source]:
    """The installation, beside whatever serves it: nothing is locked. Raises NothingToExamine, NotMigrated, SchemaTooOld, StorageFailed."""
    with naming("CAIRN_DATABASE"):
        url = parsed(settings.database_location)
    if settings.is_on_sqlite and not Path(url.database or "").is_file():
        raise NothingToExamine(f"{url.database} is no database. Set CAIRN_DATA or CAIRN_DATABASE.")
    with opened(settings.database_location) as database:
        identity.check_migrated(database)
        with naming("CAIRN_STORE"):
            store = open_for_reading(settings.store_location)
        with closing(store):
            secret = recognised(settings.secret_bytes()) if _has_secret(settings) else None
            yield Source(database, store, secret, f"cairn {version('cairn-sync')}")


@contextmanager
def opened_target(
    settings: ServerSettings, snapshot: Snapshot, *, new_secret: bool, despite_damage: bool
) -> Iterator[Target]:
    """The place to restore into, with tables and an empty store made. Raises RestoreRefused, BackupTooNew, DataFolderInUse."""
    require_readable(snapshot)
    is_same = _has_secret(settings) and recognised(settings.secret_bytes()) == snapshot.secret
    if snapshot.secret is not None and not is_same and not new_secret:
        raise RestoreRefused(
            "The secret here is not that of the backup: put the old one into CAIRN_SECRET, or as the file `secret` into"
            f" {settings.data}. If it is lost, --new-secret goes on without: then everybody signs in anew."
        )
    migrate(settings)
    with DataFolderLock(settings.data), opened(settings.database_location) as database:
        settings.secret_bytes()
        with naming("CAIRN_STORE"):
            store = open_block_store(settings.store_location, initialise=True)
        with closing(store):
            yield Target(database, store, keeps_keys=is_same, despite_damage=despite_damage)


def _has_secret(settings: ServerSettings) -> bool:
    return settings.secret is not None or (settings.data / "secret").exists()
