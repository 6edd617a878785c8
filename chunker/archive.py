"""Files and folders of a bucket as one ZIP archive, made while it is sent, a few blocks in memory, however much it holds."""

import stat
import zlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from anyio.to_thread import run_sync

from block_storage import Block
from chunker.archive_names import SafeNames, common_root, is_link_inside
from chunker.assembly import Held, LoadsAhead, Pieces, Shared, Source, together
from chunker.chunk_lists import PAGE_CHUNKS
from chunker.loads import LOAD_BYTES, LoadReader, ManyLoad
from chunker.parts import Parts
from chunker.zip64 import Directory, Entry
from foundation.blocks import BlockName
from foundation.identity import Identity
from metadata import FileNotFound, FileVersion, Kind, ListQuery, StoredChunk

PAGE_FILES = 1000
_MEMBER_BYTES = 4096  # What is known of a file takes memory as well, and most of it where files are empty.


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for, in bytewise order, none inside of another: files, and prefixes that stand for all below them."""

    bucket: str
    files: Sequence[FileVersion]
    prefixes: Sequence[str]

    @property
    def paths(self) -> list[str]:
        return sorted([*(file.path for file in self.files), *self.prefixes], key=str.encode)


def selection(parts: Parts, caller: Identity, bucket: str, paths: Sequence[str]) -> Selection:
    """A path is a file's, or a folder's with or without `/` at its end; empty, all of the bucket. Raises FileNotFound, naming all."""
    files = parts.catalogue.files
    found: list[FileVersion] = []
    prefixes: list[str] = []
    missing: list[str] = []
    for path in sorted(set(paths), key=str.encode):
        if any(path.startswith(prefix) for prefix in prefixes):
            continue
        listed = files.list(caller, bucket, ListQuery(path, limit=1)).items
        folder = path if path.endswith("/") or not path else path + "/"
        if listed and listed[0].path == path and not path.endswith("/"):
            found.append(listed[0])
        elif not path or files.list(caller, bucket, ListQuery(folder, limit=1)).items:
            prefixes.append(folder if path else "")
        else:
            missing.append(path)
    if missing:
        raise FileNotFound(f"{len(missing):,} of these paths are not there.", missing=missing)
    return Selection(bucket, found, prefixes)


@dataclass(frozen=True, slots=True)
class _Member:
    entry: Entry
    version: FileVersion
    source: Source | None  # None: a folder
    chunks: Sequence[StoredChunk] = ()

    def whole(self, found: Mapping[BlockName, Block]) -> bytes:
        """Head and bytes of a member that is small enough to be read before its head is written."""
        data = b"".join(self.source.read_now(chunk, found) for chunk in self.chunks) if self.source else b""
        self.entry.crc = zlib.crc32(data)
        if self.version.kind is Kind.SYMLINK and is_link_inside(self.entry.name, data):
            self.entry.mode = stat.S_IFLNK | 0o777
        return self.entry.head() + data


@dataclass(frozen=True, slots=True)
class _Step:
    """What a load is in the archive: whole members, or a chunk of a member that is streamed, the first or the last of it."""

    members: Sequence[_Member]
    is_first: bool = False
    is_last: bool = False


class Archive:
    """One archive on its way to one reader."""

    def __init__(self, parts: Parts, caller: Identity, selected: Selection, shared: Shared) -> None:
        self._parts, self._caller, self._selected, self._shared = parts, caller, selected, shared
        self._names = SafeNames(common_root(selected.paths))
        self._steps: deque[_Step] = deque()
        self._loads = self._all_loads()
        self.ahead = LoadsAhead(LoadReader(shared), self._following, parts.settings.read_ahead_blocks)

    async def pieces(self) -> AsyncGenerator[bytes | Held[ManyLoad], None]:
        """The archive. Where a block cannot be read it breaks off, without the directory that would make it one."""
        with closing(Directory()) as directory:
            while held := await self.ahead.next():
                step = self._steps.popleft()
                entry = step.members[0].entry
                if step.is_first:
                    yield entry.head()
                data = await held.data()
                if entry.is_streamed:
                    entry.crc = await run_sync(_crc, data, entry.crc)
                yield held
                if entry.is_streamed and step.is_last:
                    yield entry.tail()
                if step.is_last:
                    for member in step.members:
                        directory.add(member.entry)
            for piece in directory.pieces():
                yield piece

    async def _following(self) -> ManyLoad | None:
        async for step, load in self._loads:
            self._steps.append(step)
            return load
        return None

    async def _all_loads(self) -> AsyncIterator[tuple[_Step, ManyLoad]]:
        gathered: list[_Member] = []
        size = 0
        async for member in self._members():
            # What a thread reads is in memory with its head and all else that is known of it.
            room = member.entry.size + len(member.entry.name) * 4 + _MEMBER_BYTES
            if gathered and (member.entry.is_streamed or size + room > LOAD_BYTES):
                yield self._together(gathered, size)
                gathered, size = [], 0
            if member.entry.is_streamed:
                async for one in self._streamed(member):
                    yield one
            else:
                gathered.append(member)
                size += room
        if gathered:
            yield self._together(gathered, size)

    async def _streamed(self, member: _Member) -> AsyncIterator[tuple[_Step, ManyLoad]]:
        source, index, count = member.source, 0, member.version.num_chunks
        while source is not None and index < count:
            page = await source.page(index)
            if not page:
                raise FileNotFound(f"{member.version.path} was removed for good meanwhile.")
            for chunk in page:
                step = _Step([member], is_first=index == 0, is_last=index == count - 1)
                yield step, ManyLoad(chunk.size, partial(_one, source, chunk))
                index += 1

    async def _members(self) -> AsyncIterator[_Member]:
        files = self._parts.catalogue.files
        async for page in self._pages():
            small = [one.content for one in page if one.content and one.num_chunks and _is_small(one)]
            chunks = await run_sync(files.chunks_of, small) if small else {}
            for version in page:
                entry = self._entry(version)
                if version.path.endswith("/") or version.content is None:
                    yield _Member(entry, version, None)
                    continue
                source = Source(version, self._parts.catalogue, self._parts.store, self._shared)
                found = chunks.get(version.content, ())
                if not entry.is_streamed and len(found) != version.num_chunks:
                    raise FileNotFound(f"{version.path} was removed for good meanwhile.")
                yield _Member(entry, version, source, found)

    def _together(self, members: Sequence[_Member], size: int) -> tuple[_Step, ManyLoad]:
        def read() -> Pieces:
            found = together(self._parts.store, [chunk for member in members for chunk in member.chunks])
            return [member.whole(found) for member in members]

        return _Step(members, is_last=True), ManyLoad(size, read)

    async def _pages(self) -> AsyncIterator[Sequence[FileVersion]]:
        files = {file.path: file for file in self._selected.files}
        for path in self._selected.paths:
            if path in files:
                yield [files[path]]
                continue
            after: str | None = None
            while True:
                query = ListQuery(path, after=after, limit=PAGE_FILES)
                page = await run_sync(self._parts.catalogue.files.list, self._caller, self._selected.bucket, query)
                yield page.items
                if page.next_key is None:
                    break
                after = page.next_key

    def _entry(self, version: FileVersion) -> Entry:
        is_folder = version.path.endswith("/")
        mode = stat.S_IFDIR | 0o755 if is_folder else stat.S_IFREG | (0o755 if version.executable else 0o644)
        return Entry(
            self._names.name(version.path),
            0 if is_folder else version.size,
            mode,
            version.modified_at or version.created_at,
            is_streamed=not is_folder and not _is_small(version),
        )


def _is_small(version: FileVersion) -> bool:
    return version.size <= LOAD_BYTES // 2 and version.num_chunks <= PAGE_CHUNKS // 64


def _crc(data: Pieces, crc: int) -> int:
    for piece in data:
        crc = zlib.crc32(piece, crc)
    return crc


def _one(source: Source, chunk: StoredChunk) -> Pieces:
    return [source.read_now(chunk)]


def archive_name(selected: Selection, title: str) -> str:
    """What a browser saves it as."""
    paths = selected.paths
    only = paths[0].removesuffix("/").rpartition("/")[2] if len(paths) == 1 else ""
    return f"{only or title}.zip"
