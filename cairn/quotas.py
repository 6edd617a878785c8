"""Quotas as the admin's verb sets them: on the server's own database, whether or not a server runs on it."""

from uuid import UUID

from cairn.compose.data import open_identity
from cairn.settings import ServerSettings
from foundation.database import opened
from foundation.identity import Identity, Scope
from metadata import Usage, open_catalogue


def set_quota(settings: ServerSettings, email: str, quota_bytes: int | None) -> tuple[UUID, Usage]:
    """Whose it is, and what they hold. None: no quota. Raises UserNotFound, Invalid."""
    with open_identity(settings) as identity:
        user = identity.user(email).id
    with opened(settings.database_location) as database:
        catalogue = open_catalogue(database, settings.catalogue())
        admin = Identity(user=user, scopes=frozenset({Scope.ADMIN}))
        return user, catalogue.accounts.set_quota(admin, user, quota_bytes)
