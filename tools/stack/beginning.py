"""How a stack begins: each service when what it stands on answers, as much at once as may be, and what fails is told at once."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic, sleep

from tools.stack.answering import answers, front_door_is_ready
from tools.stack.composition import Service
from tools.stack.places import Places
from tools.stack.programs import Program
from tools.stack.supervision import Supervision

# Who ends is told at once; a busy machine takes its time.
_READY_SECONDS = 300
_LOG_LINES = 15
_PAUSE_SECONDS = 0.1
# Who waits for nobody here: the front door answers for rooms that are not there yet.
_FREE = frozenset({"nginx"})


class Beginning:
    """The services that `found` describes, under a supervisor that runs. Those that answer already stay as they are."""

    def __init__(
        self, places: Places, found: Mapping[str, Service], programs: Mapping[str, Program], supervision: Supervision
    ) -> None:
        self._places, self._found, self._programs, self._supervision = places, found, programs, supervision
        self._begun: dict[str, int] = {}
        self._jobs: dict[str, subprocess.Popen[bytes]] = {}
        self._done: set[str] = set()

    def run(self, say: Callable[[str], None]) -> None:
        """Until all answer, and the front door, if it is among them, is ready.

        Raises StackFailedError, which names the service that ended or does not answer.
        """
        end = monotonic() + _READY_SECONDS
        while not self._is_whole(say):
            if monotonic() > end:
                raise StackFailedError(self._late(), self._places)
            sleep(_PAUSE_SECONDS)

    def _is_whole(self, say: Callable[[str], None]) -> bool:
        for name in self._found.keys() - self._begun.keys():
            if name in _FREE or set(self._found[name].after) <= self._done:
                say(f"starting {name}")
                self._begin(name)
        self._look()
        has_front_door = "nginx" in self._found
        return len(self._done) == len(self._found) and (not has_front_door or front_door_is_ready(self._places))

    def _begin(self, name: str) -> None:
        if self._found[name].restarts:
            self._supervision.start(name)
            self._begun[name] = 0
            return
        program, log = self._programs[name], self._places.log(name)
        with log.open("ab") as output:
            self._jobs[name] = subprocess.Popen(
                program.command,
                env=self._supervision.environment | dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._begun[name] = self._jobs[name].pid

    def _look(self) -> None:
        states = self._supervision.states()
        for name in self._begun.keys() - self._done:
            if name in self._jobs:
                status = self._jobs[name].poll()
                is_done, has_failed = status == 0, bool(status)
            else:
                has_failed = self._has_ended(name, *states[name])
                is_done = not has_failed and answers(name, self._places)
            if has_failed:
                raise StackFailedError(name, self._places)
            if is_done:
                self._done.add(name)

    def _has_ended(self, name: str, state: str, process: int) -> bool:
        """Whether it ended, even if the supervisor has started it again."""
        first = self._begun[name] = self._begun[name] or process
        return state in {"BACKOFF", "EXITED", "FATAL"} or process != first

    def _late(self) -> str:
        waiting = sorted(self._begun.keys() - self._done)
        return waiting[0] if waiting else "sync"


class StackFailedError(Exception):
    """A service that ended, or does not answer in time."""

    def __init__(self, service: str, places: Places) -> None:
        file = places.log(service)
        super().__init__(f"{service} does not run; {file} ends so:\n{last_lines(file)}")


def last_lines(file: Path) -> str:
    lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    return "\n".join(f"    {line[:500]}" for line in lines[-_LOG_LINES:])
