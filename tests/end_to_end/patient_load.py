"""People with the product's own client, who try again within its budget: whatever breaks, none of their requests may fail."""

import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from client import CairnClient
from tests.end_to_end.load import threads_of
from tests.servers.cairn_server import SignedInServer, wait_until

_SIZES = (1, 70_000, 1_500_000, 3_000_000)


@dataclass
class PatientLoad:
    """`failed`: what somebody was told, in words. `acknowledged`: the SHA-256 of each file by its path."""

    server: SignedInServer
    folder: Path
    failed: list[str] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)
    _ending: threading.Event = field(default_factory=threading.Event)

    def more_done(self, count: int) -> None:
        """Wait until `count` more files went up, and each came back."""
        wanted = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= wanted or self.failed, 90)

    def read_all(self) -> None:
        with CairnClient(self.server.url, self.server.token) as client:
            for path, digest in self.acknowledged.items():
                assert _digest(client, path) == digest, path

    def end(self) -> None:
        self._ending.set()

    def work(self, number: int) -> None:
        dice, file = random.Random(number), self.folder / f"{number}"
        with CairnClient(self.server.url, self.server.token) as client:
            while not self._ending.is_set() and not self.failed:
                path, content = f"load/{number}/{dice.randrange(10**9)}", dice.randbytes(dice.choice(_SIZES))
                file.write_bytes(content)
                wanted = hashlib.sha256(content).hexdigest()
                self._tried(path, lambda path=path: client.upload_file(file, "studio", path))  # type: ignore[misc]
                self._tried(path, lambda path=path, wanted=wanted: self._came_back(client, path, wanted))  # type: ignore[misc]

    def _came_back(self, client: CairnClient, path: str, wanted: str) -> None:
        if _digest(client, path) != wanted:
            self.failed.append(f"{path}: other bytes")
        self.acknowledged[path] = wanted

    def _tried(self, path: str, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 — whatever it is, somebody was told it.
            self.failed.append(f"{path}: {error!r}")


def _digest(client: CairnClient, path: str) -> str:
    found = hashlib.sha256()
    for piece in client.read(client.find("studio", path)):
        found.update(piece)
    return found.hexdigest()


@contextmanager
def patient_load_on(server: SignedInServer, folder: Path, people: int = 3) -> Iterator[PatientLoad]:
    """In the bucket `studio`, until the block ends."""
    load = PatientLoad(server, folder)
    with threads_of(load.work, people, load.end):
        yield load
