"""What people do with their own account: another password, out everywhere."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from foundation.database import Database
from identity.attempts import Attempts
from identity.clock import Clock
from identity.devices import revoke_device
from identity.errors import PasswordInvalid, PasswordWrong
from identity.model import DeviceKind
from identity.passwords import Passwords
from identity.people import People, is_still, set_password
from identity.schema import codes, device_codes, devices, outside_sessions, refresh_tokens, sessions
from identity.verdicts import Verdicts

_PROGRAMS = (DeviceKind.TOKEN.value, DeviceKind.S3_KEY.value)


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """`keeps_others`: whatever else is signed in stays so. `device`: what the person changes it with. `address`: from where."""

    current: str
    new: str
    keeps_others: bool
    device: UUID | None
    address: str


@dataclass(frozen=True, slots=True)
class OwnAccount:
    database: Database
    people: People
    passwords: Passwords
    attempts: Attempts
    verdicts: Verdicts
    clock: Clock

    def change_password(self, user: UUID, change: PasswordChange) -> None:
        """Takes the time of two hashes. Raises PasswordWrong, PasswordInvalid, TooManyAttempts; for who has none PasswordInvalid."""
        kept = self.people.kept(user)
        if kept is None:
            raise PasswordInvalid("You sign in elsewhere: your password is changed there.", field="current_password")
        # The same count as at the door: whoever found a signed-in browser must not guess faster here.
        guess = self.attempts.begin(str(user), change.address)
        if not self.passwords.is_right(change.current, kept.password_hash):
            raise PasswordWrong(field="current_password")
        self.attempts.succeeded(guess)
        new = self.passwords.hashed(change.new, field="new_password")

        def body(connection: Connection) -> None:
            # Hashes take their time: who knows only the password of before must not have the last word.
            if not is_still(connection, user, kept):
                raise PasswordWrong(field="current_password")
            set_password(connection, user, new, self.clock())
            if not change.keeps_others:
                self._sign_out(connection, user, _signed_in(user), change.device)

        self.database.write(body)
        self.verdicts.forget()

    def set_password(self, user: UUID, password: str) -> None:
        """Whatever it was, and signed out whatever it let in. Raises PasswordInvalid; for who signs in elsewhere too."""
        if self.people.kept(user) is None:
            raise PasswordInvalid("They sign in elsewhere: their password is changed there.", field="password")
        new = self.passwords.hashed(password)

        def body(connection: Connection) -> None:
            set_password(connection, user, new, self.clock())
            self._sign_out(connection, user, _signed_in(user), None)

        self.database.write(body)
        self.verdicts.forget()

    def sign_out_everywhere(self, user: UUID, kept: UUID | None, *, keeps_programs: bool) -> None:
        """Cut off every device but `kept`; `keeps_programs`: nor what has a personal token or an S3 key."""
        every = [devices.c.user == user, devices.c.revoked_at.is_(None)]
        if keeps_programs:
            every.append(devices.c.kind.not_in(_PROGRAMS))
        self.database.write(lambda connection: self._sign_out(connection, user, every, kept))
        self.verdicts.forget()

    def _sign_out(
        self, connection: Connection, user: UUID, which: Collection[ColumnElement[bool]], kept: UUID | None
    ) -> None:
        now = self.clock()
        # What was allowed and not yet fetched would sign in after all. First, for who fetches it now holds its row: the device that
        # comes of it is there once we have the row, and cut off with the others.
        connection.execute(delete(codes).where(codes.c.user == user, codes.c.device.is_(None)))
        connection.execute(update(device_codes).where(device_codes.c.user == user).values(is_allowed=False))
        for device in connection.execute(select(devices.c.id).where(*which)).scalars().all():
            if device != kept:
                revoke_device(connection, device, now)


def _signed_in(user: UUID) -> list[ColumnElement[bool]]:
    """Devices that a password, or a page that asked for one, has let in."""
    tables = (sessions, refresh_tokens, outside_sessions)
    held = or_(*(devices.c.id.in_(select(table.c.device).where(table.c.user == user)) for table in tables))
    return [devices.c.user == user, held]
