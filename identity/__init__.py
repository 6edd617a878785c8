"""Who: users, their credentials and devices, and the tokens that name them."""

from identity.api import create_app, routes
from identity.migration import check_migrated
from identity.model import NewCredential, User
from identity.oauth import root_routes
from identity.parts import Parts
from identity.room import IdentityRoom, migrate, open_identity

__all__ = [
    "IdentityRoom",
    "NewCredential",
    "Parts",
    "User",
    "check_migrated",
    "create_app",
    "migrate",
    "open_identity",
    "root_routes",
    "routes",
]
