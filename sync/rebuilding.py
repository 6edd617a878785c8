"""A lost catalogue is made anew from the store: manifests say what there was, names of blocks what they hold (ALGORITHMS.md 9)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar
from uuid import UUID

from block_storage import BlockStore, Health, Presence
from foundation.blocks import BlockName
from metadata import (
    BlockState,
    ManifestBucket,
    ManifestChunks,
    ManifestFile,
    ManifestPerson,
    PathInvalid,
    Rebuilding,
    RebuiltBlock,
    check_path,
)
from sync.errors import StoreNotRight
from sync.manifest_reading import ManifestReader, ReadBucket
from sync.manifest_values import Seal
from sync.store_truth import read_truth

T = TypeVar("T")
Progress = Callable[[int], None]

# How long bytes are kept of which nothing is known: files of the last seconds may be among them.
KEPT = timedelta(days=90)
_PAGE = 500
_DEEP_PAGE = 64
_NO_NONCE = "0" * 16


@dataclass(slots=True)
class Rebuilt:
    """What was made. `told`: what could not be, for people."""

    buckets: int = 0
    files: int = 0
    versions: int = 0
    bytes: int = 0  # of current versions
    blocks_missing: int = 0
    blocks_damaged: int = 0
    blocks_unknown_to_manifests: int = 0
    kept_until: datetime | None = None
    people: dict[UUID, ManifestPerson] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Rebuild:
    """One run. `seal` None: whoever wrote the manifests is believed. `deep`: every block is read and hashed."""

    store: BlockStore
    seal: Seal | None
    progress: Progress
    deep: bool = False
    _names: set[tuple[UUID, str]] = field(default_factory=set)

    def run(self, rebuilding: Rebuilding) -> Rebuilt:
        """Raises StoreNotRight where there is nothing to go by, or the store does not answer for its blocks; StorageFailed."""
        done = Rebuilt()
        self._names.clear()
        truth, writer = read_truth(self.store), 0
        reader = ManifestReader(self.store, self.seal)
        places = reader.places()
        if truth is None or not places:
            raise StoreNotRight("This store has no manifests: nothing tells which blocks make which files.")
        for bucket, found in sorted(places.items()):
            read = reader.read(bucket, found)
            done.told += read.told
            if read.bucket is None:
                continue
            if read.installation != truth.installation:
                done.told.append(f"Bucket {bucket} is of another installation, and was left out.")
                continue
            self._add(rebuilding, reader, read, done)
        writer = max(truth.writer, self._keep(rebuilding, done))
        rebuilding.finish(truth.installation, truth.generation, writer)
        if not done.buckets:
            raise StoreNotRight(
                "No manifest could be used."
                + (
                    " They were written with another CAIRN_SECRET: put that back, or see --without-secret."
                    if done.told
                    else ""
                )
                + "".join(f"\n{line}" for line in done.told[:5])
            )
        return done

    def _add(self, rebuilding: Rebuilding, reader: ManifestReader, read: ReadBucket, done: Rebuilt) -> None:
        bucket = read.bucket
        assert bucket is not None  # noqa: S101 — the caller has looked.
        bucket = self._named(bucket, done)
        files = _placed(bucket, read, done.told)
        versions = [one for one in read.versions.values() if one.file in files]
        rebuilding.add_bucket(bucket, read.sequence)
        contents = {version.content for version in versions if version.content is not None}
        for page in _pages(sorted(contents), _PAGE):
            rebuilding.add_contents([read.contents[id] for id in page])
        for runs in reader.chunks(read, contents):
            self._add_chunks(rebuilding, bucket.owner, runs, done)
        for some in _pages(files.values(), _PAGE):
            rebuilding.add_files(bucket, [(file, read.versions[file.current_version]) for file in some])
        for few in _pages(sorted(versions, key=lambda one: (one.file, one.sequence)), _PAGE):
            rebuilding.add_versions(bucket, few)
            self.progress(len(few))
        rebuilding.end_bucket(bucket)
        done.people |= read.people
        done.buckets += 1
        done.files += sum(file.deleted_at is None for file in files.values())
        done.versions += sum(version.content is not None for version in versions)
        live = [read.versions[file.current_version] for file in files.values() if file.deleted_at is None]
        done.bytes += sum(read.contents[one.content].size for one in live if one.content is not None)

    def _named(self, bucket: ManifestBucket, done: Rebuilt) -> ManifestBucket:
        """One live bucket a name: one of two was deleted or renamed in the last seconds."""
        if bucket.deleted_at is not None:
            return bucket
        if (bucket.owner, bucket.name) in self._names:
            other = f"{bucket.name[:40]}-{bucket.id.hex[-12:]}"
            done.told.append(f"Two buckets say that they are called `{bucket.name}`; one is `{other}` now.")
            bucket = replace(bucket, name=other)
        self._names.add((bucket.owner, bucket.name))
        return bucket

    def _add_chunks(self, rebuilding: Rebuilding, owner: UUID, runs: Sequence[ManifestChunks], done: Rebuilt) -> None:
        """Blocks first, which chunks point to."""
        named = {name.id: (name, size, xxh3) for run in runs for size, name, xxh3 in run.chunks}
        for page in _pages(sorted(named.values(), key=lambda one: one[0]), _DEEP_PAGE if self.deep else _PAGE):
            rebuilding.add_blocks(owner, self._judged(page, done))
        rebuilding.add_chunks(runs)

    def _judged(self, page: Sequence[tuple[BlockName, int, int]], done: Rebuilt) -> list[RebuiltBlock]:
        """As the store has them now: under the name that is told, or, where it was healed since, under another one."""
        states = self._states({(name, size) for name, size, _ in page})
        blocks = []
        for name, size, xxh3 in page:
            state, used = states[name], name
            if state is not BlockState.STORED and (other := self._elsewhere(name, size)):
                state, used = BlockState.STORED, other
            done.blocks_missing += state is BlockState.MISSING
            done.blocks_damaged += state is BlockState.DAMAGED
            blocks.append(RebuiltBlock(used, size, xxh3, state))
        return blocks

    def _states(self, names: Collection[tuple[BlockName, int]]) -> Mapping[BlockName, BlockState]:
        if self.deep:
            proofs = self.store.prove(names)
            if any(proof.health is Health.UNKNOWN for proof in proofs.values()):
                raise StoreNotRight("The store, or a copy of it, does not answer. Nothing was made; try again.")
            return {name: _PROVED.get(proof.health, BlockState.STORED) for name, proof in proofs.items()}
        looks = self.store.check(names)
        if any(look is Presence.UNKNOWN for look in looks.values()):
            raise StoreNotRight("The store, or a copy of it, does not answer. Nothing was made; try again.")
        return {name: _SEEN.get(look, BlockState.STORED) for name, look in looks.items()}

    def _elsewhere(self, name: BlockName, size: int) -> BlockName | None:
        first = BlockName(name.id, 0, _NO_NONCE)
        others = [one for one in (first, *self.store.list(first, 20)) if one.id == name.id and one != name]
        states = self._states({(one, size) for one in others}) if others else {}
        return next((one for one in others if states[one] is BlockState.STORED), None)

    def _keep(self, rebuilding: Rebuilding, done: Rebuilt) -> int:
        """The newest writer's number in the store. What no manifest names stays: it may be the last seconds' files."""
        newest, after = 0, None
        until = datetime.now(UTC) + KEPT
        while names := self.store.list(after):
            unknown = rebuilding.unregistered(names)
            rebuilding.keep(unknown, until)
            done.blocks_unknown_to_manifests += len(unknown)
            newest, after = max(newest, *(name.writer for name in names)), names[-1]
            self.progress(len(names))
        if done.blocks_unknown_to_manifests:
            done.kept_until = until
        return newest


_SEEN = {Presence.MISSING: BlockState.MISSING, Presence.WRONG_SIZE: BlockState.DAMAGED}
_PROVED = {Health.MISSING: BlockState.MISSING, Health.DAMAGED: BlockState.DAMAGED}


def _placed(bucket: ManifestBucket, read: ReadBucket, told: list[str]) -> dict[UUID, ManifestFile]:
    """Files under paths that may be, one live one each: where two say the same, the one that changed last has it."""
    taken: set[str] = set()
    placed = {}
    newest_first = sorted(read.files.values(), key=lambda one: (-read.versions[one.current_version].sequence, one.id))
    for file in newest_first:
        try:
            check_path(file.path, bucket.naming)
        except PathInvalid as problem:
            told.append(f"{file.path!r}: {problem} It was left out.")
            continue
        path = file.path
        if file.deleted_at is None:
            if path in taken:
                path = _other_path(path, file.id)
                told.append(f"`{file.path}`: two files say that they are there; the older is `{path}` now.")
            taken.add(path)
        placed[file.id] = ManifestFile(file.id, path, file.current_version, file.created_at, file.deleted_at)
    return placed


def _other_path(path: str, id: UUID) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name[:100]} (rebuilt {id.hex[-12:]})"


def _pages(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while page := list(islice(rest, size)):
        yield page
