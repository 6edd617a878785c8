"""Collection in SQL: everything that takes away what nobody needs, in short slices (ALGORITHMS.md 1, "Collect")."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection, delete, exists, select

from foundation.blocks import BlockId, BlockName
from foundation.database import Database
from foundation.sql import any_of, now
from metadata import collect, ended, expired, expiring
from metadata.bucket_days import has_days, record_days
from metadata.closing import close_slice
from metadata.collection_seam import Collected
from metadata.recount import Drift, find_drift, take_off
from metadata.schema import backup_holds, dead_names
from metadata.settings import CatalogueSettings
from metadata.stale_texts import has_stale, index_texts
from metadata.tally import Tally

log = logging.getLogger("cairn.catalogue")

_RECOUNTS = 3


class SqlCollection:
    """See metadata.seams.Collection."""

    def __init__(self, database: Database, settings: CatalogueSettings) -> None:
        self._database = database
        self._settings = settings

    def collect_contents(self, after: int, limit: int = 200) -> Collected:
        chunks = self._settings.collect_chunks
        return self._database.write(
            lambda connection: collect.collect_contents(connection, after, limit, chunks), repeat_unknown=True
        )

    def collect_blocks(self, after: int, limit: int = 500) -> Collected:
        retention = self._settings.dead_name_retention
        return self._database.write(
            lambda connection: collect.collect_blocks(connection, after, limit, retention), repeat_unknown=True
        )

    def due_names(self, limit: int = 200) -> Sequence[BlockName]:
        def body(connection: Connection) -> Sequence[BlockName]:
            moment = now(connection)
            held = exists().where(backup_holds.c.lease_until > moment)
            due = select(dead_names.c.name).where(dead_names.c.erase_after <= moment, ~held)
            return [
                BlockName.parse(name)
                for name in connection.execute(due.order_by(dead_names.c.erase_after).limit(limit)).scalars()
            ]

        return self._database.read(body)

    def forget(self, names: Collection[BlockName]) -> int:
        def body(connection: Connection) -> int:
            erased = sorted(str(name) for name in names)
            gone = delete(dead_names).where(any_of(connection, dead_names.c.name, erased))
            return sum(size or 0 for size in connection.execute(gone.returning(dead_names.c.stored_size)).scalars())

        return self._database.write(body, repeat_unknown=True)

    def bury_orphans(self, names: Collection[BlockName]) -> int:
        retention = self._settings.dead_name_retention
        return self._database.write(
            lambda connection: collect.bury_orphans(connection, names, retention), repeat_unknown=True
        )

    def expire_uploads(self, limit: int = 20) -> int:
        expiry = self._settings.upload_expiry
        silent = self._database.read(lambda connection: expiring.silent_uploads(connection, expiry, limit))
        return sum(self._expire(writer) for writer in silent)

    def _expire(self, writer: int) -> int:
        expiry, rows = self._settings.upload_expiry, self._settings.collect_chunks
        is_over = self._database.write(
            lambda connection: expiring.expire_slice(connection, writer, expiry, rows), repeat_unknown=True
        )
        if is_over:
            self._drop_plan(writer)
        return 0 if is_over is None else 1

    def _drop_plan(self, writer: int) -> None:
        """In slices; what a crash leaves of it goes when the upload is forgotten."""
        rows = self._settings.collect_chunks
        while self._database.write(lambda connection: expiring.drop_plan(connection, writer, rows)) == rows:
            pass

    def purge_expired(self, limit: int = 150) -> int:
        bounds = expired.Slice(limit, self._settings.collect_chunks)
        while isinstance(done := self._purge(bounds), Tally):
            done.count(self._database.read, bounds.chunks)
            bounds = replace(bounds, tally=done)
        return done

    def _purge(self, bounds: expired.Slice) -> int | Tally:
        return self._database.write(lambda connection: expired.purge_expired(connection, bounds), repeat_unknown=True)

    def close_accounts(self, limit: int = 200) -> int:
        return close_slice(self._database, self._settings, limit)

    def index_texts(self, limit: int = 200) -> int:
        # A look does not wait for the one writer.
        if not self._database.is_sqlite or not self._database.read(has_stale):
            return 0
        return self._database.write(lambda connection: index_texts(connection, limit), repeat_unknown=True)

    def nominate_unreferenced(self, after: BlockId | None, limit: int = 500) -> tuple[BlockId | None, int]:
        return self._database.write(
            lambda connection: collect.nominate_unreferenced(connection, after, limit), repeat_unknown=True
        )

    def recount(self, after: UUID | None) -> tuple[UUID | None, bool]:
        for _ in range(_RECOUNTS):
            drift = self._database.read(lambda connection: find_drift(connection, after))
            if drift is None:
                return None, False
            if not drift.by or self._take_off(drift):
                return drift.bucket, bool(drift.by)
        return drift.bucket if drift else None, False  # Its row changes all the time: another day.

    def _take_off(self, drift: Drift) -> bool:
        taken = self._database.write(lambda connection: take_off(connection, drift))
        if taken:
            log.warning("a bucket's counters had drifted", extra={"bucket": str(drift.bucket), "drift": drift.by})
        return taken

    def record_days(self, limit: int = 500) -> int:
        if not self._database.read(has_days):
            return 0
        return self._database.write(lambda connection: record_days(connection, limit), repeat_unknown=True)

    def prune(self, limit: int = 200) -> int:
        retention = self._settings.ended_upload_retention
        old = self._database.read(lambda connection: ended.ended_uploads(connection, retention, limit))
        for writer in old:
            self._drop_plan(writer)
        dropped = (
            self._database.write(lambda connection: ended.drop_uploads(connection, old, retention), repeat_unknown=True)
            if old
            else 0
        )
        return dropped + self._database.write(
            lambda connection: ended.drop_keys(connection, limit), repeat_unknown=True
        )
