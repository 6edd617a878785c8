"""Blocks as files: `<root>/ab/<name>`, 256 folders, one or more copies of everything."""

import logging
import os
import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from block_storage.checksums import is_right_sha256, is_right_xxh3, require_known_codec, require_right
from block_storage.errors import BlockDamaged, BlockNotFound, StorageFailed
from block_storage.meta_keys import flat_name, key_from
from block_storage.name_guard import NameGuard
from block_storage.name_index import NameIndex
from block_storage.root_folder import FOLDERS, INDEX, META, RootFolder, make_root
from block_storage.root_marker import store_id_in
from block_storage.seam import Presence
from foundation.blocks import BlockName
from foundation.problems import Problem

_META_BYTES = 1 << 40
_THREADS_PER_COPY = 8

_log = logging.getLogger(__name__)


class FilesystemBlockStore:
    """A BlockStore in local folders, each a whole copy, for one process at a time."""

    def __init__(self, paths: Sequence[str], initialise: bool = False) -> None:
        """Open the copies in `paths`.

        `initialise` makes copies of folders that are empty or absent: for the first start, and to replace a lost copy.
        Without it such a folder is taken for a disk that is not mounted: reads go on from the other copies, puts are
        refused. Raises StorageFailed if no folder is a copy, StoreInUse, ValueError for the same folder twice.
        """
        if len({os.path.realpath(path) for path in paths}) != len(paths):
            raise ValueError("each copy needs a folder of its own")
        store_id = _store_id(paths, initialise)
        self._roots = [RootFolder(path, store_id) for path in paths]
        self._names = NameGuard()
        self._threads = ThreadPoolExecutor(_THREADS_PER_COPY * len(paths), "copies") if len(paths) > 1 else None
        try:
            were_clean = [self._attached(root) for root in self._roots]
        except BaseException:
            self._release()
            raise
        self._index = NameIndex(f"{paths[0]}/{INDEX}", all(were_clean))

    def _attached(self, root: RootFolder) -> bool:
        try:
            return root.attach()
        except StorageFailed as problem:
            if len(self._roots) == 1:
                raise
            _log.error("a copy of the store is not there, nothing can be stored until it is: %s", problem)
            return False

    def put(self, name: BlockName, data: bytes | bytearray | memoryview) -> None:
        require_right(name, data)
        text = str(name)
        with self._names.alone((text,)):
            had = [root for root in self._roots if _has(root, text)] if self._threads else []
            try:
                self._on_every_root(lambda root: root.write(text[:2], text, data))
            except Problem:
                self._take_back(text, had)
                raise
        self._index.add(text, len(data))

    def _on_every_root(self, act: Callable[[RootFolder], None]) -> None:
        """All at once. Raises the first problem once every root has come to an end."""
        if self._threads is None:
            return act(self._roots[0])
        running = [self._threads.submit(act, root) for root in self._roots[1:]]
        problems: list[BaseException | None] = []
        try:
            act(self._roots[0])
        except Problem as problem:
            problems.append(problem)
        problems += [future.exception() for future in running]
        for found in problems:
            if found:
                raise found
        return None

    def _take_back(self, text: str, had: Collection[RootFolder]) -> None:
        """What a failed put made visible on the other copies goes; a copy that had the name before keeps it."""
        for root in self._roots:
            if self._threads and root not in had:
                try:
                    root.erase(text[:2], (text,))
                except Problem as problem:
                    _log.warning("a copy of a refused block may be left over: %s", problem)

    def get(self, name: BlockName, xxh3: int) -> bytes:
        require_known_codec(name)
        text = str(name)
        bad: list[RootFolder] = []
        absent: list[RootFolder] = []
        for root in self._roots:
            try:
                data = root.read(text[:2], text)
            except OSError as error:
                _log.warning("a copy of a block in %s cannot be read: %s", root.path, error)
                bad.append(root)
                continue
            if data is None:
                absent.append(root)
            elif is_right_xxh3(data, xxh3):
                if bad or absent:
                    self._heal(name, data, root, bad + absent)
                return data
            else:
                bad.append(root)
        return self._nothing_right(name, bad, absent)

    def _nothing_right(self, name: BlockName, bad: Collection[RootFolder], absent: Collection[RootFolder]) -> bytes:
        for root in (*bad, *absent):
            root.require_attached()  # StorageFailed: the copy that is not there may be the right one.
        if bad:
            folders = ", ".join(root.path for root in bad)
            raise BlockDamaged(f"The bytes of the block {name.id} are not the right ones in {folders}.")
        raise BlockNotFound(f"The block {name.id} is not in the store.")

    def _heal(self, name: BlockName, data: bytes, source: RootFolder, others: Collection[RootFolder]) -> None:
        if not is_right_sha256(name, data):
            return
        text = str(name)
        with self._names.alone((text,)):
            if not _has(source, text):
                return  # Erased meanwhile: a copy must not come back.
            for root in others:
                try:
                    root.write(text[:2], text, data)
                    _log.warning("a bad copy of the block %s in %s was rewritten", name.id, root.path)
                except Problem as problem:
                    _log.warning("a bad copy of the block %s stays: %s", name.id, problem)

    def check(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Presence]:
        looks = [[_look(root, str(name), size) for name, size in names] for root in self._roots]
        # Judged after the looks: a disk that went meanwhile has shown an empty folder.
        for number, root in enumerate(self._roots):
            if not root.is_attached():
                looks[number] = [Presence.UNKNOWN] * len(names)
        return {name: _summed_up([look[number] for look in looks]) for number, (name, _) in enumerate(names)}

    def delete(self, names: Collection[BlockName]) -> None:
        texts = [str(name) for name in names]
        folders: defaultdict[str, list[str]] = defaultdict(list)
        for text in texts:
            folders[text[:2]].append(text)

        def erase(root: RootFolder) -> None:
            for folder, inside in folders.items():
                root.erase(folder, inside)

        with self._names.alone(texts):
            self._on_every_root(erase)
        self._index.remove(texts)

    def list(self, after: BlockName | None = None, limit: int = 1000) -> list[BlockName]:
        start = str(after) if after else ""
        try:
            texts: Sequence[str] = self._index.page(start, limit, self._found())
        except StorageFailed as problem:
            _log.warning("listing from the folders: %s", problem)
            texts = self._page(start, limit)
        return [BlockName.parse(text) for text in texts]

    def _page(self, after: str, limit: int) -> Sequence[str]:
        names = []
        for folder in FOLDERS:
            if folder >= after[:2]:
                names += sorted(text for text in self._found_in(folder) if text > after)
            if len(names) >= limit:
                break
        return names[:limit]

    def _found(self) -> Iterator[tuple[str, int]]:
        for folder in FOLDERS:
            yield from self._found_in(folder).items()

    def _found_in(self, folder: str) -> dict[str, int]:
        """Name and size of what any copy has."""
        found: dict[str, int] = {}
        for root in self._roots:
            found.update((text, size) for text, size in root.entries(folder) if _is_name(text, folder))
        return found

    def read_meta(self, key: str) -> bytes:
        flat = flat_name(key)
        failure: OSError | None = None
        for root in self._roots:
            try:
                data = root.read(META, flat, _META_BYTES)
            except OSError as error:
                failure = error
                continue
            if data is not None:
                return data
        for root in self._roots:
            root.require_attached()
        if failure:
            raise StorageFailed(f"meta/{key} cannot be read: {failure.strerror}.")
        raise BlockNotFound(f"The store has nothing under meta/{key}.")

    def replace_meta(self, key: str, data: bytes) -> None:
        flat = flat_name(key)
        with self._names.alone((flat,)):
            self._on_every_root(lambda root: root.write(META, flat, data))

    def list_meta(self, prefix: str = "") -> Iterator[str]:
        for root in self._roots:
            root.require_attached()
        keys = {key_from(flat) for root in self._roots for flat, _ in root.entries(META)}
        yield from sorted(key for key in keys if key and key.startswith(prefix))

    def delete_meta(self, key: str) -> None:
        flat = flat_name(key)
        with self._names.alone((flat,)):
            self._on_every_root(lambda root: root.erase(META, (flat,)))

    def ready(self) -> None:
        for root in self._roots:
            root.require_writable()

    def close(self) -> None:
        self._index.close()
        self._release()

    def _release(self) -> None:
        if self._threads:
            self._threads.shutdown()
        for root in self._roots:
            root.close()


def _store_id(paths: Sequence[str], initialise: bool) -> str:
    """The id that the copies share, after making those that may be made."""
    found = {path: _id_in(path, may_fail=len(paths) > 1) for path in paths}
    ids = {id for id in found.values() if id}
    if len(ids) > 1:
        raise StorageFailed(f"{', '.join(paths)} are copies of different stores.")
    if not ids and not initialise:
        raise StorageFailed(f"{', '.join(paths)} holds no store. If a disk should be mounted there, mount it.")
    store_id = ids.pop() if ids else secrets.token_hex(16)
    for path, id in found.items():
        if id is None and initialise:
            make_root(path, store_id)
    return store_id


def _id_in(path: str, may_fail: bool) -> str | None:
    try:
        return store_id_in(path)
    except StorageFailed:
        if not may_fail:
            raise
        return ""


def _is_name(text: str, folder: str) -> bool:
    try:
        BlockName.parse(text)
    except ValueError:
        return False
    return text.startswith(folder)


def _has(root: RootFolder, text: str) -> bool:
    try:
        return root.size(text[:2], text) is not None
    except OSError:
        return True


def _look(root: RootFolder, text: str, size: int) -> Presence:
    try:
        found = root.size(text[:2], text)
    except OSError:
        return Presence.UNKNOWN
    if found is None:
        return Presence.MISSING
    return Presence.PRESENT if found == size else Presence.WRONG_SIZE


def _summed_up(looks: Collection[Presence]) -> Presence:
    """What the looks at every copy of one name come to."""
    kinds = set(looks)
    if Presence.PRESENT in kinds:
        return Presence.PRESENT if len(kinds) == 1 else Presence.DEGRADED
    for presence in (Presence.UNKNOWN, Presence.WRONG_SIZE):
        if presence in kinds:
            return presence
    return Presence.MISSING
