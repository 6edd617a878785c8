"""`cairn front-door`: nginx before the rooms, started, watched over, and told when a room moves or a certificate is renewed."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic
from urllib.parse import SplitResult, urlsplit

from cairn.allocator import give_back
from cairn.errors import SettingInvalid
from cairn.settings import ServerSettings, settings_of
from foundation.problems import Problem
from foundation.service_tokens import Room
from foundation.session_cookie import session_cookie_name
from foundation.settings import ServiceSettings
from foundation.telemetry import log_to_stderr
from frontend import VIEWS, page_files
from nginx import (
    Address,
    FrontDoor,
    FrontDoorSettings,
    Nginx,
    NginxEnded,
    PlainHttp,
    make_certificate,
    nginx_program,
    write_configuration,
)

log = logging.getLogger("cairn.front_door")

LOOK_SECONDS = 5.0
_START_SECONDS = 20.0


LookUp = Callable[[SplitResult], tuple[Address, ...]]


class DoorKeeper:
    """Keeps the configuration true while nginx runs: rooms that have names may move, certificates are renewed."""

    def __init__(self, settings: ServerSettings, look_up: LookUp | None = None) -> None:
        """`look_up`: where the processes behind an address are, as `processes_at`. Raises SettingInvalid, NginxMissing."""
        self._look_up = look_up or processes_at
        self._settings, self._front = settings, settings_of(FrontDoorSettings)
        self._rooms = _rooms(settings)
        self.folder = settings.data.resolve() / "front-door"
        self.nginx = Nginx(nginx_program(), self.folder / "nginx.conf")
        self._processes: dict[str, tuple[Address, ...]] = {}
        self._seen: object = None

    @property
    def announcement(self) -> str:
        """Where people find it."""
        addresses = [f"https://{self._settings.host}:{self._front.https_port}"]
        if self._front.plain_http is not PlainHttp.OFF:
            addresses.append(f"http://{self._settings.host}:{self._front.http_port}")
        return " ".join(addresses)

    def write(self) -> bool:
        """Write the configuration if anything of it changed; whether it did. Raises ConfigurationRefused; OSError for a certificate."""
        # One that leads nowhere for a moment leads where it did: whoever is not there refuses by himself.
        led = {
            room: [found for one in addresses for found in self._look_up(one)]
            for room, addresses in self._rooms.items()
        }
        self._processes |= {room: tuple(dict.fromkeys(found)) for room, found in led.items() if found}
        rooms = {room: self._processes.get(room, ()) for room in self._rooms}
        certificate, key = self._certificate()
        seen = rooms, *(file.stat().st_mtime_ns for file in (certificate, key))
        if seen == self._seen:
            return False
        write_configuration(self.folder, self._door(rooms, certificate, key))
        self.nginx.check()
        self._seen = seen
        # The page, as it is and packed, was in memory.
        give_back()
        return True

    def _door(self, rooms: Mapping[str, tuple[Address, ...]], certificate: Path, key: Path) -> FrontDoor:
        return FrontDoor(
            self._front,
            self._settings.host,
            rooms,
            certificate,
            key,
            page_files(),
            VIEWS,
            self._public_port(),
            session_cookie_name(self._settings.address),
            settings_of(ServiceSettings, public_url=self._settings.address).max_body_bytes,
        )

    def listens(self) -> bool:
        with socket.socket(socket.AF_INET6 if ":" in self._settings.host else socket.AF_INET) as probe:
            return probe.connect_ex((self._settings.host, self._front.https_port)) == 0

    def look(self) -> None:
        """Tell nginx of what changed. What cannot be told is logged, and nginx goes on as before."""
        try:
            if self.write():
                log.info("the front door is told of what changed")
                self.nginx.reload()
        except (Problem, OSError) as error:
            advice = (
                "mend what `reason` names: it is tried again in some seconds, and what was served before is served on"
            )
            log.error("the front door cannot take what changed", extra={"reason": str(error), "advice": advice})

    def _public_port(self) -> int:
        public = urlsplit(self._settings.address)
        return public.port or 443 if public.scheme == "https" else self._front.https_port

    def _certificate(self) -> tuple[Path, Path]:
        if self._front.tls_certificate and self._front.tls_key:
            return self._front.tls_certificate.resolve(), self._front.tls_key.resolve()
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        named = urlsplit(self._settings.address).hostname
        make_certificate(certificate, key, filter(None, [named, "localhost", "127.0.0.1", "::1"]))
        return certificate, key


def open_front_door(settings: ServerSettings) -> None:
    """Until SIGTERM or SIGINT; running requests then get 30 seconds to end. Raises SettingInvalid, ConfigurationRefused, NginxMissing,
    NginxEnded.
    """
    log_to_stderr(settings.log_level)
    os.umask(0o077)
    keeper, ending = DoorKeeper(settings), threading.Event()
    keeper.write()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    keeper.nginx.start()
    try:
        if _is_open(keeper, ending):
            print(f"Cairn is ready: front-door {keeper.announcement}", flush=True)  # noqa: T201 — the line that people and scripts wait for.
        while keeper.nginx.is_running and not ending.wait(LOOK_SECONDS):
            keeper.look()
    finally:
        status = keeper.nginx.end()
    if not ending.is_set():
        raise NginxEnded(f"It ended with status {status}.")


def printed(settings: ServerSettings) -> Iterator[str]:
    """The configuration, file by file, as `cairn front-door` would start nginx with it."""
    keeper = DoorKeeper(settings)
    keeper.write()
    for file in sorted(keeper.folder.glob("*.conf")):
        yield f"# {file}\n{file.read_text()}"


def _is_open(keeper: DoorKeeper, ending: threading.Event) -> bool:
    end = monotonic() + _START_SECONDS
    while keeper.nginx.is_running and monotonic() < end and not ending.wait(0.05):
        if keeper.listens():
            return True
    return False


def _rooms(settings: ServerSettings) -> Mapping[str, Sequence[SplitResult]]:
    given = {
        Room.METADATA: settings.metadata,
        Room.CHUNKER: settings.chunker,
        Room.SYNC: settings.sync,
        Room.IDENTITY: settings.identity,
    }
    if missing := [f"CAIRN_{room.upper()}" for room, address in given.items() if address is None]:
        raise SettingInvalid(f"The front door needs {', '.join(missing)}: http://host:port, where these rooms are.")
    return {room.value: [urlsplit(one) for one in address.split(",")] for room, address in given.items() if address}


def processes_at(address: SplitResult) -> tuple[Address, ...]:
    """Every one that the name leads to. A name that leads nowhere now may do so at the next look."""
    try:
        found = socket.getaddrinfo(address.hostname, address.port or 80, type=socket.SOCK_STREAM)
    except socket.gaierror:
        return ()
    return tuple(sorted({Address(str(where[0]), int(where[1])) for *_, where in found}, key=str))
