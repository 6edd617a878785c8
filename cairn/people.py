"""People as the admin's verbs delete and list them: on the server's own data, whether or not a server runs on it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cairn.compose.data import open_identity
from cairn.leaving import administering
from cairn.settings import ServerSettings
from foundation.database import opened
from identity import User
from metadata import Catalogue, Closing, Usage, open_catalogue

# Between two slices: a server on the same SQLite gets its turn.
_PAUSE_SECONDS = 0.02
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Person:
    """`left`: of one who is being deleted."""

    user_id: UUID
    email: str
    is_admin: bool
    created_at: datetime
    disabled_at: datetime | None
    used_bytes: int
    left: Closing | None

    @property
    def standing(self) -> str:
        if self.left is not None:
            return f"being deleted, {self.left.files:,} files left"
        return "disabled" if self.disabled_at else "administrator" if self.is_admin else ""


def people(settings: ServerSettings) -> list[Person]:
    """By address."""
    found: list[Person] = []
    last: User | None = None
    with open_identity(settings) as identity, _catalogue(settings) as catalogue:
        while page := identity.users(last, _PAGE):
            last = page[-1]
            for user in page:
                admin = administering(user.id)
                left = catalogue.accounts.closing(admin, user.id) if user.closing_at else None
                used = catalogue.accounts.usage(admin).used_bytes
                person = Person(user.id, user.email, user.is_admin, user.created_at, user.disabled_at, used, left)
                found.append(person)
    return found


def found(settings: ServerSettings, email: str) -> Usage:
    """What they have. Raises UserNotFound."""
    with open_identity(settings) as identity, _catalogue(settings) as catalogue:
        return catalogue.accounts.usage(administering(identity.user(email).id))


def delete(settings: ServerSettings, email: str, told: Callable[[int], None]) -> Closing:
    """What they had when it began. `told` again and again how many files are left. Raises UserNotFound.

    First nobody comes in under their name, then the catalogue is told; from there on a server would do the rest by itself.
    """
    with open_identity(settings) as identity, _catalogue(settings) as catalogue:
        user = identity.close_user(email).id
        began = catalogue.accounts.close(administering(user), user)
        left: Closing | None = began
        collection = catalogue.collection
        while left is not None and not left.is_empty:
            told(left.files)
            if not collection.close_accounts():
                collection.purge_expired()
            time.sleep(_PAUSE_SECONDS)
            left = catalogue.accounts.closing(administering(user), user)
        identity.forget_user(user)
    return began


@contextmanager
def _catalogue(settings: ServerSettings) -> Iterator[Catalogue]:
    with opened(settings.database_location) as database:
        yield open_catalogue(database, settings.catalogue())
