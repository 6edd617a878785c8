"""A worker that is killed after the first slice of a batch, as by a power cut: `python -m tests.sync.verify_child FOLDER`."""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from tests.sync.workshop import open_workshop


def die(_seconds: float = 0.0) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    shop = open_workshop(Path(sys.argv[1]))
    shop.verification(worker="child", lease=timedelta(seconds=1), pause=die).drain()
