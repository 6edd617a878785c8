"""Supervisor over the native stack: what it is told to keep running, and how it is asked (http://supervisord.org)."""

import hashlib
import os
import shlex
import subprocess
import sys
import tempfile
import xmlrpc.client
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic, sleep

from supervisor.xmlrpc import SupervisorTransport

from tools.stack.places import Places
from tools.stack.programs import Program

# A service has 30 seconds to end its requests.
_END_SECONDS = 35
_UNIX_PATH_MAX = 100
_HEAD = """[supervisord]
pidfile={run}/supervisord.pid
logfile={logs}/supervisord.log
childlogdir={logs}
directory=/
umask=077

[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
_PROGRAM = """
[program:{name}]
command=/bin/sh {script}
autostart=false
autorestart=true
startsecs=1
startretries=1000000
stopsignal={end}
stopwaitsecs={seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=3
"""


class Supervision:
    """One supervisord for one stack."""

    def __init__(self, places: Places) -> None:
        self._places, self._socket = places, _socket(places)

    @property
    def is_running(self) -> bool:
        try:
            self._rpc().supervisor.getState()
        except (OSError, xmlrpc.client.Error):
            return False
        return True

    def launch(self, programs: Mapping[str, Program]) -> None:
        """Start supervisord with `programs`, none of which runs yet."""
        paths = {"run": self._places.run, "logs": self._places.logs}
        text = _HEAD.format(socket=self._socket, **paths)
        for name, program in programs.items():
            script = self._places.run / f"{name}.sh"
            script.write_text(_script(self._places.pid_file(name), program))
            text += _PROGRAM.format(name=name, script=script, end=program.end, seconds=_END_SECONDS, **paths)
        config = self._places.run / "supervisord.conf"
        # A percent sign begins one of its own expansions.
        config.write_text(text.replace("%", "%%"))
        subprocess.run([Path(sys.executable).parent / "supervisord", "-c", config], check=True, env=_clean())
        _wait(lambda: self.is_running, 20, "supervisord does not answer")

    def start(self, name: str) -> None:
        self._rpc().supervisor.startProcess(name, False)

    def restart(self, name: str) -> None:
        """End it as a whole, then start it. Raises KeyError for a name that is none of the stack's."""
        try:
            self._rpc().supervisor.stopProcess(name, True)
        except xmlrpc.client.Fault as fault:
            if "BAD_NAME" in fault.faultString:
                raise KeyError(name) from fault
        self.start(name)

    def stop(self) -> None:
        """End every service, then supervisord itself."""
        with open(self._places.run / "supervisord.pid") as file:  # noqa: PTH123
            pid = int(file.read())
        for name in self.stopping_order():
            self._rpc().supervisor.stopProcess(name, True)
        self._rpc().supervisor.shutdown()
        _wait(lambda: not Path(f"/proc/{pid}").exists(), _END_SECONDS, "supervisord does not end")

    def stopping_order(self) -> list[str]:
        """Who runs, those that others stand on last."""
        running = [one["name"] for one in self._rpc().supervisor.getAllProcessInfo() if one["statename"] != "STOPPED"]
        ground = ["seaweedfs", "redis", "postgres"]
        return sorted(running, key=lambda name: (name != "nginx", ground.index(name) if name in ground else -1))

    def _rpc(self) -> xmlrpc.client.ServerProxy:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)


def _script(pid_file: Path, program: Program) -> str:
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in program.environment.items())
    command = shlex.join(map(str, program.command))
    return f"{exports}echo $$ >{shlex.quote(str(pid_file))}\nexec {command}\n"


def _clean() -> dict[str, str]:
    """Services get what compose.yaml gives them, and nothing else that begins with CAIRN_."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CAIRN_", "PG"))}


def _socket(places: Places) -> Path:
    path = places.run / "supervisor.sock"
    if len(str(path)) < _UNIX_PATH_MAX:
        return path
    return Path(tempfile.gettempdir()) / f"cairn-{hashlib.sha256(str(path).encode()).hexdigest()[:16]}.sock"


def _wait(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    end = monotonic() + seconds
    while not condition():
        if monotonic() > end:
            raise TimeoutError(otherwise)
        sleep(0.05)
