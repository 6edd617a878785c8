"""The front door of a stack that a test starts: the product's own configuration of nginx, on plain HTTP and on TLS."""

import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from time import monotonic, sleep

import nginx
from frontend import VIEWS, page_files
from nginx import Address, FrontDoor, FrontDoorSettings, PlainHttp, make_certificate, nginx_program, write_configuration

# Longer than a room waits for another, so that the room's own answer comes first.
ANSWER_SECONDS = 45
_START_SECONDS = 20


class Nginx:
    """The front door on `port`, and with TLS on `secure_port`. Nobody is limited, but where `settings` say so."""

    def __init__(self, folder: Path, port: int, secure_port: int, rooms: Mapping[str, int], **settings: str) -> None:
        """`rooms`: the name of each that the front door leads to, and its port. `settings`: of FrontDoorSettings."""
        self.folder, self.port, self.secure_port = folder, port, secure_port
        self.certificate = folder / "certificate.pem"
        make_certificate(self.certificate, folder / "key.pem", ["127.0.0.1", "localhost"])
        given = {"rate_limit": 0, "content_rate_limit": 0, "stream_limit": 0, "plain_http": PlainHttp.SERVE} | settings
        door = FrontDoor(
            FrontDoorSettings.model_validate({"http_port": port, "https_port": secure_port} | given),
            "127.0.0.1",
            {room: [Address("127.0.0.1", at)] for room, at in rooms.items()},
            self.certificate,
            folder / "key.pem",
            page_files(),
            VIEWS,
            secure_port,
            workers="1",
        )
        self._nginx = nginx.Nginx(nginx_program(), write_configuration(folder, door))

    def start(self) -> None:
        self._nginx.start()
        end = monotonic() + _START_SECONDS
        while not self._listens():
            if not self.is_running or monotonic() > end:
                raise RuntimeError("nginx does not start: its messages stand above")
            sleep(0.02)

    def stop(self) -> None:
        """Kill it: every connection is cut."""
        if self.is_running:
            self._nginx.end(signal.SIGKILL)

    @property
    def is_running(self) -> bool:
        return self._nginx.is_running

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
