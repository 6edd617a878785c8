"""One run of `cairn rebuild`: the catalogue is lost, the store is there."""

import os
import sys
import time
from contextlib import closing
from dataclasses import asdict
from typing import Any

import typer

import identity
import metadata
from block_storage import open_block_store
from cairn.compose.data import migrate
from cairn.compose.parts import naming
from cairn.errors import SettingInvalid
from cairn.lock import DataFolderLock
from cairn.settings import ServerSettings
from cairn.terminal import note, say, say_json, shown
from foundation.database import opened
from identity import Address
from sync import Rebuild, Rebuilt, Seal

_EVERY_SECONDS = 1.0
_WITHOUT = """
Manifests will be believed without their seal, which CAIRN_SECRET made. Whoever could write into the store could have written them:
files of one person given to another, administrators who were none. Put the old secret back instead, if it is anywhere.
"""


def run(settings: ServerSettings, *, deep: bool, without_secret: bool, yes: bool, as_json: bool) -> None:
    """Raises CatalogueNotEmpty, StoreNotRight, SettingInvalid, DataFolderInUse; then nothing was made."""
    if without_secret:
        note(_WITHOUT)
        if not yes:
            typer.confirm("Believe them?", abort=True, err=True)
    seal = None if without_secret else Seal(_secret(settings))
    os.umask(0o077)
    with DataFolderLock(settings.data):
        migrate(settings)
        with naming("CAIRN_STORE"):
            store = open_block_store(settings.store_location)
        with closing(store):
            rebuild = Rebuild(store, seal, _Steps(), deep=deep)
            done = metadata.rebuilt(settings.database_location, rebuild.run)
        with opened(settings.database_location) as database:
            lost = [Address(one.id, one.email, one.is_admin) for one in done.people.values()]
            left = identity.put_back(database, lost)
    done.told += [
        f"{one.email}: somebody else has this address now; the files of {one.user} are nobody's to sign in to."
        for one in left
    ]
    if as_json:
        say_json(_document(done))
    else:
        _tell(done)


def _secret(settings: ServerSettings) -> bytes:
    """The old one: a new one would refuse everything."""
    if settings.secret is None and not (settings.data / "secret").exists():
        raise SettingInvalid(
            f"The manifests are sealed with the installation's secret. Put it into {settings.data / 'secret'} or CAIRN_SECRET;"
            " if it is lost for good, see --without-secret."
        )
    return settings.secret_bytes()


def _document(done: Rebuilt) -> dict[str, Any]:
    people = [asdict(one) for one in done.people.values()]
    return asdict(done) | {"people": people}


def _tell(done: Rebuilt) -> None:
    say(
        f"{done.buckets} buckets, {done.files} files, {done.versions} versions, {done.bytes} bytes are in the catalogue again."
    )
    for number, what in ((done.blocks_missing, "missing"), (done.blocks_damaged, "damaged")):
        if number:
            say(
                f"{number} blocks are {what}: the files that need them say so, and are whole again when they are uploaded again."
            )
    if done.kept_until:
        say(
            f"{done.blocks_unknown_to_manifests} blocks in the store are in no manifest: uploads that were broken off, what was to be"
            f" erased, or files of the last moments. They are kept until {done.kept_until:%Y-%m-%d}."
        )
    for line in done.told:
        say(f"→ {shown(line)}")
    if done.people:
        say(
            f"{len(done.people)} people have their address back, and no password: `cairn user password EMAIL` gives them one."
        )
    say("Nothing is purged for 30 days. Start the server: it reads and verifies everything.")


class _Steps:
    """A line on standard error at most once a second."""

    def __init__(self) -> None:
        self._count, self._next = 0, time.monotonic() + _EVERY_SECONDS

    def __call__(self, number: int) -> None:
        self._count += number
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_SECONDS
            sys.stderr.write(f"{self._count} versions and blocks\n")
