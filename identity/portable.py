"""Identity's rows as a backup takes and gives them: who people are and what lets them in, but nothing that lets somebody in already."""

from pathlib import Path

from sqlalchemy import Connection, delete

from foundation.migrations import known_revisions
from foundation.portable_rows import PortableTables
from identity.schema import metadata, signing_keys

# Signed in is signed in to a life of the installation: what was signed out since the backup must not be in again.
LEFT_OUT = frozenset({"codes", "device_codes", "outside_sessions", "refresh_tokens", "sessions"})
identity_rows = PortableTables(metadata, LEFT_OUT)


def identity_revision() -> str:
    """The revision of the tables that `identity_rows` takes and gives."""
    return known_revisions(Path(__file__).with_name("migrations"))[-1]


def drop_signing_keys(connection: Connection) -> None:
    """For a database whose secret is lost: the next start makes new ones, and what the old ones signed counts no more."""
    connection.execute(delete(signing_keys))
