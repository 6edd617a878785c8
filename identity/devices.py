"""Devices: what a person is signed in with, shown to them, and each to be cut off alone."""

import re
import unicodedata
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, and_, case, delete, insert, or_, select, update

from foundation.database import Database
from foundation.ids import new_id
from identity.clock import Clock
from identity.errors import DeviceNotFound, NameInvalid
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


def checked_name(name: str) -> str:
    """Raises NameInvalid for what does not name a device."""
    if not 1 <= len(name.strip()) <= len(name) <= MAX_NAME_CHARACTERS:
        raise NameInvalid(f"A name has 1 to {MAX_NAME_CHARACTERS} characters.", field="name")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        raise NameInvalid("A name holds no control characters.", field="name")
    return name


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

    def list(
        self, user: UUID, after: tuple[bool, UUID] | None, limit: int, *, with_revoked: bool = False
    ) -> list[Device]:
        """The devices of `user`, live ones first, each kind in the order of their ids, beginning behind (is revoked, id)."""
        table = devices.c
        is_revoked = case((table.revoked_at.is_(None), 0), else_=1)
        statement = select(devices).where(table.user == user).order_by(is_revoked, table.id).limit(limit)
        if not with_revoked:
            statement = statement.where(table.revoked_at.is_(None))
        if after is not None:
            kind, id = after
            statement = statement.where(or_(is_revoked > int(kind), and_(is_revoked == int(kind), table.id > id)))
        return [_device(row) for row in self._database.read(lambda connection: connection.execute(statement).all())]

    def find(self, user: UUID, device: UUID) -> Device | None:
        """None for somebody else's, and for what names itself, as programs of an outside issuer do."""
        statement = select(devices).where(devices.c.id == device, devices.c.user == user)
        row = self._database.read(lambda connection: connection.execute(statement).one_or_none())
        return _device(row) if row else None

    def rename(self, user: UUID, device: UUID, name: str) -> Device:
        """Raises NameInvalid; DeviceNotFound, also for somebody else's and a revoked one."""
        table = devices.c
        mine = (table.id == device, table.user == user, table.revoked_at.is_(None))
        renamed = update(devices).where(*mine).values(name=checked_name(name)).returning(*devices.c)
        row = self._database.write(lambda connection: connection.execute(renamed).one_or_none())
        if row is None:
            raise DeviceNotFound
        return _device(row)

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
    return Device(row.id, DeviceKind(row.kind), row.name, row.created_at, row.last_seen_at, row.revoked_at)
