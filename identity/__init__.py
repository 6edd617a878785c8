"""Who: users, their credentials and devices, and the tokens that name them. Importing it loads no database."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from identity.addresses import Address, addresses_of, put_back
    from identity.api import create_app, routes
    from identity.clients import Client, NewClient
    from identity.migration import check_migrated
    from identity.model import NewCredential, User
    from identity.oauth import root_routes
    from identity.parts import Parts
    from identity.portable import drop_signing_keys, identity_revision, identity_rows
    from identity.room import IdentityRoom, migrate, open_identity
    from identity.settings import IdentitySettings

__all__ = [
    "Address",
    "Client",
    "IdentityRoom",
    "IdentitySettings",
    "NewClient",
    "NewCredential",
    "Parts",
    "User",
    "addresses_of",
    "check_migrated",
    "create_app",
    "drop_signing_keys",
    "identity_revision",
    "identity_rows",
    "migrate",
    "open_identity",
    "put_back",
    "root_routes",
    "routes",
]

# Loaded when they are asked for: every other room is composed beside it, and none needs what it stands on.
_FRONT_DOOR = {
    "Address": "identity.addresses",
    "addresses_of": "identity.addresses",
    "put_back": "identity.addresses",
    "Client": "identity.clients",
    "IdentityRoom": "identity.room",
    "IdentitySettings": "identity.settings",
    "NewClient": "identity.clients",
    "NewCredential": "identity.model",
    "Parts": "identity.parts",
    "User": "identity.model",
    "check_migrated": "identity.migration",
    "create_app": "identity.api",
    "drop_signing_keys": "identity.portable",
    "identity_revision": "identity.portable",
    "identity_rows": "identity.portable",
    "migrate": "identity.room",
    "open_identity": "identity.room",
    "root_routes": "identity.oauth",
    "routes": "identity.api",
}


def __getattr__(name: str) -> Any:
    if name not in _FRONT_DOOR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_FRONT_DOOR[name]), name)
