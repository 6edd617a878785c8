"""Which installation the database is of, which of its lives, and the audits that compare it with a store (ALGORITHMS.md 7)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update

from foundation.blocks import BlockId, BlockName
from foundation.database import Database
from foundation.sql import EPOCH, insert_rows, now
from metadata import collect
from metadata.model import BlockState
from metadata.schema import blocks, candidates, dead_names, installation
from metadata.seams import Generation, RegisteredBlock

_ROW = installation.c.one == 1
_SEQUENCE = text("SELECT pg_get_serial_sequence('uploads', 'writer')")


class SqlInstallation:
    """See metadata.seams.Installation. `raised_at` is 1970 while the store has not followed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> Generation | None:
        return self._database.read(_read)

    def begin(self, id: UUID) -> Generation:
        def body(connection: Connection) -> Generation | None:
            row = {"one": 1, "id": id, "generation": 1, "raised_at": EPOCH}
            insert_rows(connection, installation, [row], ignore_conflicts=True)
            return _read(connection)

        return _there(self._database.write(body, repeat_unknown=True))

    def replace(self, old: Generation, new: Generation) -> bool:
        def body(connection: Connection) -> bool:
            statement = update(installation).where(
                _ROW,
                installation.c.id == old.installation,
                installation.c.generation == old.number,
                (installation.c.raised_at != EPOCH) if old.is_settled else (installation.c.raised_at == EPOCH),
            )
            raised_at = now(connection) if new.is_settled else EPOCH
            values = {"id": new.installation, "generation": new.number, "raised_at": raised_at}
            return connection.execute(statement.values(values)).rowcount == 1

        return self._database.write(body, repeat_unknown=True)

    def newest_writer(self) -> int:
        return self._database.read(_newest_writer)

    def raise_writer(self, at_least: int) -> None:
        self._database.write(lambda connection: raise_writer(connection, at_least), repeat_unknown=True)

    def registered(self, after: BlockId | None, limit: int = 1000) -> Sequence[RegisteredBlock]:
        def body(connection: Connection) -> Sequence[RegisteredBlock]:
            query = select(blocks.c.name, blocks.c.stored_size, blocks.c.xxh3, blocks.c.state)
            if after is not None:
                query = query.where(blocks.c.id > bytes(after))
            rows = connection.execute(query.order_by(blocks.c.id).limit(limit)).all()
            return [
                RegisteredBlock(BlockName.parse(name), size, xxh3 % (1 << 64), BlockState(state))
                for name, size, xxh3, state in rows
            ]

        return self._database.read(body)

    def unregistered(self, names: Collection[BlockName]) -> set[BlockName]:
        def body(connection: Connection) -> set[BlockName]:
            return {BlockName.parse(name) for name in connection.execute(collect.orphans(connection, names)).scalars()}

        return self._database.read(body) if names else set()

    def dead(self) -> int:
        count = select(func.count()).select_from(dead_names)
        return self._database.read(lambda connection: connection.execute(count).scalar_one())

    def waiting(self) -> Mapping[str, int]:
        kinds = {"contents": candidates.c.content, "blocks": candidates.c.block}

        def body(connection: Connection) -> dict[str, int]:
            counts = select(*(func.count(column) for column in kinds.values()))
            return dict(zip(kinds, connection.execute(counts).one(), strict=True))

        return self._database.read(body) | {"names": self.dead()}

    def clock(self) -> datetime:
        return self._database.read(now)


def _read(connection: Connection) -> Generation | None:
    query = select(installation.c.id, installation.c.generation, installation.c.raised_at)
    row = connection.execute(query.where(_ROW)).one_or_none()
    return None if row is None else Generation(row.id, row.generation, row.raised_at != EPOCH)


def _there(generation: Generation | None) -> Generation:
    assert generation is not None  # noqa: S101 — the same transaction has just made it.
    return generation


def _newest_writer(connection: Connection) -> int:
    """From the sequence itself: the rows of uploads may go, a number that was given out never comes back."""
    if connection.dialect.name == "postgresql":
        sequence: Any = connection.execute(_SEQUENCE).scalar_one()
        counted = text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")  # noqa: S608 — the database's own quoting.
    else:
        counted = text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'uploads'")
    return int(connection.execute(counted).scalar_one())


def raise_writer(connection: Connection, at_least: int) -> None:
    """The next upload's number is above `at_least`."""
    if _newest_writer(connection) >= at_least:
        return
    if connection.dialect.name == "postgresql":
        sequence = connection.execute(_SEQUENCE).scalar_one()
        connection.execute(select(func.setval(sequence, at_least)))
        return
    counted = {"number": at_least}
    raised = text("UPDATE sqlite_sequence SET seq = :number WHERE name = 'uploads'")
    if connection.execute(raised, counted).rowcount == 0:
        connection.execute(text("INSERT INTO sqlite_sequence VALUES ('uploads', :number)"), counted)
