"""What the tests of closing accounts share: somebody who has left something in every table."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Uuid, insert, select

from foundation.authorization import Role
from foundation.database import Database
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.sql import database_now
from metadata import Catalogue, CatalogueSettings, Copy, Delete, Member, NewBucket, Once, Upload
from metadata.sync_schema import metadata, notices, sync_outcomes, verify_requests
from tests.metadata.catalogues import Desk, chunks, somebody

SLICE = 3
SMALL = CatalogueSettings(
    closed_account_retention=timedelta(0), dead_name_retention=timedelta(0), collect_chunks=4, stage_chunks=3
)
ADMIN = replace(somebody(), scopes=frozenset({"admin", "files"}))


@dataclass
class Leaving:
    """Somebody with buckets, live and in the trash, and a friend: each is a member of the other's bucket."""

    desk: Desk
    friend: Desk
    user: UUID
    buckets: list[UUID]
    upload: Upload  # open
    theirs: UUID  # a file in the friend's bucket that the leaving one has put there

    @property
    def catalogue(self) -> Catalogue:
        return self.desk.catalogue


def made_leaving(catalogue: Catalogue, database: Database) -> Leaving:
    desk, friend = Desk(catalogue), Desk(catalogue)
    user, other = user_of(desk.me), user_of(friend.me)
    for n in range(4):
        desk.put(f"f{n}", chunks(str(n), "same"), tags={"colour": "red"}, description="a stone")
    desk.put("f0", chunks("newer"))
    desk.apply(Delete(path="f1"))
    desk.put("shared", chunks("given"))
    catalogue.members.set(desk.me, desk.id, Member(other, Role.EDITOR))
    friend.apply(Copy(path="shared", from_bucket=desk.id, to="copy"))
    catalogue.members.set(friend.me, friend.id, Member(user, Role.EDITOR))
    guest = replace_bucket(desk, friend)
    put = guest.put("from-the-guest", chunks("present"))
    second = catalogue.buckets.create(desk.me, NewBucket(name="second"), Once("a key", b"1" * 32))
    trashed = catalogue.buckets.create(desk.me, NewBucket(name="trashed"))
    catalogue.buckets.delete(desk.me, str(trashed.id), recursive=True)
    upload = desk.open("coming", chunks(*"abcdefgh"))
    desk.send(upload, chunks(*"abcdefg", "x")[:7])
    desk.basket(chunks("loose"))
    plant(database, user, desk.bucket.id)
    plant(database, other, friend.bucket.id)
    return Leaving(desk, friend, user, [desk.bucket.id, second.id, trashed.id], upload, put.version.file_id)


def replace_bucket(guest: Desk, host: Desk) -> Desk:
    """The guest at work in the host's bucket."""
    desk = object.__new__(Desk)
    desk.catalogue, desk.me, desk.new, desk.bucket = guest.catalogue, guest.me, guest.new, host.bucket
    return desk


def plant(database: Database, user: UUID, bucket: UUID) -> None:
    """Rows that only workers write."""
    moment = database_now()
    for row in (
        insert(notices).values(id=new_id(), owner=user, kind="file.damaged", body="{}", created_at=moment),
        insert(sync_outcomes).values(owner=user, at=moment, verified=3),
        insert(verify_requests).values(bucket=bucket, at=moment),
    ):
        database.write(lambda connection, row=row: connection.execute(row).close())  # type: ignore[misc]


def user_of(caller: Identity) -> UUID:
    assert caller.user is not None
    return caller.user


def traces(database: Database, ids: set[UUID]) -> dict[str, int]:
    """In which columns any of `ids` stands, and how often: everywhere but in journals, and but as who did something for others."""
    found = {}
    for table in metadata.sorted_tables:
        if table.name == "changes":
            continue
        for column in table.columns:
            if isinstance(column.type, Uuid) and column.name != "actor":
                query = select(column).where(column.in_(ids))
                rows = database.read(lambda connection, query=query: connection.execute(query).all())  # type: ignore[misc]
                if rows:
                    found[f"{table.name}.{column.name}"] = len(rows)
    return found


def run_out(catalogue: Catalogue, limit: int = SLICE) -> int:
    """All that collection does, until nothing is left to do; in how many slices accounts were closed and buckets purged."""
    slices = 0
    while catalogue.collection.close_accounts(limit) or catalogue.collection.purge_expired(limit):
        slices += 1
    for collect in (catalogue.collection.collect_contents, catalogue.collection.collect_blocks):
        after: int | None = 0
        while after is not None:
            after = collect(after).last
    return slices
