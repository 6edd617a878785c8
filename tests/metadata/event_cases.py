"""Everything that is done to files and buckets, each with the sync events that it is to write."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from foundation.authorization import Role
from foundation.database import Database
from foundation.problems import Problem
from metadata import (
    Access,
    Batch,
    BlockState,
    BucketChanges,
    Catalogue,
    CatalogueSettings,
    CommitRequest,
    Copy,
    Delete,
    DeletePrefix,
    Describe,
    FileVersion,
    MakeFolder,
    Member,
    Move,
    MovePrefix,
    NewBucket,
    Once,
    Operation,
    Put,
    Restore,
    RestorePrefix,
    Versioning,
)
from metadata.schema import file_versions
from tests.metadata.catalogues import Desk, chunks, somebody
from tests.metadata.closing import user_of

# Type, bucket, file, version, chunks in all, and of a purge: chunks that went, chunks that were lost before.
Event = tuple[str, UUID, UUID | None, UUID | None, int, int | None, int | None]
# Prepares until it first yields, does one thing until it yields the events of that, then does it again.
Case = Callable[["Stage"], Iterator[list[Event]]]

STAGED = 3
SETTINGS = CatalogueSettings(dead_name_retention=timedelta(0), stage_chunks=STAGED)
CASES: dict[str, Case] = {}


@dataclass
class Stage:
    """A bucket with the file `f` of two chunks; one that keeps no trash; one that keeps it a day; somebody else."""

    catalogue: Catalogue
    database: Database

    def __post_init__(self) -> None:
        self.desk = Desk(self.catalogue)
        lean = NewBucket(versioning=Versioning.OFF, trash_days=0)
        self.lean = Desk(self.catalogue, self.desk.me, replace(lean, name="lean"))
        self.day = Desk(self.catalogue, self.desk.me, replace(lean, name="day", trash_days=1))
        self.guest = somebody()
        for desk in (self.desk, self.lean, self.day):
            desk.put("f", chunks("1", "2"))

    def what_has_a_day_is_due(self) -> None:
        of_day = file_versions.c.bucket == self.day.bucket.id
        past = update(file_versions).where(of_day, file_versions.c.purge_after.is_not(None))
        due = past.values(purge_after=file_versions.c.created_at)
        self.database.write(lambda connection: connection.execute(due).close())


def case(does: Case) -> Case:
    CASES[does.__name__] = does
    return does


def of(kind: str, version: FileVersion, chunks: int | None = None, purged: tuple[int, int] | None = None) -> Event:
    total = version.num_chunks if chunks is None else chunks
    return (f"file.{kind}", version.bucket_id, version.file_id, version.version_id, total, *(purged or (None, None)))


def of_bucket(kind: str, bucket: UUID) -> Event:
    return (f"bucket.{kind}", bucket, None, None, 0, None, None)


@case
def create(stage: Stage) -> Iterator[list[Event]]:
    upload = stage.desk.open("new", chunks("a", "b"))
    stage.desk.send(upload, chunks("a", "b"))
    yield []
    yield [of("created", stage.desk.commit(upload.id).version, 2)]
    stage.desk.commit(upload.id)


@case
def create_of_many_chunks(stage: Stage) -> Iterator[list[Event]]:
    plan = chunks(*"abcdefgh")
    upload = stage.desk.open("new", plan)
    stage.desk.send(upload, plan)
    yield []
    yield [of("created", stage.desk.commit(upload.id).version, 8)]
    stage.desk.commit(upload.id)


@case
def create_several_in_one_transaction(stage: Stage) -> Iterator[list[Event]]:
    uploads = [stage.desk.open(path, chunks(path)) for path in ("x", "y", "f")]
    for upload, path in zip(uploads, ("x", "y", "f"), strict=True):
        stage.desk.send(upload, chunks(path))
    requests = [CommitRequest(stage.desk.me, upload.id, bucket=stage.desk.bucket.id) for upload in uploads]
    yield []
    made = [outcome.version for outcome in stage.catalogue.commits.commit(requests) if not isinstance(outcome, Problem)]
    yield [of("created", made[0], 1), of("created", made[1], 1), of("updated", made[2], 1)]
    stage.catalogue.commits.commit(requests)


@case
def update_(stage: Stage) -> Iterator[list[Event]]:
    yield []
    yield [of("updated", stage.desk.put("f", chunks("3")).version, 1)]


@case
def update_where_nothing_is_kept(stage: Stage) -> Iterator[list[Event]]:
    """What is replaced goes with the update: a purge is of a file, or of a version that somebody or time takes by itself."""
    yield []
    yield [of("updated", stage.lean.put("f", chunks("3")).version, 1)]


@case
def create_on_a_path_in_the_trash(stage: Stage) -> Iterator[list[Event]]:
    stage.desk.apply(Delete(path="f"))
    yield []
    yield [of("created", stage.desk.put("f", chunks("3")).version, 1)]


@case
def a_batch(stage: Stage) -> Iterator[list[Event]]:
    upload = stage.desk.basket(chunks("a", "b"))
    operations = [Put("g", chunks("a", "b")), Put("f", chunks("b")), Delete(path="g")]
    yield []
    made = stage.desk.apply(*operations, upload=upload.id)
    yield [of("created", made[0].version, 2), of("updated", made[1].version, 1), of("deleted", made[2].version, 0)]
    stage.desk.apply(*operations, upload=upload.id)


@case
def a_batch_that_is_refused(stage: Stage) -> Iterator[list[Event]]:
    yield []
    with suppress(Problem):
        stage.desk.apply(Move("g", path="f"), Delete(path="nowhere"))
    yield []


@case
def move(stage: Stage) -> Iterator[list[Event]]:
    yield []
    yield [of("moved", stage.desk.apply(Move("g", path="f"))[0].version, 2)]
    stage.desk.apply(Move("g", path="g"))


@case
def move_to_another_bucket(stage: Stage) -> Iterator[list[Event]]:
    yield []
    made = stage.desk.apply(Move("g", path="f", to_bucket=stage.day.id))[0].version
    marker = stage.catalogue.files.trash(stage.desk.me, stage.desk.id, None, 9).items[0]
    yield [of("created", made, 2), of("deleted", marker, 0)]


@case
def move_to_another_bucket_where_nothing_is_kept(stage: Stage) -> Iterator[list[Event]]:
    old = stage.lean.at("f")
    yield []
    made = stage.lean.apply(Move("g", path="f", to_bucket=stage.desk.id))[0].version
    yield [of("created", made, 2), deleted_for_good(stage, old), of("purged", old, 2, (0, 0))]


@case
def describe(stage: Stage) -> Iterator[list[Event]]:
    words = Describe(path="f", description="a stone", tags={"colour": "red"}, access=Access.PUBLIC)
    yield []
    yield [of("described", stage.desk.apply(words)[0].version, 2)]
    stage.desk.apply(words)


@case
def describe_in_place(stage: Stage) -> Iterator[list[Event]]:
    yield []
    yield [of("described", stage.lean.apply(Describe(path="f", description="a stone"))[0].version, 2)]
    stage.lean.apply(Describe(path="f", description="a stone"))


@case
def delete(stage: Stage) -> Iterator[list[Event]]:
    yield []
    yield [of("deleted", stage.desk.apply(Delete(path="f"))[0].version, 0)]
    with suppress(Problem):
        stage.desk.apply(Delete(path="f"))


@case
def delete_where_nothing_is_kept(stage: Stage) -> Iterator[list[Event]]:
    for desk in (stage.desk, stage.day):
        desk.apply(Delete(path="f"))
    own = stage.lean.put("own", chunks("lost", "own")).version
    lost = next(one for one in stage.catalogue.files.chunks(own.content, 0, 1)) if own.content else None
    assert lost is not None
    stage.catalogue.blocks.judge({lost.name: BlockState.MISSING})
    yield []
    marker = stage.lean.apply(Delete(path="own"))[0].version
    yield [of("deleted", marker, 0), of("purged", own, 2, (1, 1))]


@case
def restore(stage: Stage) -> Iterator[list[Event]]:
    marker = stage.desk.apply(Delete(path="f"))[0].version
    yield []
    yield [of("restored", stage.desk.apply(Restore(marker.file_id))[0].version, 2)]


@case
def restore_an_old_version(stage: Stage) -> Iterator[list[Event]]:
    old = stage.desk.at("f")
    stage.desk.put("f", chunks("3"))
    yield []
    made = stage.desk.apply(Restore(old.file_id, old.version_id))[0].version
    yield [of("restored", made, 2)]
    stage.desk.apply(Restore(old.file_id, made.version_id))


@case
def copy(stage: Stage) -> Iterator[list[Event]]:
    yield []
    made = stage.desk.apply(Copy("g", path="f"), Copy("f", path="f", from_bucket=stage.day.id))
    yield [of("created", made[0].version, 2), of("updated", made[1].version, 2)]
    stage.desk.apply(Copy("g", path="g"))


@case
def make_a_folder(stage: Stage) -> Iterator[list[Event]]:
    yield []
    yield [of("created", stage.desk.apply(MakeFolder("in"))[0].version, 0)]
    stage.desk.apply(MakeFolder("in"))


@case
def move_a_folder(stage: Stage) -> Iterator[list[Event]]:
    stage.desk.put_all({"in/a": chunks("a", "b"), "in/b": chunks("b")})
    yield []
    stage.desk.apply(MovePrefix("in", "out"))
    yield [of("moved", stage.desk.at("out/a"), 2), of("moved", stage.desk.at("out/b"), 1)]
    stage.desk.apply(MovePrefix("in", "out"))


@case
def delete_a_folder(stage: Stage) -> Iterator[list[Event]]:
    stage.desk.put_all({"in/a": chunks("a", "b"), "in/b": chunks("b")})
    yield []
    stage.desk.apply(DeletePrefix("in"))
    yield [
        of("deleted", marker, 0) for marker in stage.catalogue.files.trash(stage.desk.me, stage.desk.id, None, 9).items
    ]
    stage.desk.apply(DeletePrefix("in"))


@case
def delete_a_folder_where_nothing_is_kept(stage: Stage) -> Iterator[list[Event]]:
    made = [result.version for result in stage.lean.put_all({"in/a": chunks("a", "b"), "in/b": chunks("c")})]
    yield []
    stage.lean.apply(DeletePrefix("in"))
    yield [
        *(deleted_for_good(stage, version) for version in made),
        *(of("purged", version, version.num_chunks, (version.num_chunks, 0)) for version in made),
    ]


@case
def take_a_folder_back(stage: Stage) -> Iterator[list[Event]]:
    stage.desk.put_all({"in/a": chunks("a", "b"), "in/b": chunks("b")})
    stage.desk.apply(DeletePrefix("in"))
    yield []
    stage.desk.apply(RestorePrefix("in"))
    yield [of("restored", stage.desk.at("in/a"), 2), of("restored", stage.desk.at("in/b"), 1)]
    stage.desk.apply(RestorePrefix("in"))


@case
def undo(stage: Stage) -> Iterator[list[Event]]:
    stage.desk.put_all({"in/a": chunks("a", "b"), "in/b": chunks("b")})
    (group,) = stage.catalogue.commits.apply(stage.desk.me, batch(stage, MovePrefix("in", "out"))).results
    yield []
    stage.desk.apply(RestorePrefix(group=group.group))
    yield [of("moved", stage.desk.at("in/a"), 2), of("moved", stage.desk.at("in/b"), 1)]
    with suppress(Problem):
        stage.desk.apply(RestorePrefix(group=group.group))


@case
def purge_a_file(stage: Stage) -> Iterator[list[Event]]:
    stage.desk.put("own", chunks("x", "y"))
    current = stage.desk.put("own", chunks("x", "z")).version
    yield []
    stage.catalogue.files.purge(stage.desk.me, current.file_id, None)
    yield [of("purged", current, 3, (3, 0))]
    with suppress(Problem):
        stage.catalogue.files.purge(stage.desk.me, current.file_id, None)


@case
def purge_a_version(stage: Stage) -> Iterator[list[Event]]:
    old = stage.desk.put("own", chunks("x", "y")).version
    stage.desk.put("own", chunks("x", "z"))
    yield []
    stage.catalogue.files.purge(stage.desk.me, old.file_id, old.version_id)
    yield [of("purged", old, 2, (1, 0))]
    with suppress(Problem):
        stage.catalogue.files.purge(stage.desk.me, old.file_id, old.version_id)


@case
def purge_by_time(stage: Stage) -> Iterator[list[Event]]:
    old = stage.day.put("own", chunks("x", "y")).version
    stage.day.put("own", chunks("z"))
    going = stage.day.put("going", chunks("w")).version
    marker = stage.day.apply(Delete(path="going"))[0].version
    stage.what_has_a_day_is_due()
    yield []
    while stage.catalogue.collection.purge_expired():
        pass
    yield [of("purged", old, 2, (2, 0)), of("purged", going, 1, (1, 0)), of("purged", marker, 0, (0, 0))]
    stage.catalogue.collection.purge_expired()


@case
def create_a_bucket(stage: Stage) -> Iterator[list[Event]]:
    new, once = NewBucket(name="new"), Once("key", b"1" * 32)
    yield []
    yield [of_bucket("created", stage.catalogue.buckets.create(stage.desk.me, new, once).id)]
    stage.catalogue.buckets.create(stage.desk.me, new, once)


@case
def update_a_bucket(stage: Stage) -> Iterator[list[Event]]:
    yield []
    for wanted in (BucketChanges(title="Other"), BucketChanges(versioning=Versioning.SUSPENDED)):
        stage.catalogue.buckets.update(stage.desk.me, stage.desk.id, wanted)
    yield [of_bucket("updated", stage.desk.bucket.id)] * 2
    stage.catalogue.buckets.update(stage.desk.me, stage.desk.id, BucketChanges(title="Other"))


@case
def delete_a_bucket(stage: Stage) -> Iterator[list[Event]]:
    """Its deletion is told once, however many files it holds, and however many members see it go."""
    stage.catalogue.members.set(stage.desk.me, stage.desk.id, Member(user_of(stage.guest), Role.VIEWER))
    yield []
    stage.catalogue.buckets.delete(stage.desk.me, stage.desk.id, recursive=True)
    yield [of_bucket("deleted", stage.desk.bucket.id)]
    stage.catalogue.buckets.delete(stage.desk.me, stage.desk.id, recursive=True, purge=True)


@case
def restore_a_bucket(stage: Stage) -> Iterator[list[Event]]:
    stage.catalogue.buckets.delete(stage.desk.me, stage.desk.id, recursive=True)
    once = Once("back", b"1" * 32)
    yield []
    stage.catalogue.buckets.restore(stage.desk.me, stage.desk.id, None, once)
    yield [of_bucket("restored", stage.desk.bucket.id)]
    stage.catalogue.buckets.restore(stage.desk.me, stage.desk.id, None, once)


@case
def share_a_bucket(stage: Stage) -> Iterator[list[Event]]:
    guest, members = user_of(stage.guest), stage.catalogue.members
    yield []
    for role in (Role.VIEWER, Role.EDITOR):
        members.set(stage.desk.me, stage.desk.id, Member(guest, role))
        members.set(stage.desk.me, stage.desk.id, Member(guest, role))
    members.remove(stage.guest, stage.desk.id, guest)
    yield [of_bucket(kind, stage.desk.bucket.id) for kind in ("shared", "updated", "unshared")]
    with suppress(Problem):
        members.remove(stage.desk.me, stage.desk.id, guest)


def batch(stage: Stage, *operations: Operation) -> Batch:
    return Batch(stage.desk.id, operations)


def deleted_for_good(stage: Stage, version: FileVersion) -> Event:
    """The delete marker of what went at once stands in the journal only."""
    told = stage.catalogue.journals.read(stage.desk.me, str(version.bucket_id), 0, 1000).items
    (marker,) = (one.version_id for one in told if one.kind.value == "file.deleted" and one.file_id == version.file_id)
    return ("file.deleted", version.bucket_id, version.file_id, marker, 0, None, None)
