"""Blocks as files: `<root>/ab/<name>`, 256 folders, one or more copies of everything."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from block_storage.checksums import corruption, is_right_sha256, is_right_xxh3, require_known_codec, require_right
from block_storage.copies import Copies
from block_storage.errors import BlockCorrupt, BlockDamaged, BlockNotFound, StorageFailed
from block_storage.meta_keys import flat_name, key_from
from block_storage.name_guard import NameGuard
from block_storage.name_index import NameIndex
from block_storage.proof_notes import Look
from block_storage.proving import Prover
from block_storage.root_folder import FOLDERS, INDEX, META, RootFolder
from block_storage.seam import Block, Presence, Proof, Wanted
from block_storage.together import right_ones
from foundation.blocks import BlockName

_META_BYTES = 1 << 40
_LEAST_GROUP = (
    4  # From here on two syncs of the file system cost less than two of each block, with a margin (decision 0006).
)

_log = logging.getLogger(__name__)


class FilesystemBlockStore:
    """A BlockStore in local folders, each a whole copy, for one process at a time."""

    def __init__(
        self, paths: Sequence[str], initialise: bool = False, *, least: int | None = None, is_read_only: bool = False
    ) -> None:
        """Open the copies in `paths`. A put succeeds with `least` copies, absent: with all; `mend` makes up for the others.

        `initialise` makes copies of folders that are empty or absent: for the first start, and to replace a lost copy.
        Without it such a folder is taken for a disk that is not mounted: reads go on from the other copies, puts are
        refused. `is_read_only` takes no lock and changes nothing, beside the process that has the store open. Raises
        StorageFailed if no folder is a copy, StoreInUse, ValueError for the same folder twice.
        """
        self._copies = Copies(paths, initialise, least, is_read_only)
        self._roots = self._copies.roots
        self._names = NameGuard()
        self._is_read_only = is_read_only
        # Never in a folder whose disk is not mounted. Without an index the folders themselves are read.
        first = None if is_read_only else self._copies.first
        self._index = NameIndex(f"{first.path}/{INDEX}", self._copies.were_clean) if first else None
        self._prover = Prover(self._roots, self._names, self._forget)

    def put(self, name: BlockName, data: bytes | bytearray | memoryview) -> None:
        require_right(name, data)
        self._write({str(name): data})

    def put_many(self, blocks: Sequence[tuple[BlockName, bytes | bytearray | memoryview]]) -> list[BlockCorrupt | None]:
        outcomes = [corruption(name, data) for name, data in blocks]
        right = {str(name): data for (name, data), problem in zip(blocks, outcomes, strict=True) if not problem}
        if len(right) >= _LEAST_GROUP and self._copies.takes_groups():
            self._write(right)
        else:
            for text, data in right.items():
                self._write({text: data})
        return outcomes

    def _write(self, blocks: Mapping[str, bytes | bytearray | memoryview]) -> None:
        with self._names.alone(blocks):
            self._copies.write(blocks)
        if self._index:
            self._index.add({text: len(data) for text, data in blocks.items()})

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
                    self._heal(name, data, bad + absent)
                return data
            else:
                bad.append(root)
        return self._nothing_right(name, bad, absent)

    def get_many(self, blocks: Collection[Wanted]) -> dict[BlockName, Block]:
        return right_ones(blocks, self.get)

    def _nothing_right(self, name: BlockName, bad: Collection[RootFolder], absent: Collection[RootFolder]) -> bytes:
        for root in (*bad, *absent):
            root.require_attached()  # StorageFailed: the copy that is not there may be the right one.
        if bad:
            folders = ", ".join(root.path for root in bad)
            raise BlockDamaged(f"The bytes of the block {name.id} are not the right ones in {folders}.")
        raise BlockNotFound(f"The block {name.id} is not in the store.")

    def _heal(self, name: BlockName, data: bytes, others: Collection[RootFolder]) -> None:
        # While a disk is away or read-only, each read may find a bad copy, and must not read all of them for nothing.
        if is_right_sha256(name, data) and any(root.is_writable() for root in others):
            self._prover.mend(name)

    def mend(self, name: BlockName) -> int:
        """Rewrite the copies that are absent or wrong from one that hashes right; how many. Raises as `get` and `put` do."""
        require_known_codec(name)
        copies = self._prover.mend(name)
        looks = [copy.look for copy in copies]
        if Look.RIGHT not in looks:
            self._nothing_right(name, self._where(looks, Look.WRONG, Look.UNREADABLE), self._roots)
        for root in self._where(looks, Look.AWAY):
            root.require_attached()
        for copy in copies:
            if copy.problem:
                raise copy.problem
        return sum(copy.is_mended for copy in copies)

    def _where(self, looks: Sequence[Look], *those: Look) -> Sequence[RootFolder]:
        return [root for root, look in zip(self._roots, looks, strict=True) if look in those]

    def uneven(self, names: Collection[BlockName]) -> Sequence[BlockName]:
        """Those of `names` that a copy lacks, cannot tell of, or has in another size. Raises StorageFailed while a copy is not there."""
        texts = [str(name) for name in names]
        sizes = [[_size(root, text) for text in texts] for root in self._roots]
        # Judged after the looks: a disk that went meanwhile has shown an empty folder.
        for root in self._roots:
            root.require_attached()
        return [name for name, *found in zip(names, *sizes, strict=True) if len(set(found)) > 1]

    def replace_copy(self, path: str) -> None:
        """Make the empty folder `path`, in the place of a lost one, a copy again, with the values of meta/; `mend` brings the blocks.

        Raises ValueError where it is no folder of this store, or none that is lost; StorageFailed if anything lies in it.
        """
        self._copies.replace(path)
        for key in list(self.list_meta()):
            self.replace_meta(key, self.read_meta(key))

    @property
    def has_copies(self) -> bool:
        """More than one: there is something to mend."""
        return len(self._roots) > 1

    def check(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Presence]:
        looks = [[_look(root, str(name), size) for name, size in names] for root in self._roots]
        # Judged after the looks: a disk that went meanwhile has shown an empty folder.
        for number, root in enumerate(self._roots):
            if not root.is_attached():
                looks[number] = [Presence.UNKNOWN] * len(names)
        return {name: _summed_up([look[number] for look in looks]) for number, (name, _) in enumerate(names)}

    def prove(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Proof]:
        return self._prover.prove(names)

    def delete(self, names: Collection[BlockName]) -> None:
        texts = [str(name) for name in names]
        with self._names.alone(texts):
            self._copies.on_every(lambda root: root.erase(texts))
        self._forget(*texts)

    def _forget(self, *texts: str) -> None:
        if self._index:
            self._index.remove(texts)

    def list(self, after: BlockName | None = None, limit: int = 1000) -> list[BlockName]:
        start = str(after) if after else ""
        return [BlockName.parse(text) for text in self._texts(start, limit)]

    def _texts(self, after: str, limit: int) -> Sequence[str]:
        if self._index:
            try:
                return self._index.page(after, limit, self._found())
            except StorageFailed as problem:
                _log.warning("listing from the folders: %s", problem)
        return self._page(after, limit)

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
            self._copies.on_every(lambda root: root.write(META, flat, data))

    def list_meta(self, prefix: str = "") -> Iterator[str]:
        for root in self._roots:
            root.require_attached()
        keys = {key_from(flat) for root in self._roots for flat, _ in root.entries(META)}
        yield from sorted(key for key in keys if key and key.startswith(prefix))

    def delete_meta(self, key: str) -> None:
        flat = flat_name(key)
        with self._names.alone((flat,)):
            self._copies.on_every(lambda root: root.erase((flat,), META))

    def ready(self) -> None:
        self._copies.require_writable()

    def copies(self) -> Mapping[str, Callable[[], None]]:
        """A `ready` of each copy by itself, by the name that people know it by: "copy 1", … None where there is only one."""
        if len(self._roots) == 1:
            return {}
        return {f"copy {number}": root.require_writable for number, root in enumerate(self._roots, 1)}

    def close(self) -> None:
        self._prover.close()
        if self._index:
            self._index.close()
        self._copies.close()


def _is_name(text: str, folder: str) -> bool:
    try:
        BlockName.parse(text)
    except ValueError:
        return False
    return text.startswith(folder)


def _size(root: RootFolder, text: str) -> int | None:
    """None: it is not there. -1: that cannot be told."""
    try:
        return root.size(text[:2], text)
    except OSError:
        return -1


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
