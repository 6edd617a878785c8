"""A nursery whose hands end as they are told: `python -m tests.cairn.nursery_child PARENT SOCKET`."""

import signal
import socket
import sys

from cairn.nursery import tend


def work(way: str) -> int:
    if way == "endless":
        signal.pause()
    return int(way)


if __name__ == "__main__":
    sys.exit(tend(socket.socket(fileno=int(sys.argv[2])), int(sys.argv[1]), work))
