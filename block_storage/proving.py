"""Reading back what lies in the copies of a disk store, and making every copy right again from one that is."""

import errno
import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

from block_storage.checksums import is_right_sha256
from block_storage.name_guard import NameGuard
from block_storage.proof_notes import CODEC_UNKNOWN, Copy, Look, proof
from block_storage.root_folder import RootFolder
from block_storage.seam import Proof
from foundation.blocks import BlockName
from foundation.problems import Problem

_THREADS = 4  # Each has two blocks in memory at most: one that is right, one that is looked at.
# What says something of this file. Others, as too many open files, say something of the moment.
_REFUSED = {
    errno.EIO,
    errno.ENODATA,  # A medium error, as some file systems say it.
    errno.EBADMSG,
    errno.EUCLEAN,
    errno.EREMOTEIO,
    errno.EACCES,
    errno.EPERM,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENXIO,
}

_log = logging.getLogger(__name__)


class Prover:
    """Thread-safe; several may be at work on one name, one after the other where something is to be written."""

    def __init__(self, roots: Sequence[RootFolder], names: NameGuard, forget: Callable[[str], None]) -> None:
        """`forget` is told of each name that no copy has any more."""
        self._roots, self._names, self._forget = roots, names, forget
        self._threads = ThreadPoolExecutor(_THREADS, "prove")

    def prove(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Proof]:
        """As BlockStore.prove."""
        order = [name for name, _ in names]
        return dict(zip(order, self._threads.map(self._proved, order), strict=True))

    def _proved(self, name: BlockName) -> Proof:
        if name.codec is not None:
            return CODEC_UNKNOWN
        text = str(name)
        first = [self._look(root, name)[0] for root in self._roots]
        if Look.RIGHT in first and set(first) <= {Look.RIGHT, Look.AWAY}:
            return proof([Copy(look) for look in first])  # Nothing to write: while a disk is away, this is every block.
        with self._names.alone((text,)):
            copies = self._settled(name)
            if not {Look.RIGHT, Look.AWAY} & {copy.look for copy in copies}:
                self._set_aside(text, first, copies)
                return proof(copies, any(root.has_aside(text) for root in self._roots))
        return proof(copies)

    def mend(self, name: BlockName) -> Sequence[Copy]:
        """Write again each copy that is not right, from one that is. None is set aside."""
        with self._names.alone((str(name),)):
            return self._settled(name)

    def _settled(self, name: BlockName) -> Sequence[Copy]:
        """For whoever holds the name: a copy is written only while another is there, so what was erased does not come back."""
        right: bytes | None = None
        looks = []
        for root in self._roots:
            look, data = self._look(root, name)
            looks.append(look)
            right = right or data
        if right is None:
            return [Copy(look) for look in looks]
        return [self._written(root, look, name, right) for root, look in zip(self._roots, looks, strict=True)]

    def _look(self, root: RootFolder, name: BlockName) -> tuple[Look, bytes | None]:
        """With the bytes, if they are right."""
        try:
            data = root.read_past_cache(str(name))
        except OSError as error:
            _log.warning("a copy of the block %s in %s cannot be read: %s", name.id, root.path, error)
            return Look.UNREADABLE if error.errno in _REFUSED and root.is_readable() else Look.AWAY, None
        if data is not None and is_right_sha256(name, data):
            return Look.RIGHT, data
        # Judged after the look: a disk that went meanwhile has shown an empty folder.
        if not root.is_attached():
            return Look.AWAY, None
        return Look.ABSENT if data is None else Look.WRONG, None

    def _written(self, root: RootFolder, look: Look, name: BlockName, right: bytes) -> Copy:
        if look in {Look.RIGHT, Look.AWAY}:
            return Copy(look)
        text = str(name)
        try:
            root.write(text[:2], text, right)
        except Problem as problem:
            _log.warning("a bad copy of the block %s in %s stays: %s", name.id, root.path, problem)
            return Copy(look, problem=problem)
        _log.warning("a bad copy of the block %s in %s was rewritten", name.id, root.path)
        return Copy(look, is_mended=True)

    def _set_aside(self, text: str, first: Sequence[Look], copies: Sequence[Copy]) -> None:
        """The copies whose bytes were wrong both times: what was wrong once may be the wire's or the memory's doing."""
        kept = False
        for root, before, copy in zip(self._roots, first, copies, strict=True):
            if before is copy.look is Look.WRONG:
                try:
                    root.set_aside(text)
                except Problem as problem:
                    _log.warning("damaged bytes of a block stay where they are: %s", problem)
                    kept = True
            elif copy.look is not Look.ABSENT:
                kept = True
        if not kept:
            self._forget(text)

    def close(self) -> None:
        self._threads.shutdown()
