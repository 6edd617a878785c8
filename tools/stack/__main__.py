"""`python -m tools.stack start|stop|restart SERVICE`."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from time import monotonic, sleep

from tools.stack.answering import answers, front_door_is_ready
from tools.stack.composition import COMPOSE, Service, environment_of, services
from tools.stack.places import Places, data_folder, keep, places_in
from tools.stack.programs import Program, places_port, prepare, program
from tools.stack.secrets_files import read, write_secrets
from tools.stack.supervision import Supervision

_READY_SECONDS = 120


def main() -> None:
    parser = argparse.ArgumentParser(prog="make stack", description=__doc__)
    parser.add_argument("verb", choices=["start", "stop", "restart"])
    parser.add_argument("service", nargs="?")
    options = parser.parse_args()
    places = places_in(data_folder())
    try:
        {"start": start, "stop": stop, "restart": lambda places: restart(places, options.service)}[options.verb](places)
    except (TimeoutError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"cairn: {error}")


def start(places: Places) -> None:
    """Everything that does not run yet, each when what it stands on answers."""
    supervision = Supervision(places)
    if not supervision.is_running:
        _launch(places, supervision)
    _until(lambda: front_door_is_ready(_https()), f"the stack is not ready; see {places.logs}")
    _say(f"Cairn is ready: https://127.0.0.1:{_https()} http://127.0.0.1:{places_port('CAIRN_HTTP_PORT')}")


def stop(places: Places) -> None:
    supervision = Supervision(places)
    if supervision.is_running:
        supervision.stop()
    for file in places.run.glob("*.pid"):
        file.unlink()
    _say("the stack is stopped")


def restart(places: Places, service: str | None) -> None:
    if not service:
        raise ValueError("SERVICE is not given: make stack-restart SERVICE=metadata")
    supervision = Supervision(places)
    if not supervision.is_running:
        raise ValueError("the stack does not run: make stack")
    try:
        supervision.restart(service)
    except KeyError:
        raise ValueError(f"{service} is no service of the stack: see {places.run}/stack.json") from None
    _until(lambda: answers(service, places, _https()), f"{service} does not answer; see {places.logs}/{service}.log")
    _say(f"{service} runs again")


def _launch(places: Places, supervision: Supervision) -> None:
    keep(places)
    write_secrets(places)
    prepare(places)
    found = services(_variables(), frozenset({"seaweedfs"}))
    programs = {name: program(service, places) for name, service in found.items()}
    supervision.launch({name: programs[name] for name, service in found.items() if service.restarts})
    done: set[str] = set()
    while waiting := [service for name, service in found.items() if name not in done]:
        free = [service for service in waiting if set(service.after) <= done]
        for service in free:
            _begin(service, programs[service.name], supervision)
        for service in free:
            if service.restarts:
                _until(
                    lambda name=service.name: answers(name, places, _https()),  # type: ignore[misc]
                    f"{service.name} does not answer; see {places.logs}/{service.name}.log",
                )
        done |= {service.name for service in free}
    _write_stack_file(places, found)


def _begin(service: Service, how: Program, supervision: Supervision) -> None:
    _say(f"starting {service.name}")
    if service.restarts:
        supervision.start(service.name)
    else:
        subprocess.run(how.command, env=os.environ | dict(how.environment), check=True, stdout=subprocess.DEVNULL)


def _variables() -> dict[str, str]:
    """The environment file of compose, and what this shell says besides."""
    native = {"CAIRN_PUBLIC_URL": f"https://127.0.0.1:{_https()}", "CAIRN_HTTP_PORT": places_port("CAIRN_HTTP_PORT")}
    given = environment_of(COMPOSE / ".env.example") | native | environment_of(COMPOSE / ".env")
    return given | {name: value for name, value in os.environ.items() if name.startswith("CAIRN_")}


def _write_stack_file(places: Places, found: dict[str, Service]) -> None:
    addresses = {
        name: places.address(name) for name, service in found.items() if name in places.ports and service.restarts
    }
    addresses["nginx"] = f"https://127.0.0.1:{_https()}"
    locations = {"database": read(places, "database"), "store": read(places, "store")}
    broker = places.translated(found["sync"].environment["CAIRN_BROKER"])
    file = places.run / "stack.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"services": addresses, **locations, "broker": broker}, indent=2) + "\n")


def _https() -> int:
    return int(places_port("CAIRN_HTTPS_PORT"))


def _until(condition: Callable[[], bool], otherwise: str) -> None:
    end = monotonic() + _READY_SECONDS
    while not condition():
        if monotonic() > end:
            raise TimeoutError(otherwise)
        sleep(0.1)


def _say(text: str) -> None:
    sys.stdout.write(f"{text if text.startswith('Cairn') else f'cairn: {text}'}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
