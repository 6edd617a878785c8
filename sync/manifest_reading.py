"""What manifests say of a bucket, put together again: the newest beginning that is whole, and what changed since.

Every value tells how things were when the bucket's journal stood at its sequence. So of each file and version the value with the
highest sequence counts; what is not whole is told, and the rest used.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from block_storage import BlockNotFound, BlockStore
from metadata import (
    ManifestBucket,
    ManifestChunks,
    ManifestContent,
    ManifestFile,
    ManifestGone,
    ManifestPerson,
    ManifestRecord,
    ManifestVersion,
)
from sync.errors import ManifestInvalid
from sync.manifest_values import PREFIX, Head, Place, Seal, read_value, records_of

_Kept = ManifestFile | ManifestVersion | ManifestContent | ManifestPerson


@dataclass(frozen=True, slots=True)
class _Value:
    place: Place
    head: Head


@dataclass(slots=True)
class _Part:
    values: list[_Value] = field(default_factory=list)

    @property
    def generation(self) -> int:
        return self.values[0].place.generation

    @property
    def name(self) -> str:
        return self.values[0].place.part

    @property
    def after(self) -> int:
        return self.values[0].head.after

    @property
    def is_whole(self) -> bool:
        last = [value.place.number for value in self.values if value.head.until is not None]
        return bool(last) and {value.place.number for value in self.values}.issuperset(range(min(last)))

    @property
    def until(self) -> int:
        """As far as is known, of one that is not whole."""
        told = [value.head.until for value in self.values if value.head.until is not None]
        return max(told) if told else max(value.head.sequence for value in self.values)


@dataclass(slots=True)
class ReadBucket:
    """`told`: what could not be used, for people. `sequence`: that the journal had reached, as far as is known."""

    id: UUID
    installation: UUID | None = None
    generation: int = 0
    bucket: ManifestBucket | None = None
    sequence: int = 0
    people: dict[UUID, ManifestPerson] = field(default_factory=dict)
    files: dict[UUID, ManifestFile] = field(default_factory=dict)
    versions: dict[UUID, ManifestVersion] = field(default_factory=dict)
    contents: dict[UUID, ManifestContent] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    _runs: dict[UUID, set[tuple[int, int]]] = field(default_factory=dict)

    def apply(self, record: ManifestRecord) -> None:
        if isinstance(record, ManifestBucket):
            self.bucket = record
        elif isinstance(record, ManifestChunks):
            self._runs.setdefault(record.content, set()).add((record.index, len(record.chunks)))
        elif isinstance(record, ManifestGone):
            self._take_away(record)
        else:
            kept: dict[UUID, Any] = self._kept(record)
            kept[record.id] = record

    def _kept(self, record: _Kept) -> dict[UUID, Any]:
        if isinstance(record, ManifestFile):
            return self.files
        if isinstance(record, ManifestVersion):
            return self.versions
        return self.contents if isinstance(record, ManifestContent) else self.people

    def _take_away(self, gone: ManifestGone) -> None:
        for file in gone.files:
            self.files.pop(file, None)
        for version in gone.versions:
            self.versions.pop(version, None)

    def settle(self) -> None:
        """Leave out, and tell, what nothing whole can be made of."""
        self.versions = {id: one for id, one in self.versions.items() if one.file in self.files}
        for id, version in list(self.versions.items()):
            if version.content is not None and not self._is_whole(version.content):
                file = self.files[version.file]
                self.told.append(
                    f"`{file.path}`: the parts of a version of {version.created_at:%Y-%m-%d %H:%M} are not told."
                )
                del self.versions[id]
        newest: dict[UUID, ManifestVersion] = {}
        for version in self.versions.values():
            if version.file not in newest or version.sequence > newest[version.file].sequence:
                newest[version.file] = version
        for id, file in list(self.files.items()):
            if file.current_version in self.versions:
                continue
            if id not in newest:
                self.told.append(f"`{file.path}`: no version of it is whole.")
                del self.files[id]
            else:
                self.told.append(f"`{file.path}`: its newest version is not whole; the one before it is current now.")
                self.files[id] = ManifestFile(id, file.path, newest[id].id, file.created_at, file.deleted_at)

    def _is_whole(self, content: UUID) -> bool:
        if content not in self.contents:
            return False
        reached = 0
        for index, number in sorted(self._runs.get(content, ())):
            if index > reached:
                return False
            reached = max(reached, index + number)
        return reached >= self.contents[content].num_chunks


class ManifestReader:
    """`seal` None: whoever wrote them is believed."""

    def __init__(self, store: BlockStore, seal: Seal | None) -> None:
        self._store, self._seal = store, seal

    def places(self) -> Mapping[UUID, Sequence[Place]]:
        """Of all values, by bucket."""
        found: dict[UUID, list[Place]] = {}
        for key in self._store.list_meta(PREFIX):
            if place := Place.parse(key):
                found.setdefault(place.bucket, []).append(place)
        return found

    def read(self, bucket: UUID, places: Sequence[Place]) -> ReadBucket:
        """Memory as the bucket has versions, not chunks. Raises StorageFailed."""
        read = ReadBucket(bucket)
        parts = self._parts(read, places)
        used = _used(read, parts)
        for value in sorted(used, key=lambda one: (one.place.generation, one.head.sequence, str(one.place))):
            for record in self._records(read, value.place):
                read.apply(record)
            read.places.append(value.place)
            read.sequence = max(read.sequence, value.head.sequence)
            read.installation, read.generation = value.head.installation, value.place.generation
        read.settle()
        return read

    def chunks(self, read: ReadBucket, wanted: set[UUID]) -> Iterator[Sequence[ManifestChunks]]:
        """Of these contents, a value's at a time; some may come twice."""
        for place in read.places:
            records = self._records(ReadBucket(read.id), place)
            yield [one for one in records if isinstance(one, ManifestChunks) and one.content in wanted]

    def _parts(self, read: ReadBucket, places: Sequence[Place]) -> list[_Part]:
        parts: dict[str, _Part] = {}
        for place in places:
            try:
                head, _ = self._value(place)
            except (ManifestInvalid, BlockNotFound) as problem:
                read.told.append(str(problem))
                continue
            parts.setdefault(place.part, _Part()).values.append(_Value(place, head))
        return list(parts.values())

    def _records(self, read: ReadBucket, place: Place) -> Iterator[ManifestRecord]:
        try:
            yield from records_of(place, self._value(place)[1])
        except (ManifestInvalid, BlockNotFound) as problem:
            read.told.append(str(problem))

    def _value(self, place: Place) -> tuple[Head, list[bytes]]:
        return read_value(self._seal, place, self._store.read_meta(str(place)))


def _used(read: ReadBucket, parts: Sequence[_Part]) -> list[_Value]:
    """The values that count: of the newest beginning that is whole, and of what was written of later changes in the same life."""
    begins = [part for part in parts if part.after == 0 and part.is_whole]
    begin = max(begins, key=lambda part: (part.generation, part.until, part.name), default=None)
    if begin is None:
        if parts:
            read.told.append(
                f"Bucket {read.id}: no manifest of all of it is whole; files that did not change lately may lack."
            )
        return [value for part in parts for value in part.values]
    later = [
        part for part in parts if part is not begin and part.generation >= begin.generation and part.until > begin.until
    ]
    reached = begin.until
    for part in sorted(later, key=lambda part: (part.after, part.until)):
        if not part.is_whole:
            read.told.append(f"Bucket {read.id}: a manifest of the changes behind {part.after} is not whole.")
        elif part.after > reached:
            read.told.append(f"Bucket {read.id}: changes {reached + 1} to {part.after} are in no manifest.")
        reached = max(reached, part.until if part.is_whole else reached)
    return [value for part in (begin, *later) for value in part.values]
