"""`python -m tools.stack start|stop|restart SERVICE|once COMMAND…`."""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from time import monotonic, sleep
from types import FrameType

from tools.stack.answering import answers, front_door_is_ready
from tools.stack.beginning import Beginning, StackFailedError
from tools.stack.composition import COMPOSE, Service, environment_of, services
from tools.stack.members import members, signal_all
from tools.stack.places import Places, data_folder, free_places, keep, kept_places
from tools.stack.programs import prepare, program
from tools.stack.secrets_files import read, write_secrets
from tools.stack.supervision import Supervision

_ANSWER_SECONDS = 60
_PROFILES = frozenset({"seaweedfs"})


def main() -> None:
    parser = argparse.ArgumentParser(prog="make stack", description=__doc__)
    parser.add_argument("verb", choices=["start", "stop", "restart", "once"])
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    # All that a stack keeps is its owner's alone.
    os.umask(0o077)
    try:
        places = kept_places(data_folder())
        if options.verb == "start":
            start(places)
        elif options.verb == "stop":
            stop(places)
            _say("the stack is stopped")
        elif options.verb == "restart":
            restart(places, " ".join(options.arguments))
        else:
            sys.exit(once(places, options.arguments))
    except (StackFailedError, TimeoutError, ValueError, OSError) as error:
        sys.exit(f"cairn: {error}")
    except KeyboardInterrupt:
        sys.exit("cairn: interrupted")


def start(places: Places) -> None:
    """Everything that does not run yet, each when what it stands on answers. A stack that does not come up is taken down again."""
    signal_all(members(places), signal.SIGCONT)
    supervision = Supervision(places)
    is_going = supervision.is_running
    if is_going and front_door_is_ready(places) and _runs_whole(supervision):
        _say("the stack runs already")
        _announce(places)
        return
    try:
        _begin(places, is_going)
    except BaseException:
        if not is_going:
            _say("the stack is taken down again")
            stop(kept_places(places.data))
        raise


def stop(places: Places) -> None:
    Supervision(places).stop()
    for file in (*places.run.glob("*.pid"), places.run / "stack.json"):
        # CAIRN_DATA may be no folder.
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            file.unlink()


def restart(places: Places, service: str) -> None:
    """End a service as a whole, start it, and wait until it answers."""
    if not service:
        raise ValueError("SERVICE is not given: make stack-restart SERVICE=metadata")
    supervision = Supervision(places)
    if not supervision.is_running:
        raise ValueError("the stack does not run: make stack")
    if service not in (names := supervision.states()):
        raise ValueError(f"{service} is no service of the stack; these are: {', '.join(sorted(names))}")
    supervision.end([service])
    supervision.start(service)
    end = monotonic() + _ANSWER_SECONDS
    while not answers(service, places):
        if monotonic() > end or supervision.states()[service][0] in {"BACKOFF", "FATAL"}:
            raise StackFailedError(service, places)
        sleep(0.1)
    _say(f"{service} runs again")


def once(places: Places, command: Sequence[str]) -> int:
    """Run a command of `cairn` as the migration is run, as the owner of database and store, and with this shell's CAIRN_BACKUP…;
    its exit status. Where the stack does not run, these two run for as long as the command.
    """
    if not command:
        raise ValueError('ARGS is not given: make stack-once ARGS="backup create"')
    is_going = Supervision(places).is_running
    if is_going and "--adopt" in command:
        raise ValueError("what is running must not see database and store adopted: make stack-stop first")
    if not is_going:
        places = _laid_out(places)
    supervision, found = Supervision(places), services(_variables(places), _PROFILES)
    needed = {name: found[name] for name in found["migrate"].after}
    job = program(replace(found["migrate"], command=tuple(command)), places)
    backup = {name: value for name, value in os.environ.items() if name.startswith("CAIRN_BACKUP")}
    try:
        if not is_going:
            programs = {name: program(service, places) for name, service in needed.items()}
            supervision.launch(programs)
            Beginning(places, needed, programs, supervision).run(lambda _words: None)
        environment = supervision.environment | dict(job.environment) | backup
        return subprocess.run(job.command, env=environment, check=False).returncode
    finally:
        if not is_going:
            stop(places)


def _laid_out(places: Places) -> Places:
    """Where a stack that does not run will be, with all that it needs there."""
    # Of one whose supervisor or folder is gone.
    Supervision(places).stop()
    places, moved = free_places(places.data, services(_variables(places), _PROFILES).keys())
    keep(places)
    for words in moved:
        _say(words)
    write_secrets(places)
    prepare(places)
    return places


def _begin(places: Places, is_going: bool) -> None:
    if is_going:
        _require_same(places, services(_variables(places), _PROFILES).keys())
    else:
        places = _laid_out(places)
    supervision = Supervision(places)
    found = services(_variables(places), _PROFILES)
    programs = {name: program(service, places) for name, service in found.items()}
    if not is_going:
        supervision.launch({name: programs[name] for name, service in found.items() if service.restarts})
    Beginning(places, found, programs, supervision).run(_say)
    _write_stack_file(places, found)
    _announce(places)


def _require_same(places: Places, names: Collection[str]) -> None:
    """Raises ValueError where a running stack has another number of some service than the settings now say, or is there for `once` only."""
    running = Supervision(places).states().keys()
    if "nginx" not in running:
        raise ValueError("a command of make stack-once runs, or was killed: wait for it, or make stack-stop")
    if extra := {name for name in running ^ set(names) if name.rpartition("-")[2].isdecimal()}:
        raise ValueError(
            f"{', '.join(sorted(extra))}: how many of a service there are is changed by make stack-stop, then make stack"
        )


def _runs_whole(supervision: Supervision) -> bool:
    return all(state == "RUNNING" for state, _process in supervision.states().values())


def _variables(places: Places) -> dict[str, str]:
    """The environment file of compose, and what this shell says besides."""
    native = {"CAIRN_PUBLIC_URL": places.front_door}
    given = environment_of(COMPOSE / ".env.example") | native | environment_of(COMPOSE / ".env")
    return given | {name: value for name, value in os.environ.items() if name.startswith("CAIRN_")}


def _write_stack_file(places: Places, found: Mapping[str, Service]) -> None:
    addresses = {name: places.address(name) for name, service in found.items() if name in places.ports}
    addresses["nginx"] = places.front_door
    locations = {"database": read(places, "database"), "store": read(places, "store")}
    broker = places.translated(found["sync"].environment["CAIRN_BROKER"])
    file = places.run / "stack.json"
    # Its locations name passwords.
    file.touch(mode=0o600)
    file.write_text(json.dumps({"services": addresses, **locations, "broker": broker}, indent=2) + "\n")


def _announce(places: Places) -> None:
    """The line that people and scripts wait for; before it the first administrator's password, once."""
    told = places.run / "administrator-is-told"
    lines = places.log("identity").read_text(errors="replace").splitlines()
    made = [at for at, line in enumerate(lines) if line.startswith("An administrator was made")]
    if made and not told.exists():
        sys.stdout.write("\n".join(lines[made[-1] : made[-1] + 2]) + "\n")
        told.touch()
    sys.stdout.write(f"Cairn is ready: {places.front_door} http://127.0.0.1:{places.ports['CAIRN_HTTP_PORT']}\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stdout.write(f"cairn: {text}\n")
    sys.stdout.flush()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
