"""The block registry in SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, select, update

from foundation.blocks import BlockId, BlockName
from foundation.database import Database
from foundation.identity import Identity
from foundation.sql import now
from metadata import register
from metadata.errors import UploadEnded
from metadata.model import BlockState, ReceivedBlock, UploadState
from metadata.schema import uploads
from metadata.settings import CatalogueSettings
from metadata.sync_model import Verdict
from metadata.upload_rows import fenced_upload
from metadata.verdicts import judge


class SqlBlocks:
    """See metadata.seams.Blocks."""

    def __init__(self, database: Database, settings: CatalogueSettings) -> None:
        self._database = database
        self._settings = settings

    def register(self, upload: UUID, received: Sequence[ReceivedBlock]) -> None:
        keep_alive(self._database, upload, self._settings.activity_interval)
        retention = self._settings.dead_name_retention
        # The names of a refused call must stay dead: the refusal is raised behind the commit, and nothing is repeated
        # whose outcome is unknown, for these names may be dead by then.
        if not self._database.write(lambda connection: register.register(connection, upload, received, retention)):
            raise UploadEnded("This upload has ended; what it just received will be erased. Open another.")

    def claim(self, caller: Identity, upload: UUID, ids: Collection[BlockId]) -> set[BlockId]:
        def body(connection: Connection) -> set[BlockId]:
            row = fenced_upload(connection, caller, upload)
            return {BlockId(id) for id in register.claim(connection, row.writer, row.owner, set(ids))}

        return self._database.write(body, repeat_unknown=True)

    def judge(self, verdicts: Mapping[BlockName, BlockState]) -> None:
        read = [Verdict(name, state, is_read=True) for name, state in verdicts.items()]
        self._database.write(lambda connection: judge(connection, read), repeat_unknown=True)


def keep_alive(database: Database, upload: UUID, interval: timedelta) -> None:
    """Write the upload's last activity in a transaction of its own, if the last one is older than `interval`."""

    def is_stale(connection: Connection) -> bool:
        active = select(uploads.c.active_at).where(uploads.c.id == upload, uploads.c.state == UploadState.OPEN.value)
        last = connection.execute(active).scalar_one_or_none()
        return last is not None and last < now(connection) - interval

    def touch(connection: Connection) -> None:
        statement = update(uploads).where(uploads.c.id == upload, uploads.c.state == UploadState.OPEN.value)
        connection.execute(statement.values(active_at=now(connection)))

    if database.read(is_stale):
        database.write(touch, repeat_unknown=True)
