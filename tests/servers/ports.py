"""Ports for servers that are stopped and started again: nobody else gets them meanwhile."""

import contextlib
import secrets
import socket


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, below the range that the kernel gives to clients."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            port = 20000 + secrets.randbelow(12000)
            taken = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                taken.bind(("127.0.0.1", port))
                ports.append(port)
        return ports
