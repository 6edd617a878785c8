"""Signing in by e-mail and password: limits first, then the hash, then a session."""

from dataclasses import dataclass, field

from identity.attempts import Attempts
from identity.devices import device_name
from identity.emails import checked_email, email_key
from identity.errors import EmailInvalid, SignInFailed
from identity.model import User
from identity.passwords import Passwords
from identity.people import People
from identity.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Browser:
    """Who knocks: the address, what it calls itself, and the session that it sent, if any."""

    address: str
    user_agent: str = ""
    session: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignIn:
    people: People
    sessions: Sessions
    passwords: Passwords
    attempts: Attempts

    def sign_in(self, email: str, password: str, browser: Browser) -> str:
        """The secret of a new session. Takes the time of one hash. Raises SignInFailed, TooManyAttempts."""
        account = email_key(email)
        self.attempts.begin(account, browser.address)
        found = self._found(email)
        user, kept = found or (None, None)
        if not self.passwords.is_right(password, kept) or user is None or kept is None:
            raise SignInFailed
        self.attempts.succeeded(account, browser.address)
        if self.passwords.is_outdated(kept):
            self.people.replace_hash(user.id, kept, self.passwords.hashed(password))
        return self.sessions.begin(user.id, device_name(browser.user_agent), browser.session)

    def _found(self, email: str) -> tuple[User, str] | None:
        try:
            return self.people.with_password(checked_email(email))
        except EmailInvalid:
            return None  # Nobody has what is no address, and that is all that the answer may tell.
