"""Consents: which clients a person lets in, with which scopes, remembered until they take it back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from foundation.database import Database
from identity.clients import Client, end_devices, is_client_id
from identity.clock import Clock
from identity.errors import ClientNotFound
from identity.schema import clients, consents
from identity.verdicts import Verdicts


@dataclass(frozen=True, slots=True)
class Granted:
    """A consent as its person sees it."""

    client: str
    name: str
    scopes: frozenset[str]
    given_at: datetime


class Consents:
    def __init__(self, database: Database, verdicts: Verdicts, clock: Clock) -> None:
        self._database, self._verdicts, self._clock = database, verdicts, clock

    def cover(self, user: UUID, client: Client, scopes: frozenset[str]) -> bool:
        """Whether `user` has allowed `client` all of `scopes` before."""
        held = self._database.read(lambda connection: _held(connection, user, client.id))
        return held is not None and scopes <= held

    def give(self, user: UUID, client: Client, scopes: frozenset[str]) -> None:
        """Remember that `user` allows `client` also `scopes`."""
        mine = (consents.c.user == user, consents.c.client == client.id)

        def body(connection: Connection) -> None:
            # The client's row is the lock: two consents at once must not both be the first.
            connection.execute(select(clients.c.id).where(clients.c.id == client.id).with_for_update())
            held = _held(connection, user, client.id)
            values = {"scopes": " ".join(sorted(scopes | (held or frozenset()))), "given_at": self._clock()}
            if held is None:
                connection.execute(insert(consents).values(user=user, client=client.id, **values))
            else:
                connection.execute(update(consents).where(*mine).values(**values))

        self._database.write(body)

    def list(self, user: UUID) -> list[Granted]:
        """What `user` allowed clients that still are, by name."""
        statement = (
            select(consents.c.client, clients.c.name, consents.c.scopes, consents.c.given_at)
            .join(clients, clients.c.id == consents.c.client)
            .where(consents.c.user == user, clients.c.revoked_at.is_(None))
            .order_by(clients.c.name, clients.c.id)
        )
        rows = self._database.read(lambda connection: connection.execute(statement).all())
        return [Granted(row.client, row.name, frozenset(row.scopes.split()), row.given_at) for row in rows]

    def revoke(self, user: UUID, client: str) -> None:
        """It is asked for again, and what the client is signed in with ends. Raises ClientNotFound if there is none."""

        def body(connection: Connection) -> None:
            mine = (consents.c.user == user, consents.c.client == client)
            if not is_client_id(client) or connection.execute(delete(consents).where(*mine)).rowcount == 0:
                raise ClientNotFound("You have allowed no such program anything.")
            end_devices(connection, client, user, self._clock())

        self._database.write(body)
        self._verdicts.forget()


def _held(connection: Connection, user: UUID, client: str) -> frozenset[str] | None:
    statement = select(consents.c.scopes).where(consents.c.user == user, consents.c.client == client)
    scopes = connection.execute(statement).scalar_one_or_none()
    return None if scopes is None else frozenset(scopes.split())
