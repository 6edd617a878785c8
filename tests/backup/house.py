"""An installation to take backups of, made once, and copies of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from block_storage import BlockStore, FolderVault, Vault
from cairn.backup.creating import Source
from cairn.backup.opening import opened_source, opened_target
from cairn.backup.repository import Repository, make_repository
from cairn.backup.restoring import Restored, restore
from cairn.backup.snapshot import Snapshot
from cairn.settings import ServerSettings
from tests.end_to_end.client_of import make_bucket, upload
from tests.servers.cairn_server import running_server

SECRET = "s" * 32
SAMPLES = {f"folder/{number}": f"sample {number} ".encode() * 400 for number in range(40)}


def silent(_share: float, _words: str) -> None:
    pass


@dataclass(frozen=True)
class House:
    """A stopped installation in a folder, with its user's token."""

    data: Path
    token: str

    @property
    def settings(self) -> ServerSettings:
        return ServerSettings(data=self.data, secret=SECRET)

    def copy(self, to: Path) -> "House":
        shutil.copytree(self.data, to)
        return replace(self, data=to)

    @contextmanager
    def source(self) -> Iterator[Source]:
        with opened_source(self.settings) as source:
            yield source


def build(folder: Path) -> House:
    with running_server(folder, CAIRN_SECRET=SECRET) as server:
        with server.http(server.token) as api:
            make_bucket(api)
            for path, data in SAMPLES.items():
                upload(api, path, data)
        with server.identity() as room:
            room.ready()  # It makes the key to sign with.
        assert server.kill(15) == 0
        return House(server.data, server.token)


def repository_in(folder: Path, secret: bytes | None = None) -> Repository:
    return make_repository(FolderVault(str(folder), initialise=True), secret)


def restored(repository: Repository, snapshot: Snapshot, settings: ServerSettings, **how: bool) -> Restored:
    how = {"new_secret": False, "despite_damage": False, **how}
    with opened_target(settings, snapshot, **how) as target:
        return restore(repository, snapshot, target, silent)


class ToldOf:
    """Passes everything on, and calls `told` before each call of `method`."""

    def __init__(self, inner: BlockStore | Vault, method: str, told: object) -> None:
        self._inner, self._method, self._told = inner, method, told

    def __getattr__(self, name: str) -> object:
        found = getattr(self._inner, name)
        if name != self._method:
            return found

        def telling(*arguments: object, **named: object) -> object:
            self._told(*arguments)  # type: ignore[operator]
            return found(*arguments, **named)

        return telling
