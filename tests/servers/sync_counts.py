"""How the sync events of an installation stand, by its database: nothing stuck, nothing lost, nothing done twice."""

from dataclasses import dataclass

import psycopg

_QUERY = """
    SELECT count(*),
           count(*) FILTER (WHERE status IN ('pending', 'processing')),
           count(*) FILTER (WHERE status = 'completed'),
           count(*) FILTER (WHERE status = 'failed'),
           (SELECT count(*) FROM changes WHERE event_id NOT IN (SELECT id FROM sync_events)),
           (SELECT coalesce(sum(verified + healed + failed), 0) FROM sync_outcomes)
    FROM sync_events"""


@dataclass(frozen=True)
class SyncCounts:
    """`lost`: changes without an event. `ended`: checks that were counted as ended, whichever way."""

    events: int
    waiting: int
    completed: int
    failed: int
    lost: int
    ended: int

    @property
    def told_twice(self) -> int:
        """Ends that no event has."""
        return self.ended - self.completed - self.failed


def sync_counts(location: str) -> SyncCounts:
    with psycopg.connect(location.replace("+psycopg", "")) as connection:
        row = connection.execute(_QUERY).fetchone()
    assert row is not None
    return SyncCounts(*map(int, row))
