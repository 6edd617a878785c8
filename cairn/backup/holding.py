"""The hold that keeps the eraser waiting while a backup copies bytes, renewed by a thread of its own."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Self

from foundation.problems import Problem
from metadata import BackupHolds, HoldLapsed

LEASE = timedelta(minutes=10)
_RENEWALS = 10

log = logging.getLogger("cairn.backup")


class KeptHold:
    """From `with` to its end. It fails for good once it lapsed, and what was copied under it is no backup."""

    def __init__(self, holds: BackupHolds, lease: timedelta, sign_of_life: Callable[[], None]) -> None:
        """`sign_of_life` is called after each renewal."""
        self._holds, self._lease, self._sign = holds, lease, sign_of_life
        self._done = threading.Event()
        self._lapsed: HoldLapsed | None = None

    def __enter__(self) -> Self:
        self._hold = self._holds.begin(self._lease)
        self.since = self._hold.since
        self._thread = threading.Thread(target=self._keep, name="backup hold")
        self._thread.start()
        return self

    def require(self) -> None:
        """Raises HoldLapsed."""
        if self._lapsed:
            raise self._lapsed

    def end(self) -> None:
        """Give it up, having had it all the time. Raises HoldLapsed."""
        self._stop()
        self.require()
        self._holds.end(self._hold)

    def __exit__(self, kind: object, *_error: object) -> None:
        self._stop()
        if kind is not None:
            try:
                self._holds.give_up(self._hold)
            except Problem as problem:
                log.warning("the hold on the store ends by itself: %s", problem)

    def _stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._done.wait(self._lease.total_seconds() / _RENEWALS):
            try:
                self._hold = self._holds.renew(self._hold, self._lease)
                self._sign()
            except HoldLapsed as problem:
                self._lapsed = problem
                return
            except Problem as problem:
                log.warning("the hold on the store was not renewed: %s", problem)
