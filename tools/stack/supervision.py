"""Supervisor over the native stack: what it is told to keep running, and how it is asked (http://supervisord.org)."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from supervisor.xmlrpc import Faults, SupervisorTransport

from tools.stack.members import MARK, members, signal_all
from tools.stack.places import Places
from tools.stack.programs import Program

# A service has 30 seconds to end its requests, and is killed after 35.
_END_SECONDS = 40
_HEAD = """[supervisord]
pidfile={run}/supervisord.pid
logfile={logs}/supervisord.log
childlogdir={logs}
directory=/
umask=077

[unix_http_server]
file={sockets}/supervisor.sock
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
# Who stands on others ends before them.
_FIRST, _LAST = frozenset({"nginx"}), frozenset({"seaweedfs", "redis", "postgres"})


class Supervision:
    """One supervisord for one stack."""

    def __init__(self, places: Places) -> None:
        self._places = places

    @property
    def is_running(self) -> bool:
        try:
            with self._asked() as supervisor:
                supervisor.getState()
        except (OSError, xmlrpc.client.Error):
            return False
        return True

    def launch(self, programs: Mapping[str, Program]) -> None:
        """Start supervisord with `programs`, none of which runs yet."""
        paths = {"run": self._places.run, "logs": self._places.logs, "sockets": self._places.sockets}
        text = _HEAD.format(**paths)
        for name, program in programs.items():
            script = self._places.run / f"{name}.sh"
            script.write_text(_script(self._places.pid_file(name), program))
            quoted = shlex.quote(str(script))
            text += _PROGRAM.format(name=name, script=quoted, end=program.end, seconds=program.seconds, **paths)
        config = self._places.run / "supervisord.conf"
        # A percent sign begins one of its own expansions.
        config.write_text(text.replace("%", "%%"))
        command = [str(Path(sys.executable).parent / "supervisord"), "-c", str(config)]
        done = subprocess.run(command, check=False, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise ValueError(f"supervisord does not start: {(done.stdout + done.stderr).strip()}")
        _wait(lambda: self.is_running, 20, "supervisord does not answer")

    @property
    def environment(self) -> dict[str, str]:
        """Of every process: services get what compose.yaml gives them, and nothing else that begins with CAIRN_ but the stack's mark."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAIRN_", "PG"))}
        return kept | {MARK: str(self._places.run)}

    def states(self) -> dict[str, tuple[str, int]]:
        """Of each service: Supervisor's word for its state, and its process or 0."""
        with self._asked() as supervisor:
            told = supervisor.getAllProcessInfo()
        return {one["name"]: (one["statename"], one["pid"]) for one in told}

    def start(self, name: str) -> None:
        """Now, though it ended again and again and would wait for its next turn. Harmless for one that runs."""
        if self.states()[name][0] == "BACKOFF":
            self.end([name])
        try:
            with self._asked() as supervisor:
                supervisor.startProcess(name, False)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != Faults.ALREADY_STARTED:
                raise

    def end(self, names: Collection[str]) -> None:
        """All at once, each whole; who hangs is killed in time. Raises KeyError for a name that is none of the stack's."""
        states = self.states()
        # Who is stopped by SIGSTOP hears nothing else.
        signal_all([states[name][1] for name in names if states[name][1]], signal.SIGCONT)
        _wait(lambda: self._have_ended(names), _END_SECONDS, f"{', '.join(names)}: they do not end")

    def _have_ended(self, names: Collection[str]) -> bool:
        """Whether all have; whoever runs is told to end, also who came back from an end of its own meanwhile."""
        states = self.states()
        for name in names:
            if states[name][0] in {"STARTING", "RUNNING", "BACKOFF"}:
                with contextlib.suppress(xmlrpc.client.Fault), self._asked() as supervisor:
                    supervisor.stopProcess(name, False)
        return all(states[name][0] in {"STOPPED", "FATAL"} for name in names)

    def stop(self) -> None:
        """Every service, then supervisord itself, and whatever is left of them, though supervisord or the folder were gone."""
        signal_all(members(self._places), signal.SIGCONT)
        if self.is_running:
            names = self.states().keys()
            for turn in (names & _FIRST, names - _FIRST - _LAST, names & _LAST):
                self.end(turn)
            with self._asked() as supervisor:
                supervisor.shutdown()
        for how, seconds in ((signal.SIGTERM, _END_SECONDS), (signal.SIGKILL, 10)):
            with contextlib.suppress(TimeoutError):
                signal_all(members(self._places), how)
                _wait(lambda: not members(self._places), seconds, "they do not end")
                return
        raise TimeoutError(f"these do not end: {members(self._places)}")

    @contextlib.contextmanager
    def _asked(self) -> Iterator[Any]:
        transport = SupervisorTransport(None, None, f"unix://{self._places.sockets}/supervisor.sock")
        with contextlib.closing(transport):
            yield xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor


def _script(pid_file: Path, program: Program) -> str:
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in program.environment.items())
    whole, begun = shlex.quote(str(pid_file)), shlex.quote(f"{pid_file}.new")
    # Whoever reads it meanwhile finds the process of before.
    return f"{exports}echo $$ >{begun} && mv {begun} {whole}\nexec {shlex.join(map(str, program.command))}\n"


def _wait(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Raises TimeoutError with the words `otherwise`."""
    end = monotonic() + seconds
    while not condition():
        if monotonic() > end:
            raise TimeoutError(otherwise)
        sleep(0.05)
