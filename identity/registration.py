"""Making oneself an account. Whether somebody has the address already is told by nothing: not the answer, not its time."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import IntegrityError

from foundation.database import Database
from foundation.ids import new_id
from identity.attempts import Attempts
from identity.clock import Clock
from identity.emails import checked_email, email_key
from identity.errors import RegistrationClosed
from identity.invitations import use_invitation
from identity.model import User
from identity.passwords import Passwords
from identity.people import insert_user
from identity.schema import credentials, users
from identity.settings import Registration


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who wants an account. `address`: where the request comes from."""

    email: str
    password: str
    invitation: str | None
    address: str


@dataclass(frozen=True, slots=True)
class Registrar:
    database: Database
    passwords: Passwords
    attempts: Attempts
    mode: Registration
    clock: Clock

    def register(self, applicant: Applicant) -> None:
        """Make the account, unless somebody has the address: then nothing is changed, and it costs the same.

        An invitation is used up either way. Raises RegistrationClosed, TooManyAttempts, EmailInvalid, PasswordInvalid,
        InvitationInvalid.
        """
        if self.mode is Registration.CLOSED:
            raise RegistrationClosed
        self.attempts.begin_registration(applicant.address)
        email = checked_email(applicant.email)
        password_hash = self.passwords.hashed(applicant.password)
        user = User(new_id(), email, is_admin=False, created_at=self.clock())

        def body(connection: Connection) -> None:
            if self.mode is Registration.INVITED:
                use_invitation(connection, applicant.invitation, email, user.created_at)
            taken = select(users.c.id).where(users.c.email_key == email_key(email))
            if connection.execute(taken).first() is None:
                insert_user(connection, user, email_key(email), password_hash)
                return
            # The same rows are written, and waited for on the disk, as for somebody new.
            insert_user(connection, user, None, password_hash)
            connection.execute(delete(credentials).where(credentials.c.user == user.id))
            connection.execute(delete(users).where(users.c.id == user.id))

        try:
            self.database.write(body)
        except IntegrityError:  # Somebody took the address between the look and the insert.
            self.database.write(body)
