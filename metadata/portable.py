"""The catalogue's rows as a backup takes and gives them, and the hold that keeps bytes from being erased meanwhile (ALGORITHMS.md 7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, insert, update

from foundation.blocks import BlockName
from foundation.database import Database
from foundation.migrations import known_revisions
from foundation.portable_rows import PortableTables, RowPage
from foundation.sql import now
from metadata import sync_schema
from metadata.errors import HoldLapsed
from metadata.model import BlockState
from metadata.schema import backup_holds, installation
from metadata.seams import RegisteredBlock

# Of the running installation alone: `installation` begins anew with a restore; of dead names no bytes are kept; manifests lie in the
# store, and are written anew into another; the others are about processes.
LEFT_OUT = frozenset({"backup_holds", "dead_names", "installation", "manifest_roots", "manifests", "workers"})
catalogue_rows = PortableTables(sync_schema.metadata, LEFT_OUT)


def catalogue_revision() -> str:
    """The revision of the tables that `catalogue_rows` takes and gives."""
    return known_revisions(Path(__file__).with_name("migrations"))[-1]


def registered_blocks(page: RowPage) -> Iterator[RegisteredBlock]:
    """The blocks that a page tells of; none of another table's."""
    if page.table == "blocks":
        for row in page.values():
            yield RegisteredBlock(
                BlockName.parse(row["name"]), row["stored_size"], row["xxh3"] % (1 << 64), BlockState(row["state"])
            )


def begin_life(connection: Connection, id: UUID, generation: int) -> None:
    """The database is of the installation `id` from here on, whatever it was of."""
    connection.execute(delete(installation))
    row = {"one": 1, "id": id, "generation": generation, "raised_at": now(connection)}
    connection.execute(insert(installation).values(row))


@dataclass(frozen=True, slots=True)
class Hold:
    """Until `lease_until` nothing is erased. `since`: when it began."""

    id: UUID
    since: datetime
    lease_until: datetime


class BackupHolds:
    """While one is alive, Collection.due_names gives none. Times are the database's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, lease: timedelta) -> Hold:
        """Committed on return: whatever a snapshot that is taken afterwards names stays."""

        def body(connection: Connection) -> Hold:
            moment = now(connection)
            connection.execute(delete(backup_holds).where(backup_holds.c.lease_until <= moment))
            hold = Hold(uuid4(), moment, moment + lease)
            row = {"id": hold.id, "snapshot_at": moment, "lease_until": hold.lease_until}
            connection.execute(insert(backup_holds).values(row))
            return hold

        return self._database.write(body, repeat_unknown=True)

    def renew(self, hold: Hold, lease: timedelta) -> Hold:
        """Raises HoldLapsed, DatabaseUnavailable: then try again while there is time."""

        def body(connection: Connection) -> Hold:
            moment = now(connection)
            alive = update(backup_holds).where(backup_holds.c.id == hold.id, backup_holds.c.lease_until > moment)
            if connection.execute(alive.values(lease_until=moment + lease)).rowcount == 0:
                raise HoldLapsed
            return Hold(hold.id, hold.since, moment + lease)

        renewed = self._database.write(body, repeat_unknown=True)
        self._require_in_time(hold)
        return renewed

    def end(self, hold: Hold) -> None:
        """Give it up. Raises HoldLapsed where it is not alive any more."""

        def body(connection: Connection) -> bool:
            alive = delete(backup_holds).where(
                backup_holds.c.id == hold.id, backup_holds.c.lease_until > now(connection)
            )
            return connection.execute(alive).rowcount == 1

        if not self._database.write(body):
            raise HoldLapsed

    def give_up(self, hold: Hold) -> None:
        """The backup has failed: nothing waits for it any longer."""
        self._database.write(
            lambda connection: connection.execute(delete(backup_holds).where(backup_holds.c.id == hold.id)).close(),
            repeat_unknown=True,
        )

    def _require_in_time(self, hold: Hold) -> None:
        """A commit that came late renews what others had seen lapsed: its own clock cannot tell, one read after it can."""
        if self._database.read(now) >= hold.lease_until:
            raise HoldLapsed
