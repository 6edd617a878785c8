"""A proxy before a service that strikes whoever sends certain bytes: a job that ends its worker, as one that takes all memory does."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

_PIECE = 65536


class StrikingProxy:
    """Passes bytes on to 127.0.0.1:`port` and back. Whoever sends `marks` is given to `strike`, each time, before they are passed on."""

    def __init__(self, port: int) -> None:
        self.marks: bytes | None = None
        self.strike: Callable[[int], object] = lambda _process: None
        self.struck: list[int] = []
        self._upstream = port
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @contextlib.contextmanager
    def running(self) -> Iterator["StrikingProxy"]:
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._listener.shutdown(socket.SHUT_RDWR)  # To close it would leave the thread in accept.
            self._listener.close()
            thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._upstream)) as server:
            threading.Thread(target=_pass_on, args=(server, client), daemon=True).start()
            seen = b""
            while piece := client.recv(_PIECE):
                seen = (seen + piece)[-2 * _PIECE :]
                if self.marks and self.marks in seen:
                    seen = b""
                    process = _owner_of(client)
                    self.strike(process)
                    self.struck.append(process)
                server.sendall(piece)
            server.shutdown(socket.SHUT_RDWR)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_RDWR)


def _owner_of(client: socket.socket) -> int:
    """The process of this machine at the other end; proc(5): net/tcp names its socket, fd who has that."""
    # Both ports: another connection may have the same one here, to somebody else.
    ends = f":{client.getpeername()[1]:04X}", f":{client.getsockname()[1]:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    (inode,) = {row[9] for row in rows if (row[1][-5:], row[2][-5:]) == ends and row[9] != "0"}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if str(link.readlink()) == f"socket:[{inode}]":
                return int(link.parts[2])
    raise ProcessLookupError(ends)
