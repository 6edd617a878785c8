"""nginx as a process: Debian's, or the one on PATH."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
from pathlib import Path

from nginx.errors import ConfigurationRefused, NginxMissing

_PR_SET_PDEATHSIG = 1
_END_SECONDS = 30


def nginx_program(path: str | None = None) -> Path:
    """Debian's, else the first on `path`, or on PATH. Raises NginxMissing."""
    places = ["/usr/sbin", "/usr/local/sbin", os.environ.get("PATH", "") if path is None else path]
    found = shutil.which("nginx", path=os.pathsep.join(places))
    if found is None:
        raise NginxMissing("Install Debian's package: apt install nginx-light.")
    return Path(found)


class Nginx:
    """One nginx with the configuration `file`, which lies in its own folder. It ends with whoever started it, however that ends."""

    def __init__(self, program: Path, file: Path) -> None:
        self._command: list[str | Path] = [program, "-p", file.parent, "-c", file, "-e", "stderr"]
        self._process: subprocess.Popen[bytes] | None = None

    def check(self) -> None:
        """Raises ConfigurationRefused if nginx would not start, or go on, with what is written now."""
        done = subprocess.run([*self._command, "-t", "-q"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ConfigurationRefused(done.stderr.strip()[-1000:])

    def start(self) -> None:
        libc = ctypes.CDLL(None)
        self._process = subprocess.Popen(
            self._command,
            start_new_session=True,
            preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM),  # noqa: PLW1509 — nothing of ours runs in the child but this call.
        )

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the process that its workers belong to."""
        return self._running().pid

    def reload(self) -> None:
        """Go on with what is written now; requests that run end as they began."""
        self._running().send_signal(signal.SIGHUP)

    def end(self, how: int = signal.SIGQUIT) -> int:
        """Its exit status. SIGQUIT lets running requests end, at most 30 seconds long; SIGKILL cuts every connection."""
        process = self._running()
        if how == signal.SIGKILL:
            os.killpg(process.pid, how)
        process.send_signal(how)
        try:
            status = process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            status = process.wait()
        # Workers outlive a master that was killed, and would keep the ports.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        self._process = None
        return status

    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "it was not started"  # noqa: S101
        return self._process
