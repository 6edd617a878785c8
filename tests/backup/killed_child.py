"""A backup or a restore that kills itself: `create DATA BACKUP N` before the nth write, or the first under a key that begins so;
`fill …` before the nth put into the store, `finish …` at the nth look at what lies there."""

import os
import signal
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

from block_storage import FolderVault
from cairn.backup.creating import create
from cairn.backup.opening import opened_target
from cairn.backup.repository import Repository, open_repository
from cairn.backup.restoring import restore
from tests.backup.house import House, ToldOf, silent


def main(what: str, data: str, backup: str, when: str) -> None:
    calls = count(1)

    def die(*arguments: object) -> None:
        if str(next(calls)) == when or (arguments and str(arguments[0]).startswith(when)):
            os.kill(os.getpid(), signal.SIGKILL)

    house, repository = House(Path(data), ""), open_repository(FolderVault(backup), None)
    if what == "create":
        told = Repository(ToldOf(repository.vault, "write", die), repository._sealing)  # type: ignore[arg-type]  # noqa: SLF001
        with house.source() as source:
            create(source, told, silent)
        return
    snapshot = repository.snapshot(None)
    method = {"fill": "put_many", "finish": "list"}[what]
    with opened_target(house.settings, snapshot, new_secret=False, despite_damage=False) as target:
        store = ToldOf(target.store, method, die)
        restore(repository, snapshot, replace(target, store=store), silent)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4])
