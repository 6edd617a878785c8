"""The product as its user runs it: `cairn serve` in a process of its own, on a data folder of its own."""

import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from cairn.settings import ServerSettings
from foundation.service_tokens import Room
from identity import Client, IdentityRoom, open_identity
from identity.passwords import Passwords
from tests.servers.nginx import Nginx
from tests.servers.ports import free_ports
from tests.servers.processes import freeze, thaw
from tests.servers.tls import is_through_tls, trusting
from tests.servers.warm import WarmProcess, launched, run

_BEHIND_THE_DOOR = (Room.METADATA, Room.CHUNKER, Room.SYNC, Room.IDENTITY)
START_SECONDS = 60
QUICK = Passwords(time_cost=1, memory_kib=8)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class CairnServer:
    """A server that can be killed, stopped, frozen and started again on the same data and port."""

    arguments: tuple[str, ...] = ("serve",)

    def __init__(self, folder: Path, **environment: str) -> None:
        self.data, self.port = folder / "data", free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.environment = os.environ | {
            "CAIRN_DATA": str(self.data),
            "CAIRN_PORT": str(self.port),
            "XDG_CONFIG_HOME": str(folder / "config"),
            **environment,
        }
        self._process: WarmProcess | subprocess.Popen[bytes] | None = None
        self.output = ""

    def start(self) -> None:
        """Returns once it has said that it is ready."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        with self.log.open("ab") as log:
            command = self._command(*self.arguments)
            self._process = launched(command, self.environment, log)

    def await_ready(self) -> None:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        self.output = ""
        for line in process.stdout:
            self.output += line.decode()
            if b"is ready" in line:
                return
        raise AssertionError(
            f"cairn {' '.join(self.arguments)} ended with {process.wait()}: {self.log.read_text()[-2000:]}"
        )

    def send_signal(self, how: int) -> None:
        assert self._process is not None
        self._process.send_signal(how)

    def kill(self, how: int = signal.SIGKILL) -> int:
        """End it by a signal and wait for that; its exit status."""
        self.send_signal(how)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; its exit status."""
        assert self._process is not None
        status = self._process.wait(60)
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None
        return status

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def freeze(self) -> None:
        """It keeps its connections and answers nothing."""
        freeze(self.pid)

    def thaw(self) -> None:
        thaw(self.pid)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def peak_memory_bytes(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) * 1024

    def cairn(
        self, *arguments: str, stdin: str = "", check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line as on this server's machine."""
        command = self._command(*arguments)
        done = run(command, self.environment | environment, stdin, timeout=280)
        assert not check or done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def add_user(self, email: str, password: str = "correct horse battery") -> str:
        """A new person; a token of theirs. As `cairn user add` and `cairn token create` do it, without their start."""
        with self.identity() as identity:
            identity.add_user(email, password)
            return identity.create_token(email, "tests", ["files", "account"]).secret

    def add_token(self, email: str, *scopes: str) -> str:
        with self.identity() as identity:
            return identity.create_token(email, "tests", scopes).secret

    def add_client(self, redirect_uri: str = "https://photos.example.org/signed-in") -> tuple[str, str]:
        """A program with a secret that may ask people for access: its id and secret."""
        scopes, grants = (
            frozenset({"openid", "email", "offline_access", "files"}),
            {"authorization_code", "refresh_token"},
        )
        wanted = Client("", "Photo frame", frozenset({redirect_uri}), scopes, frozenset(grants))
        with self.identity() as identity:
            made = identity.add_client(wanted, is_public=False)
        return made.client.id, made.secret or ""

    def http(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Where nothing speaks TLS, reading all certificates would take longer than most tests.
        trusted = self._trusting() if self._speaks_tls else False
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60, verify=trusted, trust_env=False)

    def connect(self, *, timeout_seconds: float = 60, receive_bytes: int | None = None) -> socket.socket:
        """A connection for bytes of one's own, by TLS where `url` says so. `receive_bytes`: what the kernel takes before it is read."""
        connection = socket.socket()
        if receive_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.settimeout(timeout_seconds)
        try:
            connection.connect(("127.0.0.1", self.port))
            if self._speaks_tls:
                return self._trusting().wrap_socket(connection, server_hostname="127.0.0.1")
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def _speaks_tls(self) -> bool:
        return self.url.startswith("https:")

    def _trusting(self) -> ssl.SSLContext:
        return trusting(self.environment["SSL_CERT_FILE"])

    @contextmanager
    def identity(self) -> Iterator[IdentityRoom]:
        """The room on this server's database. Its hashes cost nothing: the server verifies them as they are."""
        settings = self.settings()
        location, secret = settings.database_location, settings.secret_bytes()
        with closing(open_identity(location, secret, settings.address, passwords=QUICK)) as room:
            yield room

    def settings(self) -> ServerSettings:
        prefix = "CAIRN_"
        given = {key.removeprefix(prefix).lower(): value for key, value in self.environment.items() if prefix in key}
        return ServerSettings.model_validate(given)

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "cairn", *arguments]


class SignedInServer(CairnServer):
    """A running server with one user; the command line is signed in as that user."""

    token: str
    email: str

    def sign_in(self) -> None:
        """As a new user, who owns nothing yet."""
        self.email = f"{secrets.token_hex(6)}@example.org"
        self.token = self.add_user(self.email)
        self.environment |= {"CAIRN_URL": self.url, "CAIRN_TOKEN": self.token}


class SecureServer(SignedInServer):
    """One process behind the product's front door: `url` and `port` are what that serves by TLS. Both are started, ended and killed
    together.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        super().__init__(folder, **environment)
        plain_port, secure_port = free_ports(2)
        behind = {room.value: [self.port] for room in _BEHIND_THE_DOOR}
        self.nginx = Nginx(folder / "nginx", plain_port, secure_port, behind)
        self.port, self.url = secure_port, self.nginx.secure_url
        self.environment |= {"CAIRN_PUBLIC_URL": self.url, "CAIRN_TRUSTED_PROXIES": "127.0.0.1"} | environment

    def await_ready(self) -> None:
        super().await_ready()
        self.nginx.start()

    def ended(self) -> int:
        status = -signal.SIGKILL
        try:
            status = super().ended()
        finally:
            self.nginx.stop(signal.SIGKILL if status == -signal.SIGKILL else signal.SIGQUIT)
        return status


def signed_in_server(folder: Path, **environment: str) -> SignedInServer:
    """One process that does all; not started."""
    folder.mkdir(parents=True, exist_ok=True)
    return SecureServer(folder, **environment) if is_through_tls() else SignedInServer(folder, **environment)


_Signed = TypeVar("_Signed", bound=SignedInServer)


@contextmanager
def running_server(folder: Path, **environment: str) -> Iterator[SignedInServer]:
    with running(signed_in_server(folder, **environment)) as server:
        yield server


@contextmanager
def running(server: _Signed) -> Iterator[_Signed]:
    """Started and signed in to; at the end killed, whatever happened to it meanwhile."""
    try:
        server.start()
        server.sign_in()
        yield server
    finally:
        if server.is_running:
            server.kill()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SignedInServer]:
    """SQLite and a folder, as `make run` starts it; of this test alone, to kill and restart."""
    with running_server(tmp_path / "server") as running:
        yield running


def wait_until(condition: Any, seconds: float = 20) -> None:
    """Poll `condition` until it is true; the poll is the only thing that waits."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)
