"""The copies of a disk store: opened, acted on and closed together."""

import logging
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from block_storage.errors import StorageFailed
from block_storage.root_folder import RootFolder, make_root
from block_storage.root_marker import store_id_in
from foundation.problems import Problem

_THREADS_PER_COPY = 8

_log = logging.getLogger(__name__)


class Copies:
    """`roots`, in the order they are read. Thread-safe."""

    def __init__(self, paths: Sequence[str], initialise: bool, least: int | None, is_read_only: bool) -> None:
        """Raises as FilesystemBlockStore does."""
        if len({os.path.realpath(path) for path in paths}) != len(paths):
            raise ValueError("each copy needs a folder of its own")
        self._least = len(paths) if least is None else least
        if not 1 <= self._least <= len(paths):
            raise ValueError(f"least={least}, but {len(paths)} folders are named")
        self._has_missed = False  # Has a copy missed anything?
        self._store_id = _store_id(paths, initialise)
        self.roots = [RootFolder(path, self._store_id, is_read_only) for path in paths]
        self._threads = ThreadPoolExecutor(_THREADS_PER_COPY * len(paths), "copies") if len(paths) > 1 else None
        try:
            were_clean = [self._attached(root) for root in self.roots]
        except BaseException:
            self.close()
            raise
        self.were_clean = all(were_clean)
        self.is_whole = None not in were_clean
        self.first = next((root for root, was in zip(self.roots, were_clean, strict=True) if was is not None), None)

    def _attached(self, root: RootFolder) -> bool | None:
        """Was it closed cleanly? None: it is not there."""
        try:
            return root.attach()
        except StorageFailed as problem:
            if len(self.roots) == 1:
                raise
            outlook = "blocks have fewer copies" if self._least < len(self.roots) else "nothing can be stored"
            advice = (
                "mount its disk again, or replace it: docs/operations.md#a-disk-of-a-store-with-several-copies-is-lost"
            )
            _log.error(
                "a copy of the store is not there, %s until it is: %s", outlook, problem, extra={"advice": advice}
            )
            self._has_missed = True
            return None

    def replace(self, path: str) -> None:
        """Make the empty folder `path`, one of ours, a copy again. Raises ValueError, StorageFailed where it must not be one."""
        root = next((root for root in self.roots if root.path == path), None)
        if root is None:
            raise ValueError(f"{path} is none of the store's folders: {', '.join(root.path for root in self.roots)}")
        if root.is_attached():
            raise ValueError(f"{path} is a copy of the store already")
        if not Path(path).is_dir():
            raise ValueError(f"{path} is no folder: make it, or mount the disk that it is to lie on")
        make_root(path, self._store_id)
        root.attach()

    def require_writable(self) -> None:
        """Raises StorageFailed where a put would."""
        self.on_every(lambda root: root.require_writable(), self._least)

    def takes_groups(self) -> bool:
        return all(root.takes_groups for root in self.roots)

    def write(self, blocks: Mapping[str, bytes | bytearray | memoryview]) -> None:
        """On every copy, or on none that had it not: one block by itself, several as a group."""
        had = [(root, text) for root in self.roots for text in blocks if has(root, text)] if self._threads else []
        try:
            self.on_every(lambda root: _write(root, blocks), self._least)
        except Problem:
            self._take_back(blocks, had)
            raise

    def on_every(self, act: Callable[[RootFolder], None], least: int | None = None) -> None:
        """All at once. Raises the first problem once every root has come to an end, unless `least` of them did it."""
        if self._threads is None:
            return act(self.roots[0])
        running = [self._threads.submit(act, root) for root in self.roots[1:]]
        problems: list[BaseException | None] = []
        try:
            act(self.roots[0])
        except Problem as problem:
            problems.append(problem)
        problems += [future.exception() for future in running]
        found = [problem for problem in problems if problem]
        if not found:
            return None
        is_enough = least is not None and len(self.roots) - len(found) >= least
        if not is_enough or not all(isinstance(problem, Problem) for problem in found):
            raise found[0]
        self._has_missed = True
        _log.warning("done in fewer copies than the store has, to be repaired: %s", found[0])
        return None

    def _take_back(self, texts: Iterable[str], had: Collection[tuple[RootFolder, str]]) -> None:
        """What a failed write made visible on the other copies goes; a copy that had the name before keeps it."""
        if self._threads is None:
            return
        for root in self.roots:
            try:
                root.erase([text for text in texts if (root, text) not in had])
            except Problem as problem:
                _log.warning("a copy of a refused block may be left over: %s", problem)

    def close(self) -> None:
        if self._threads:
            self._threads.shutdown()
        for root in self.roots:
            # What a copy that was away has missed is in no index: the next start reads the folders.
            root.close(is_clean=not self._has_missed)


def has(root: RootFolder, text: str) -> bool:
    """Does anything lie under this name, as far as it can be told?"""
    try:
        return root.size(text[:2], text) is not None
    except OSError:
        return True


def _write(root: RootFolder, blocks: Mapping[str, bytes | bytearray | memoryview]) -> None:
    if len(blocks) > 1:
        return root.write_group(blocks)
    for text, data in blocks.items():
        root.write(text[:2], text, data)
    return None


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
