"""What an outside provider gave for a browser's session: sealed here, used here only, to see that the person still is let in there.

Whoever refreshes claims the row for a minute first, by the value that it read: of several processes one does, and the tokens, which
the provider changes with each use, never cross. No transaction is open while the provider is asked: on SQLite it would be everybody's.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from foundation.database import Database
from foundation.jwt import outside_user
from identity.clock import Clock
from identity.devices import revoke_device
from identity.errors import OutsideFailed, OutsideRefused, OutsideUnavailable
from identity.keys import Seal
from identity.outside_client import Granted, OutsideClient
from identity.schema import outside_sessions, sessions
from identity.verdicts import Verdicts

EARLIEST, LATEST = timedelta(minutes=1), timedelta(hours=1)
LEASE = timedelta(minutes=1)
UNREFRESHED = timedelta(hours=24)  # A session goes on for so long while the provider does not answer.
_NEVER = timedelta(days=365)
_AT_ONCE = 50

log = logging.getLogger("cairn.identity")


@dataclass(frozen=True, slots=True)
class OutsideSessions:
    database: Database
    client: OutsideClient
    seal: Seal
    verdicts: Verdicts
    clock: Clock

    def keep(self, connection: Connection, user: UUID, device: UUID, granted: Granted) -> None:
        """In the transaction that begins the session on `device`."""
        values = self._values(device, granted, granted.refresh_token)
        connection.execute(insert(outside_sessions).values(device=device, user=user, **values))

    def refresh(self) -> int:
        """Refresh those that are due and in use; says how many. To be called every few seconds.

        Who is refused by the provider is signed out here. While it does not answer sessions go on, for UNREFRESHED at most.
        """
        table, done = outside_sessions.c, 0
        due = (
            select(table.device, table.user, table.sealed, table.refresh_at)
            .join(sessions, sessions.c.device == table.device)
            .where(table.refresh_at <= self.clock(), sessions.c.last_used_at >= table.refresh_at)
            .order_by(table.refresh_at)
            .limit(_AT_ONCE)
        )
        for row in self.database.read(lambda connection: connection.execute(due).all()):
            if not self._claim(row):
                continue
            try:
                self._refresh(row)
            except OutsideUnavailable:
                break  # The others would wait as long.
            done += 1
        return done

    def _refresh(self, row: Any) -> None:
        """Raises OutsideUnavailable."""
        kept = json.loads(self.seal.opened(str(row.device), row.sealed))
        try:
            granted = self.client.refreshed(kept["refresh_token"])
            # OpenID Connect Core 1.0, 12.2: a new ID token speaks of the same person.
            if granted.claims and outside_user(self.client.provider.issuer, granted.claims["sub"]) != row.user:
                raise OutsideRefused("The provider speaks of somebody else now.")
        except OutsideRefused:
            self._end(row.device)
        except OutsideUnavailable:
            self._end_if_old(row.device, kept)
            raise
        except OutsideFailed as problem:
            log.warning("an outside session was not refreshed", extra={"reason": problem.detail})
            self._end_if_old(row.device, kept)
        else:
            values = self._values(row.device, granted, granted.refresh_token or kept["refresh_token"])
            mine = (outside_sessions.c.device == row.device, outside_sessions.c.sealed == row.sealed)
            self.database.write(
                lambda connection: connection.execute(update(outside_sessions).where(*mine).values(values))
            )

    def _claim(self, row: Any) -> bool:
        """Nobody else refreshes it for LEASE."""
        table = outside_sessions.c
        unchanged = (table.device == row.device, table.sealed == row.sealed, table.refresh_at == row.refresh_at)
        claimed = update(outside_sessions).where(*unchanged).values(refresh_at=self.clock() + LEASE)
        return self.database.write(lambda connection: connection.execute(claimed).rowcount) == 1

    def _end_if_old(self, device: UUID, kept: dict[str, Any]) -> None:
        if self.clock() - datetime.fromisoformat(kept["refreshed_at"]) >= UNREFRESHED:
            self._end(device)

    def _end(self, device: UUID) -> None:
        self.database.write(lambda connection: revoke_device(connection, device, self.clock()))
        self.verdicts.forget()

    def _values(self, device: UUID, granted: Granted, refresh_token: str | None) -> dict[str, Any]:
        now = self.clock()
        kept = json.dumps({"refresh_token": refresh_token, "refreshed_at": now.isoformat()})
        # Without a refresh token there is nothing to ask with: the session lives by its own ends.
        after = min(max(granted.lifetime, EARLIEST), LATEST) if refresh_token else _NEVER
        return {"sealed": self.seal.closed(str(device), kept.encode()), "refresh_at": now + after}
