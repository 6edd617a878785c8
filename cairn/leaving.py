"""People whose deletion was interrupted between their two halves: who they are, and what they have."""

from typing import TYPE_CHECKING
from uuid import UUID

from foundation.identity import Identity, Scope
from metadata import Catalogue

if TYPE_CHECKING:  # A room without a database loads none of what speaks to one.
    from identity import IdentityRoom


def administering(user: UUID) -> Identity:
    """Who asks the catalogue about `user` for the server itself."""
    return Identity(user=user, scopes=frozenset({Scope.ADMIN, Scope.FILES_READ}))


def finish(identity: "IdentityRoom", catalogue: Catalogue) -> int:
    """Go on with everybody who is being deleted; how many are gone now."""
    gone = 0
    for user in (one.id for one in identity.closing_users()):
        if catalogue.accounts.close(administering(user), user).is_empty:
            identity.forget_user(user)
            gone += 1
    return gone
