"""Accounts in SQL: what users hold, and what they may hold."""

from uuid import UUID

from sqlalchemy import Connection, update

from foundation.authorization import Action, require
from foundation.database import Database
from foundation.identity import Identity
from foundation.problems import Invalid
from metadata import quotas
from metadata.model import Usage
from metadata.root_journal import ensure_account
from metadata.schema import accounts
from metadata.settings import CatalogueSettings
from metadata.sql_buckets import user_of

MAX_QUOTA_BYTES = 2**63 - 1


class SqlAccounts:
    """See metadata.seams.Accounts."""

    def __init__(self, database: Database, settings: CatalogueSettings) -> None:
        self._database, self._settings = database, settings

    def usage(self, caller: Identity) -> Usage:
        require(caller, Action.LIST_BUCKETS)
        return self._database.read(
            lambda connection: quotas.usage(connection, user_of(caller), self._settings.quota_bytes)
        )

    def set_quota(self, caller: Identity, user: UUID, quota_bytes: int | None) -> Usage:
        require(caller, Action.ADMINISTER)
        if quota_bytes is not None and not 0 <= quota_bytes <= MAX_QUOTA_BYTES:
            raise Invalid("A quota is a number of bytes, 0 or more.")

        def body(connection: Connection) -> Usage:
            ensure_account(connection, user, self._settings.quota_bytes)
            connection.execute(update(accounts).where(accounts.c.user == user).values(quota_bytes=quota_bytes))
            return quotas.usage(connection, user, self._settings.quota_bytes)

        return self._database.write(body, repeat_unknown=True)
