"""A catalogue as its readers see it, over real databases, with rows planted as a commit writes them."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from foundation.database import Database, opened
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.sql import insert_rows, now
from metadata.batch import Batch, Purged, Put
from metadata.longpoll import LongPoll
from metadata.model import Bucket, FileVersion, Naming, NewBucket
from metadata.notifying import NotifyingCommits
from metadata.parts import Parts
from metadata.paths import folded
from metadata.purge import Wanted, purge
from metadata.schema import contents, file_versions, files
from metadata.search_text import search_text
from metadata.settings import CatalogueSettings
from metadata.sql_accounts import SqlAccounts
from metadata.sql_buckets import SqlBuckets
from metadata.sql_commits import SqlCommits
from metadata.sql_files import SqlFiles
from metadata.sql_journals import SqlJournals
from metadata.sql_members import SqlMembers
from metadata.sql_search import SqlSearch
from metadata.sql_statistics import SqlStatistics
from metadata.sql_sync_records import SqlSyncRecords
from metadata.sql_uploads import SqlUploads


def somebody() -> Identity:
    return Identity(user=new_id(), device=new_id(), scopes=frozenset({"files"}))


@dataclass(frozen=True)
class House:
    database: Database
    buckets: SqlBuckets
    members: SqlMembers
    accounts: SqlAccounts
    files: SqlFiles
    journals: SqlJournals
    commits: NotifyingCommits
    long_poll: LongPoll
    me: Identity

    @property
    def parts(self) -> Parts:
        return Parts(
            self.buckets,
            self.members,
            self.accounts,
            self.files,
            self.files,
            self.commits,
            self.journals,
            SqlSearch(self.database),
            SqlStatistics(self.database),
            SqlSyncRecords(self.database),
            self.long_poll,
        )

    def put(self, bucket: UUID, *paths: str) -> list[FileVersion]:
        """Commit empty files."""
        batch = Batch(str(bucket), [Put(path, []) for path in paths])
        return [result.version for result in self.commits.apply(self.me, batch).results]

    def bucket(self, name: str = "mine", naming: Naming = Naming.PORTABLE) -> Bucket:
        return self.buckets.create(self.me, NewBucket(name=name, naming=naming))

    def plant(
        self, bucket: UUID, paths: Iterable[str], deleted: Collection[str] = (), access: str = "private"
    ) -> dict[str, UUID]:
        """One version of each path, a delete marker for those of `deleted`; the files' ids."""
        versions, records, stored, ids = [], [], [], {}
        moment = self.database.read(now)
        for number, path in enumerate(paths, 1):
            file, version, content = ids.setdefault(path, new_id()), new_id(), new_id()
            is_deleted = path in deleted
            records.append({
                "id": file, "bucket": bucket, "path": path, "path_folded": folded(path), "current_version": version,
                "search_text": search_text(path, "", {"colour": "red"}), "created_at": moment,
                "deleted_at": moment if is_deleted else None,
            })  # fmt: skip
            digest = hashlib.sha256(path.encode()).digest()
            if not is_deleted:
                stored.append({
                    "id": content, "size": number, "num_chunks": 1, "content_hash": digest, "created_at": moment,
                })  # fmt: skip
            versions.append({
                "id": version, "file": file, "bucket": bucket, "sequence": number,
                "content": None if is_deleted else content, "kind": "file", "content_type": "text/plain",
                "etag": "" if is_deleted else f"{digest.hex()[:32]}-1", "access": access, "executable": False,
                "tags": '{"colour":"red"}', "modified_at": moment, "created_at": moment, "actor": self.me.user,
                "device": self.me.device, "is_null": False,
            })  # fmt: skip
        with_rows = ((contents, stored), (files, records), (file_versions, versions))
        self.database.write(lambda connection: [insert_rows(connection, table, rows) for table, rows in with_rows])
        return ids


@pytest.fixture
def house(location: str) -> Iterator[House]:
    with opened(location) as database:
        yield made_house(database)


def made_house(database: Database, *, public_files: bool = False) -> House:
    settings, long_poll = CatalogueSettings(), LongPoll()
    commits = SqlCommits(database, SqlUploads(database, settings), settings)

    def purge_file(caller: Identity, *wanted: Any) -> Purged:
        return purge(database, caller, Wanted(*wanted), settings.collect_chunks)

    return House(
        database,
        SqlBuckets(database, long_poll.notify),
        SqlMembers(database, long_poll.notify, settings),
        SqlAccounts(database, settings),
        SqlFiles(database, purge_file, public_files=public_files),
        SqlJournals(database),
        NotifyingCommits(commits, long_poll.notify),
        long_poll,
        somebody(),
    )
