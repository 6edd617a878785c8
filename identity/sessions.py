"""Sessions of browsers: opaque, with an idle and an absolute end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, delete, insert, or_, select

from foundation.database import Database
from identity.clock import Clock
from identity.devices import insert_device, revoke_device
from identity.model import DeviceKind
from identity.opaque import digest, new_session
from identity.schema import sessions
from identity.verdicts import Verdicts

IDLE = timedelta(days=14)
LONGEST = timedelta(days=90)
_EXPIRED_AT_ONCE = 500

Also = Callable[[Connection, UUID], None]  # in the transaction that begins a session, with its device


class Sessions:
    def __init__(self, database: Database, verdicts: Verdicts, clock: Clock) -> None:
        self._database, self._verdicts, self._clock = database, verdicts, clock

    def begin(self, user: UUID, device_name: str, previous: str | None, also: Also | None = None) -> str:
        """The secret of a new session on a new device; `previous`, what the browser sent before, ends. `also`: done with it.

        A new secret at each sign-in: one that somebody planted in the browser before never becomes a session (fixation).
        """
        secret = new_session()

        def body(connection: Connection) -> None:
            now = self._clock()
            if previous is not None:
                self._end(connection, previous)
            device = insert_device(connection, user, DeviceKind.BROWSER, device_name, now)
            row = {
                "secret_hash": digest(secret), "user": user, "device": device, "created_at": now,
                "last_used_at": now, "idle_until": now + IDLE, "ends_at": now + LONGEST,
            }  # fmt: skip
            connection.execute(insert(sessions).values(row))
            if also is not None:
                also(connection, device)

        self._database.write(body)
        if previous is not None:
            self._verdicts.forget()
        return secret

    def end(self, secret: str) -> None:
        """Sign out, and the device with it. One that is no more is fine."""
        self._database.write(lambda connection: self._end(connection, secret))
        self._verdicts.forget()

    def began_at(self, secret: str) -> datetime | None:
        """When its person proved who they are; None for one that is no more."""
        statement = select(sessions.c.created_at).where(sessions.c.secret_hash == digest(secret))
        began: datetime | None = self._database.read(
            lambda connection: connection.execute(statement).scalar_one_or_none()
        )
        return began

    def expire(self) -> int:
        """Remove a slice of the sessions that have ended by themselves, and revoke their devices; says how many."""
        now, table = self._clock(), sessions.c
        ended = select(table.device).where(or_(table.idle_until <= now, table.ends_at <= now)).limit(_EXPIRED_AT_ONCE)

        def body(connection: Connection) -> int:
            gone = connection.execute(ended).scalars().all()
            for device in gone:
                revoke_device(connection, device, now)
            return len(gone)

        return self._database.write(body)

    def _end(self, connection: Connection, secret: str) -> None:
        statement = delete(sessions).where(sessions.c.secret_hash == digest(secret)).returning(sessions.c.device)
        device = connection.execute(statement).scalar_one_or_none()
        if device is not None:
            revoke_device(connection, device, self._clock())
