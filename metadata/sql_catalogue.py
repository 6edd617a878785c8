"""The catalogue over one database."""

from collections.abc import Callable
from typing import Any

from foundation.database import Database
from foundation.identity import Identity
from metadata.batch import Purged
from metadata.catalogue import Catalogue
from metadata.counted import CountedCommits
from metadata.migrated import check_migrated
from metadata.notifying import NotifyingCommits
from metadata.purge import Wanted, purge
from metadata.settings import DEFAULTS, CatalogueSettings
from metadata.sql_accounts import SqlAccounts
from metadata.sql_blocks import SqlBlocks
from metadata.sql_buckets import Notify, SqlBuckets, nobody_purges, nobody_waits
from metadata.sql_collection import SqlCollection
from metadata.sql_commits import SqlCommits
from metadata.sql_files import SqlFiles
from metadata.sql_installation import SqlInstallation
from metadata.sql_jobs import SqlJobs
from metadata.sql_journals import SqlJournals
from metadata.sql_manifests import SqlManifests
from metadata.sql_members import SqlMembers
from metadata.sql_proofs import SqlProofs
from metadata.sql_search import SqlSearch
from metadata.sql_statistics import SqlStatistics
from metadata.sql_sync_records import SqlSyncRecords
from metadata.sql_uploads import SqlUploads


def open_catalogue(
    database: Database | str,
    settings: CatalogueSettings = DEFAULTS,
    notify: Notify = nobody_waits,
    purge_bucket: Callable[[], None] = nobody_purges,
) -> Catalogue:
    """The catalogue in a database that was migrated before; opened from `sqlite:///path` or `postgresql+psycopg://…`, it is
    closed with the catalogue. `notify`, `purge_bucket`: see SqlBuckets.

    Raises DatabaseUnavailable; NotMigrated, which names the command to run, for a schema that is not this code's.
    """
    if isinstance(database, Database):
        check_migrated(database)
        return _over(database, settings, notify, purge_bucket, close=lambda: None)
    own = Database(database)
    try:
        check_migrated(own)
    except BaseException:
        own.close()
        raise
    return _over(own, settings, notify, purge_bucket, close=own.close)


def _over(
    database: Database,
    settings: CatalogueSettings,
    notify: Notify,
    purge_bucket: Callable[[], None],
    close: Callable[[], None],
) -> Catalogue:
    uploads = SqlUploads(database, settings)

    def purge_file(caller: Identity, *wanted: Any) -> Purged:
        return purge(database, caller, Wanted(*wanted), settings.collect_chunks)

    files = SqlFiles(database, purge_file, public_files=settings.public_files)
    installation = SqlInstallation(database)
    return Catalogue(
        buckets=SqlBuckets(database, notify, settings, purge_bucket),
        members=SqlMembers(database, notify, settings),
        accounts=SqlAccounts(database, settings),
        files=files,
        listings=files,
        uploads=uploads,
        blocks=SqlBlocks(database, settings),
        commits=NotifyingCommits(CountedCommits(SqlCommits(database, uploads, settings)), notify),
        journals=SqlJournals(database),
        search=SqlSearch(database),
        statistics=SqlStatistics(database),
        collection=SqlCollection(database, settings),
        installation=installation,
        jobs=SqlJobs(database, settings),
        proofs=SqlProofs(database),
        sync_records=SqlSyncRecords(database),
        manifests=SqlManifests(database),
        ready=lambda: database.read(lambda connection: connection.exec_driver_sql("SELECT 1").close()),
        # From the sequence: the rows of uploads that ended long ago are forgotten.
        is_new=lambda: installation.newest_writer() == 0,
        close=close,
    )
