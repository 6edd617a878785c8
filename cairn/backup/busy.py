"""Who works on a backup: snapshots may be made side by side, but nothing is cleaned up meanwhile. Each side writes its sign, then looks."""

import json
import logging
import time
from typing import Self
from uuid import uuid4

from block_storage import BlockNotFound, Vault
from cairn.errors import BackupBusy
from foundation.problems import Problem

_CREATING, _CLEANING = "creating", "cleaning"
# Whoever gave no sign for so long was killed. Clocks of the machines that share a backup differ by less.
_SILENCE_SECONDS = 3600.0

log = logging.getLogger("cairn.backup")


class _Sign:
    def __init__(self, vault: Vault, kind: str) -> None:
        self._vault, self._key = vault, f"{kind}/{uuid4()}"

    def renew(self) -> None:
        self._vault.write(self._key, json.dumps({"at": time.time()}).encode())

    def __enter__(self) -> Self:
        self.renew()
        try:
            self.require()
        except BaseException:
            self._vault.erase([self._key])
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self._vault.erase([self._key])
        except Problem as problem:  # What was done is done; the sign is void after a while.
            log.warning("%s stays in the backup for an hour: %s", self._key, problem)

    def require(self) -> None:
        """Raises BackupBusy."""


class Creating(_Sign):
    """A snapshot is being made."""

    def __init__(self, vault: Vault) -> None:
        super().__init__(vault, _CREATING)

    def require(self) -> None:
        if _alive(self._vault, _CLEANING):
            raise BackupBusy("Old snapshots are being forgotten. Try again when that is done.")


class Cleaning(_Sign):
    """What no snapshot names is being erased."""

    def __init__(self, vault: Vault) -> None:
        super().__init__(vault, _CLEANING)

    def require(self) -> None:
        if _alive(self._vault, _CREATING):
            raise BackupBusy(
                "A snapshot is being made, or was killed within the last hour. Try again when that is over."
            )


def _alive(vault: Vault, kind: str) -> bool:
    """Signs of the dead go."""
    alive = False
    for key, _ in list(vault.keys(kind)):
        try:
            is_silent = time.time() - float(json.loads(vault.read(key))["at"]) > _SILENCE_SECONDS
        except BlockNotFound:
            continue
        except (ValueError, KeyError, TypeError):
            is_silent = True
        if is_silent:
            vault.erase([key])
        alive = alive or not is_silent
    return alive
