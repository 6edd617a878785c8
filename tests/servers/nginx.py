"""The front door of a stack that a test starts: the product's own configuration of nginx, on plain HTTP and on TLS."""

import json
import signal
import socket
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import nginx
from foundation.session_cookie import session_cookie_name
from frontend import VIEWS, PageFile, page_files
from nginx import (
    Address,
    FrontDoor,
    FrontDoorSettings,
    PlainHttp,
    TimeLimits,
    nginx_program,
    write_configuration,
)
from tests.servers.processes import children
from tests.servers.tls import certificate_in, is_through_tls
from tests.servers.unpacked import search_path

# Longer than a room waits for another, so that the room's own answer comes first.
ANSWER_SECONDS = 45
_START_SECONDS = 20
_UNLIMITED = {"rate_limit": 0, "content_rate_limit": 0, "stream_limit": 0, "plain_http": PlainHttp.SERVE}


class Nginx:
    """The front door on `port`, and with TLS on `secure_port`. Nobody is limited, but where `settings` say so."""

    def __init__(
        self,
        folder: Path,
        port: int,
        secure_port: int,
        rooms: Mapping[str, Sequence[int]],
        limits: TimeLimits | None = None,
        **settings: Any,
    ) -> None:
        """`rooms`: the name of each that the front door leads to, and the ports of its processes. `settings`: of FrontDoorSettings."""
        self.folder, self.port, self.secure_port = folder, port, secure_port
        self.url, self.secure_url = f"http://127.0.0.1:{port}", f"https://127.0.0.1:{secure_port}"
        self.certificate, key = certificate_in(folder)
        self._log = folder / "access.log"
        door = FrontDoor(
            FrontDoorSettings.model_validate({"http_port": port, "https_port": secure_port} | _UNLIMITED | settings),
            "127.0.0.1",
            {room: [Address("127.0.0.1", at) for at in ports] for room, ports in rooms.items()},
            self.certificate,
            key,
            _page(),
            VIEWS,
            secure_port,
            session_cookie_name(self.secure_url if is_through_tls() else self.url),
            1024 * 1024,
            workers="1",
            limits=limits or TimeLimits(answer=ANSWER_SECONDS),
            access_log=self._log,
        )
        self._nginx = nginx.Nginx(nginx_program(search_path()), write_configuration(folder, door))

    def start(self) -> None:
        self._nginx.start()
        end = monotonic() + _START_SECONDS
        # It listens before it has written its number down, and before it has workers.
        while not (self._listens() and children(self.master)):
            if not self.is_running or monotonic() > end:
                raise RuntimeError("nginx does not start: its messages stand above")
            sleep(0.02)

    def stop(self, how: int = signal.SIGKILL) -> None:
        """Kill it: every connection is cut. By SIGQUIT it ends as `cairn front-door` does: what is on its way arrives."""
        if self.is_running:
            self._nginx.end(how)

    @property
    def is_running(self) -> bool:
        return self._nginx.is_running

    def log(self) -> str:
        return self._log.read_text()

    def logged(self) -> Sequence[Mapping[str, Any]]:
        """Every request that has ended, in order."""
        return [json.loads(line) for line in self.log().splitlines()]

    def memory_bytes(self) -> int:
        """What its processes hold of their own, shared pages not counted."""
        return sum(_own_bytes(process) for process in (self.master, *children(self.master)))

    @property
    def master(self) -> int:
        """The process that its workers belong to."""
        return self._nginx.pid

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@cache
def _page() -> Mapping[str, PageFile]:
    return page_files()


def _own_bytes(process: int) -> int:
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Private_"))
