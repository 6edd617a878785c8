"""What a block store may raise; nothing else crosses this seam."""

from foundation.problems import NotFound, Problem, Unavailable


class BlockNotFound(NotFound):
    """No copy has bytes under this name."""

    slug, title = "block-not-found", "No such block"


class BlockCorrupt(Problem):
    """`put` was given bytes whose SHA-256 is not the name's. Nothing was stored."""

    slug, title, status = "block-corrupt", "These bytes are not that block", 422


class BlockDamaged(Problem):
    """Bytes are there, but no copy gives the right ones: damage on the way or at rest. Never served."""

    slug, title, status = "block-damaged", "A part of this file is damaged", 500


class CodecUnknown(Problem):
    """The name carries a codec that this version cannot read."""

    slug, title, status = "codec-unknown", "This block is stored in a form this version cannot read", 500


class StorageFull(Problem):
    """No room on the medium. Reads and deletes go on; puts work again once there is room."""

    slug, title, status = "storage-full", "The store is full", 507


class StorageFailed(Unavailable):
    """The medium refuses or does not answer (EIO, read-only, unmounted, network). What was asked is not done, or not known to be."""

    slug, title = "storage-failed", "The store does not take this at the moment"


class StoreInUse(Problem):
    """Another process has this folder open. Two writers on one folder would sweep each other's temporary files."""

    slug, title, status = "store-in-use", "Another process uses this store", 503
