"""Devices: what a person is signed in with, shown to them, and each to be cut off alone."""

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update

from foundation.database import Database
from foundation.ids import new_id
from identity.clock import Clock
from identity.errors import DeviceNotFound
from identity.model import Device, DeviceKind
from identity.schema import devices, outside_sessions, refresh_tokens, sessions, tokens
from identity.verdicts import Verdicts

MAX_NAME_CHARACTERS = 100
# Whoever pretends to be others names them too: the first that fits counts.
_BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def device_name(user_agent: str) -> str:
    """What people recognise, of a User-Agent header."""
    browser = next((name for mark, name in _BROWSERS.items() if f"{mark}/" in user_agent), None)
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), None)
    if browser:
        return f"{browser} on {system}" if system else browser
    product = re.match(r"[\w.-]{1,40}", user_agent, re.ASCII)
    return product[0] if product else "Browser"


def insert_device(connection: Connection, user: UUID, kind: DeviceKind, name: str, now: datetime) -> UUID:
    """A new device, in the transaction of what signs it in."""
    id = new_id()
    values = {"id": id, "user": user, "kind": kind.value, "name": name[:MAX_NAME_CHARACTERS], "created_at": now}
    connection.execute(insert(devices).values(values | {"last_seen_at": now}))
    return id


def revoke_device(connection: Connection, device: UUID, now: datetime) -> None:
    """Cut off the device and whatever it signs in with."""
    connection.execute(update(devices).where(devices.c.id == device).values(revoked_at=now))
    for table in (outside_sessions, sessions, refresh_tokens):
        connection.execute(delete(table).where(table.c.device == device))
    live = (tokens.c.device == device, tokens.c.revoked_at.is_(None))
    connection.execute(update(tokens).where(*live).values(revoked_at=now))


class Devices:
    def __init__(self, database: Database, verdicts: Verdicts, clock: Clock) -> None:
        self._database, self._verdicts, self._clock = database, verdicts, clock

    def list(self, user: UUID, after: UUID | None, limit: int) -> list[Device]:
        """The live devices of `user`, in the order of their ids, beginning behind `after`."""
        table = devices.c
        statement = (
            select(devices).where(table.user == user, table.revoked_at.is_(None)).order_by(table.id).limit(limit)
        )
        if after is not None:
            statement = statement.where(table.id > after)
        return [_device(row) for row in self._database.read(lambda connection: connection.execute(statement).all())]

    def revoke(self, user: UUID, device: UUID) -> None:
        """Raises DeviceNotFound, also for somebody else's."""
        table = devices.c
        live = select(table.id).where(table.id == device, table.user == user, table.revoked_at.is_(None))

        def body(connection: Connection) -> None:
            if connection.execute(live).first() is None:
                raise DeviceNotFound
            revoke_device(connection, device, self._clock())

        self._database.write(body)
        self._verdicts.forget()


def _device(row: Row[*tuple[object, ...]]) -> Device:
    return Device(row.id, DeviceKind(row.kind), row.name, row.created_at, row.last_seen_at)
