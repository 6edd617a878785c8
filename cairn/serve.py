"""`cairn serve`: everything in one process, or rooms by themselves."""

import os
import resource
import secrets
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from cairn.errors import SettingInvalid
from cairn.served import Served, serve_all
from cairn.settings import ServerSettings
from foundation.problems import Problem
from foundation.service_tokens import Room
from foundation.telemetry import log_to_stderr
from foundation.tracing import begin_tracing

if TYPE_CHECKING:
    from identity import IdentityRoom

ADMIN = "admin@localhost"
PORTS = {Room.METADATA: 8000, Room.SYNC: 8001, Room.CHUNKER: 8002, Room.BLOCK_STORAGE: 8003, Room.IDENTITY: 8004}


def serve(settings: ServerSettings) -> None:
    """Every room in one process, which migrates its database by itself."""
    from cairn.compose.data import migrate
    from cairn.compose.one_process import one_process, open_rooms

    _prepare_process(settings, "cairn")
    settings.require_workable_broker()
    settings.require_workers_store()
    migrate(settings)
    with open_rooms(settings) as rooms:
        first_admin(rooms.identity)
        app, address = one_process(rooms, settings), settings.address
        serve_all(
            [Served(app, settings.host, settings.port, address, rooms.long_poll.end_waits, settings.trusted_proxies)]
        )


def rooms_named(names: Iterable[str]) -> list[Room]:
    """Each once. Raises SettingInvalid for a name that no room has."""
    try:
        return list(dict.fromkeys(map(Room, names)))
    except ValueError as error:
        raise SettingInvalid(f"--only: {error}; the rooms are {', '.join(Room)}.") from None


def serve_rooms(settings: ServerSettings, rooms: Sequence[Room], port: int | None = None) -> None:
    """Each of `rooms` as a service of its own, on its own port, or the only one on `port`. Nothing is migrated.

    Raises SettingInvalid; NotMigrated, SchemaTooOld, which name the command to run.
    """
    from cairn.compose.rooms import composed
    from cairn.neighbours import Neighbours

    _prepare_process(settings, f"cairn-{rooms[0]}" if len(rooms) == 1 else "cairn")
    settings.require_workable_broker()
    with ExitStack() as stack:
        neighbours = Neighbours(settings, frozenset(rooms), stack)
        services = []
        for room in rooms:
            app, end_waits = composed(room, neighbours)
            listens = port or PORTS[room]
            told = f"{room} {settings.address_of(listens)}"
            services.append(Served(app, settings.host, listens, told, end_waits, settings.trusted_proxies))
        if Room.IDENTITY in rooms:
            first_admin(neighbours.identity)
        serve_all(services)


def first_admin(identity: "IdentityRoom") -> None:
    """An installation without users gets an administrator, whose password is shown this once."""
    if identity.has_users():
        return
    password = secrets.token_urlsafe(12)
    try:
        identity.add_user(ADMIN, password, is_admin=True)
    except Problem:
        # Another process of identity may have begun at the same moment.
        if not identity.has_users():
            raise
        return
    print(f"An administrator was made: {ADMIN}\nPassword, shown only now:  {password}", flush=True)  # noqa: T201


def _prepare_process(settings: ServerSettings, name: str) -> None:
    log_to_stderr(settings.log_level)
    begin_tracing(name, settings.otlp_endpoint)
    # What the process makes is its owner's alone: files of people, hashes of passwords, keys.
    os.umask(0o077)
    # A connection is a file descriptor, and the usual soft limit of 1,024 would end at so many browsers that wait.
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
