"""Signing in by e-mail and password: limits first, then the hash, then a session."""

import hmac
import secrets
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from identity.attempts import Attempts
from identity.devices import device_name
from identity.emails import checked_email, email_key
from identity.errors import EmailInvalid, SignInFailed
from identity.model import User
from identity.passwords import Passwords
from identity.people import Kept, People, is_still
from identity.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Browser:
    """Who knocks: the address, what it calls itself, the session that it sent, if any, and what it was given when somebody signed in."""

    address: str
    user_agent: str = ""
    session: str | None = field(default=None, repr=False)
    known: str | None = field(default=None, repr=False)


class KnownBrowsers:
    """Marks that tell a browser in which somebody signed in before: not who they are, only that their mistakes count by themselves."""

    def __init__(self, secret: bytes) -> None:
        """`secret`: CAIRN_SECRET."""
        self._key = hmac.digest(secret, b"cairn known browsers, version 1", "sha256")

    def mark(self, account: str) -> str:
        """A new mark for a browser in which `account` has just signed in."""
        name = secrets.token_urlsafe(16)
        return f"{name}.{self._proof(name, account)}"

    def name(self, mark: str | None, account: str) -> str | None:
        """What names the browser that has `mark`; None if that was not given to `account`, or by nobody here."""
        name, _, proof = (mark or "").partition(".")
        is_proved = hmac.compare_digest(proof.encode(), self._proof(name, account).encode())
        return name if is_proved else None

    def _proof(self, name: str, account: str) -> str:
        return hmac.new(self._key, f"{name}.{account}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class SignIn:
    people: People
    sessions: Sessions
    passwords: Passwords
    attempts: Attempts
    known: KnownBrowsers

    def mark(self, email: str) -> str:
        """For the browser in which `email` has signed in, to be shown at the next time."""
        return self.known.mark(email_key(email))

    def sign_in(self, email: str, password: str, browser: Browser) -> str:
        """The secret of a new session. Takes the time of one hash. Raises SignInFailed, TooManyAttempts."""
        account = email_key(email)
        guess = self.attempts.begin(account, browser.address, self.known.name(browser.known, account))
        found = self._found(email)
        user, kept = found or (None, None)
        if not self.passwords.is_right(password, kept.password_hash if kept else None) or user is None or kept is None:
            raise SignInFailed
        self.attempts.succeeded(guess)
        if self.passwords.is_outdated(kept.password_hash):
            self.people.replace_hash(user.id, kept.password_hash, self.passwords.hashed(password))
        unchanged = partial(_check_unchanged, user.id, kept)
        return self.sessions.begin(user.id, device_name(browser.user_agent), browser.session, unchanged)

    def _found(self, email: str) -> tuple[User, Kept] | None:
        try:
            return self.people.with_password(checked_email(email))
        except EmailInvalid:
            return None  # Nobody has what is no address, and that is all that the answer may tell.


def _check_unchanged(user: UUID, kept: Kept, connection: Connection, _device: UUID) -> None:
    """A hash takes its time: who knows the old password must not slip in while it is changed, and stay."""
    if not is_still(connection, user, kept):
        raise SignInFailed
