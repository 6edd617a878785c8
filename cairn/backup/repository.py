"""A backup's objects in their vault: what it says of itself, snapshots, rows, blocks (docs/format.md)."""

import json
import os
import zlib
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from block_storage import BlockNotFound, Vault
from cairn.backup import snapshot as snapshots
from cairn.backup.sealing import Open, Sealed, Sealing
from cairn.backup.snapshot import Rows, Snapshot
from cairn.errors import BackupDamaged, BackupForeign, BackupKeyWrong, BackupNotFound, BackupTooNew
from foundation.blocks import BlockId

MARK = "cairn-backup"
FORMAT = 1
SHARDS = tuple(f"{number:02x}" for number in range(256))
_CHECK = b"cairn backup"
_LEVEL = 3
# A page is PAGE_BYTES and one row; what grows beyond this was written by somebody else.
_MAX_ROWS_BYTES = 64 * 1024 * 1024
# What file systems make by themselves is nobody's.
_OF_NOBODY = frozenset({"lost+found"})


class Repository:
    """Thread-safe."""

    def __init__(self, vault: Vault, sealing: Sealing) -> None:
        self.vault, self._sealing = vault, sealing

    def name(self, block: BlockId) -> str:
        """What the block is called here, 64 hex digits; the first two are its shard."""
        return self._sealing.name(block)

    def stored_size(self, size: int) -> int:
        """How long the object of a block of `size` bytes is."""
        return size + self._sealing.overhead

    def blocks_in(self, shard: str) -> dict[str, int]:
        """Name and size of each object."""
        return {key.rpartition("/")[2]: size for key, size in self.vault.keys(f"blocks/{shard}")}

    def put_block(self, block: BlockId, data: bytes) -> None:
        key = _block_key(self.name(block))
        self.vault.write(key, self._sealing.closed(key, data))

    def block(self, block: BlockId) -> bytes:
        """Its bytes, hashed. Raises BackupDamaged."""
        key = _block_key(self.name(block))
        data = self._object(key)
        if BlockId.of(data) != block:
            raise BackupDamaged(f"{key} of the backup does not hold the bytes of the block {block}.")
        return data

    def put_rows(self, snapshot: str, number: int, packed: bytes) -> None:
        """`packed`: by `packed_rows`."""
        key = _rows_key(snapshot, number)
        self.vault.write(key, self._sealing.closed(key, packed))

    def rows(self, snapshot: Snapshot, number: int) -> tuple[Rows, bytes]:
        """What the object holds and its text. Raises BackupDamaged."""
        key, said = _rows_key(snapshot.id, number), snapshot.rows[number]
        unpacker = zlib.decompressobj()
        try:
            text = unpacker.decompress(self._object(key), _MAX_ROWS_BYTES)
        except zlib.error as error:
            raise BackupDamaged(f"{key} of the backup, rows of {said.table}, cannot be read.") from error
        if sha256(text).hexdigest() != said.sha256:
            raise BackupDamaged(f"{key} of the backup, rows of {said.table}, are not those that were written.")
        return said, text

    def publish(self, snapshot: Snapshot) -> None:
        """From now on the snapshot is listed. All that it names is durable before."""
        self.vault.settle()
        key = _snapshot_key(snapshot.id)
        self.vault.write(key, self._sealing.closed(key, snapshots.written(snapshot)))
        self.vault.settle()

    def ids(self) -> list[str]:
        """Of all snapshots, oldest first."""
        return _ids(self.vault)

    def snapshot(self, id: str | None) -> Snapshot:
        """The newest without an id. Raises BackupNotFound, BackupDamaged, BackupTooNew."""
        ids = self.ids()
        if id is None and ids:
            id = ids[-1]
        if id is None or id not in ids:
            raise BackupNotFound(f"The backup has no snapshot {id}." if id else "The backup has no snapshot yet.")
        key = _snapshot_key(id)
        return snapshots.read(key, id, self._object(key))

    def drop(self, id: str) -> None:
        """It is not listed any more; its rows go with `drop_rows`."""
        self.vault.erase([_snapshot_key(id)])

    def drop_rows(self, id: str) -> None:
        self.vault.erase([key for key, _ in self.vault.keys(f"rows/{id}")])

    def drop_blocks(self, shard: str, names: Sequence[str]) -> None:
        """And what writes that were cut off have left beside them."""
        self.vault.erase([_block_key(name) for name in names])
        self.vault.sweep(f"blocks/{shard}")

    def _object(self, key: str) -> bytes:
        try:
            return self._sealing.opened(key, self.vault.read(key))
        except BlockNotFound as error:
            raise BackupDamaged(f"{key} of the backup is not there.") from error


def _ids(vault: Vault) -> list[str]:
    """What is called otherwise, as what a copying tool or a file manager leaves, is no snapshot."""
    return [id for key, _ in vault.keys("snapshots") if snapshots.is_id(id := key.rpartition("/")[2])]


def packed_rows(text: bytes) -> bytes:
    return zlib.compress(text, _LEVEL)


def make_repository(vault: Vault, secret: bytes | None) -> Repository:
    """A new backup in an empty vault, encrypted with a secret; the one that is there is opened. Raises BackupForeign, BackupKeyWrong."""
    if _mark(vault) is None:
        names = [*(key for key, _ in vault.keys("")), *vault.folders("")]
        if found := next((name for name in names if name not in _OF_NOBODY), None):
            raise BackupForeign(f"The place is not empty ({found}), and no backup of Cairn's: give it one of its own.")
        salt = os.urandom(16)
        mark: dict[str, object] = {"format": FORMAT, "id": str(uuid4()), "encrypted": secret is not None}
        if secret is not None:
            mark |= {"salt": salt.hex(), "check": Sealed(secret, salt).closed(MARK, _CHECK).hex()}
        vault.write(MARK, json.dumps(mark).encode() + b"\n")
        vault.settle()
    return open_repository(vault, secret)


def open_repository(vault: Vault, secret: bytes | None) -> Repository:
    """Raises BackupNotFound, BackupForeign, BackupTooNew, BackupKeyWrong."""
    mark = _mark(vault)
    if mark is None:
        raise BackupNotFound("There is no backup. `cairn backup create --new` begins one; is the disk mounted?")
    if mark["format"] != FORMAT:
        raise BackupTooNew(f"The backup is of format {mark['format']}; this version knows {FORMAT}.")
    return Repository(vault, _sealing(mark, secret))


def newest_moment(vault: Vault) -> datetime | None:
    """When the newest snapshot was taken, also of an encrypted backup and without its key. Raises BackupNotFound, BackupForeign."""
    if _mark(vault) is None:
        raise BackupNotFound("There is no backup. `cairn backup create --new` begins one; is the disk mounted?")
    newest = max(_ids(vault), default=None)
    return snapshots.moment_of(newest) if newest else None


def _sealing(mark: dict[str, object], secret: bytes | None) -> Sealing:
    if not mark["encrypted"]:
        if secret is not None:
            raise BackupKeyWrong("This backup is not encrypted: leave CAIRN_BACKUP_KEY out, or begin another backup.")
        return Open()
    if secret is None:
        raise BackupKeyWrong("This backup is encrypted: set CAIRN_BACKUP_KEY or CAIRN_BACKUP_KEY_FILE.")
    try:
        salt, check = (bytes.fromhex(str(mark[name])) for name in ("salt", "check"))
    except (KeyError, ValueError) as error:
        raise BackupForeign(f"{MARK} is not the mark of a backup that this version can read.") from error
    sealed = Sealed(secret, salt)
    try:
        sealed.opened(MARK, check)
    except BackupDamaged:
        raise BackupKeyWrong("CAIRN_BACKUP_KEY is not the key of this backup.") from None
    return sealed


def _mark(vault: Vault) -> dict[str, object] | None:
    try:
        data = vault.read(MARK)
    except BlockNotFound:
        return None
    try:
        mark: dict[str, object] = json.loads(data)
        return {"format": mark["format"], "encrypted": mark["encrypted"], **mark}
    except (ValueError, KeyError, TypeError) as error:
        raise BackupForeign(f"{MARK} is not the mark of a backup that this version can read.") from error


def _block_key(name: str) -> str:
    return f"blocks/{name[:2]}/{name}"


def _rows_key(snapshot: str, number: int) -> str:
    return f"rows/{snapshot}/{number:06d}"


def _snapshot_key(id: str) -> str:
    return f"snapshots/{id}"
