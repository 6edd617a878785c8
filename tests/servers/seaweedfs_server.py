"""SeaweedFS as a process of the tests: master, volume, filer and S3 gateway in one `weed server`, on loopback."""

import contextlib
import ctypes
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import urllib3

from tests.servers.ports import free_ports
from tests.servers.processes import freeze, thaw

_PORTS = ("master", "volume", "filer", "s3")  # Each also needs a gRPC port.
_START_SECONDS = 60
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Buckets:
    """The S3 address of a running server, and what a store needs to make a bucket of its own there."""

    port: int
    key: str
    secret: str

    def fresh_location(self) -> str:
        """A location whose bucket does not exist yet."""
        return f"s3+http://{self.key}:{self.secret}@127.0.0.1:{self.port}/b-{secrets.token_hex(8)}"


class SeaweedFSServer:
    """One server in a folder of its own. It can be stopped, started again on the same data and ports, and frozen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        ports = free_ports(2 * len(_PORTS))
        self._ports = dict(zip(_PORTS, zip(ports[::2], ports[1::2], strict=True), strict=True))
        self.address = Buckets(self._ports["s3"][0], secrets.token_hex(8), secrets.token_hex(16))
        self.s3_settings = _s3_settings(self.address)
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator["SeaweedFSServer"]:
        with tempfile.TemporaryDirectory(prefix="seaweedfs-", ignore_cleanup_errors=True) as folder:
            server = cls(Path(folder))
            server.start()
            try:
                yield server
            finally:
                server.stop()

    def start(self) -> None:
        """Return once the S3 gateway and its filer answer. Raises RuntimeError with the end of the log."""
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        settings = self._folder / "s3.json"
        settings.write_text(json.dumps(self.s3_settings))
        libc = ctypes.CDLL(None)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [Path(sys.executable).parent / "weed", *self._arguments(data, settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={
                    **os.environ,
                    "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
                    "GOMEMLIMIT": "300MiB",
                    "GOMAXPROCS": "2",
                },
                preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509 — nothing of ours runs in the child but this call.
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Kill it: as a crash. What a PUT was answered for stays."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It keeps its connections and answers nothing."""
        assert self._process
        freeze(self._process.pid)

    def thaw(self) -> None:
        assert self._process
        thaw(self._process.pid)

    def _arguments(self, data: Path, settings: Path) -> list[str]:
        arguments = [
            "server",
            f"-dir={data}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-filer",
            "-s3",
            f"-s3.config={settings}",
        ]
        for part, (port, grpc) in self._ports.items():
            arguments += [f"-{part}.port={port}", f"-{part}.port.grpc={grpc}"]
        return [
            *arguments,
            "-s3.port.lance=0",
            "-s3.port.iceberg=0",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            "-s3.iam=false",
            f"-s3.localSocket={self._folder}/s3.sock",
            f"-filer.localSocket={self._folder}/filer.sock",
            "-master.telemetry=false",
            "-master.electionTimeout=1s",
            "-master.heartbeatInterval=100ms",
            "-master.volumeSizeLimitMB=1024",
            "-volume.max=8000",
        ]

    def _wait_until_ready(self) -> None:
        end = monotonic() + _START_SECONDS
        with urllib3.PoolManager(retries=False, timeout=2) as pool:
            while not self._answers(pool):
                assert self._process
                if self._process.poll() is not None or monotonic() > end:
                    tail = (self._folder / "log").read_text(errors="replace")[-3000:]
                    self.stop()
                    raise RuntimeError(f"SeaweedFS does not start:\n{tail}")
                sleep(0.05)

    def _answers(self, pool: urllib3.PoolManager) -> bool:
        """Every part, and a volume that takes bytes: the gateway answers before there is one."""
        master, filer, s3 = (self._ports[part][0] for part in ("master", "filer", "s3"))
        try:
            for address in (f"{master}/dir/assign", f"{filer}/", f"{s3}/healthz"):
                if pool.request("GET", f"http://127.0.0.1:{address}").status >= 300:
                    return False
        except urllib3.exceptions.HTTPError:
            return False
        return True


def _s3_settings(buckets: Buckets) -> dict[str, object]:
    credentials = [{"accessKey": buckets.key, "secretKey": buckets.secret}]
    return {
        "identities": [{"name": "tests", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}]
    }
