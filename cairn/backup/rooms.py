"""Whose rows a backup holds: each room gives and takes its own."""

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from identity import identity_revision, identity_rows
from metadata import catalogue_revision, catalogue_rows

if TYPE_CHECKING:
    from foundation.portable_rows import PortableTables

ROOMS: "Mapping[str, PortableTables]" = {"identity": identity_rows, "metadata": catalogue_rows}


def revisions() -> dict[str, str]:
    """Of the tables of this version."""
    return {"identity": identity_revision(), "metadata": catalogue_revision()}


def counters(moment: Any) -> dict[str, dict[str, int]]:
    """The newest numbers that the database gave, as Database.snapshot shows it."""
    return {room: tables.counters(moment) for room, tables in ROOMS.items()}


def recognised(secret: bytes) -> str:
    """What tells a secret from others, and not what it is: secrets have 32 random characters or more."""
    return hmac.digest(secret, b"cairn backup secret 1", "sha256").hex()[:32]
