"""Accounts in SQL: what users hold, and what they may hold."""

from uuid import UUID

from sqlalchemy import Connection, update

from foundation.authorization import Action, require
from foundation.database import Database, RowVanished
from foundation.identity import Identity
from foundation.problems import Invalid
from metadata import closing, quotas
from metadata.model import Closing, Usage
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

    def close(self, caller: Identity, user: UUID) -> Closing:
        require(caller, Action.ADMINISTER)

        def body(connection: Connection) -> Closing:
            # Whoever has sent blocks but never had a bucket has no account yet.
            ensure_account(connection, user, self._settings.quota_bytes)
            closing.close(connection, user)
            left = closing.what_is_left(connection, user)
            if left is None:
                raise RowVanished
            return left

        return self._database.write(body, repeat_unknown=True)

    def closing(self, caller: Identity, user: UUID) -> Closing | None:
        require(caller, Action.ADMINISTER)
        return self._database.read(lambda connection: closing.what_is_left(connection, user))
