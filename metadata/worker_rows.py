"""Who works, as rows: each shows itself while it lives."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from foundation.sql import now
from metadata.sync_model import WorkerState
from metadata.sync_schema import workers

_ALIVE = timedelta(seconds=30)
_FORGOTTEN = timedelta(days=1)


def worker_states(connection: Connection) -> Sequence[WorkerState]:
    """Those seen in the last day, by name; alive is who was seen in the last 30 seconds."""
    moment = now(connection)
    query = select(workers).where(workers.c.seen_at > moment - _FORGOTTEN).order_by(workers.c.name)
    return [
        WorkerState(row.name, row.doing, row.started_at, row.seen_at, moment - row.seen_at <= _ALIVE)
        for row in connection.execute(query)
    ]


def show(connection: Connection, worker: str, doing: str) -> None:
    """It lives; those not seen for a day are forgotten."""
    moment = now(connection)
    build = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    row = {"name": worker, "doing": doing, "started_at": moment, "seen_at": moment}
    again = {"doing": doing, "seen_at": moment}
    connection.execute(build(workers).values(row).on_conflict_do_update(index_elements=["name"], set_=again))
    connection.execute(delete(workers).where(workers.c.seen_at < moment - _FORGOTTEN))
