"""The race of tests/metadata/race.py with the catalogue in another room: requests and answers are lost on the way."""

import random
import threading
from contextlib import ExitStack
from typing import Any

from foundation.http_room import RoomLimits
from tests.metadata.lossy import Network, never
from tests.metadata.race import Race
from tests.metadata.served import TOKENS, service
from tests.servers.served import serving


def likely(_what: str, _request: bytes) -> float:
    """More would spend the clients' budget of repetitions, and nothing would be repeated any more."""
    return 0.04


class LossyRace(Race):
    def __init__(self, location: str, seed: int) -> None:
        super().__init__(location, seed)
        self._stack = ExitStack()
        self._stack.callback(self.catalogue.close)
        address = self._stack.enter_context(serving(service(self.catalogue)))
        self.network = self._stack.enter_context(Network(address, likely=likely, seed=seed))
        self.catalogue = self.network.catalogue(TOKENS, RoomLimits())

    def close(self) -> None:
        self._stack.close()
        self.database.close()

    def pause(self, *event: Any) -> None:
        """The service's threads are as mortal as the participants."""
        if not hasattr(self._mine, "dice"):
            self._mine.dice = random.Random(f"{self.seed}/service/{threading.get_ident()}")
            self._mine.mortal = True
        super().pause(*event)

    def drain(self) -> dict[str, int]:
        self.network.likely = never
        return super().drain()
