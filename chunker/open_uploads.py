"""What never changes of the uploads in use, so that a block costs no question to the catalogue but its registration."""

from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID

from anyio.to_thread import run_sync

from chunker.cutting import FIXED_BYTES
from foundation.authorization import Action, Facts, require
from foundation.blocks import MAX_BLOCK_BYTES, BlockId, Chunking
from foundation.identity import Identity
from metadata import Upload, UploadEnded, UploadNotFound, Uploads, UploadState

REMEMBERED_UPLOADS = 256
REMEMBERED_BLOCKS = 1024


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """`recent`: blocks that this process has just registered for it; a hint, asked about again before anybody is told."""

    id: UUID
    owner: UUID
    writer: int
    largest_block: int
    bucket: UUID | None
    recent: OrderedDict[BlockId, None] = field(default_factory=OrderedDict, compare=False)

    def remember(self, id: BlockId) -> None:
        self.recent[id] = None
        if len(self.recent) > REMEMBERED_BLOCKS:
            self.recent.popitem(last=False)


class OpenUploads:
    """Owner and writer of an upload never change; whether it is still open is judged by every registration."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads
        self._known: OrderedDict[UUID, OpenUpload] = OrderedDict()

    async def find(self, caller: Identity, id: UUID) -> OpenUpload:
        """Raises UploadNotFound, also for somebody else's, and UploadEnded."""
        known = self._known.get(id)
        if known is None:
            known = self.add(await run_sync(self._uploads.get, caller, id))
        require(caller, Action.USE_UPLOAD, Facts(owner=known.owner), hidden=UploadNotFound)
        self._known.move_to_end(id)
        return known

    def add(self, upload: Upload) -> OpenUpload:
        if upload.state is not UploadState.OPEN:
            raise UploadEnded(f"This upload is {upload.state}. Open another.", state=upload.state)
        known = OpenUpload(upload.id, upload.owner, upload.writer, largest_block(upload.chunking), upload.bucket_id)
        self._known[upload.id] = known
        if len(self._known) > REMEMBERED_UPLOADS:
            self._known.popitem(last=False)
        return known

    def bucket_of(self, id: UUID) -> UUID | None:
        """Of an upload in use; None for one that this process does not know."""
        known = self._known.get(id)
        return known.bucket if known else None

    def forget(self, id: UUID) -> None:
        self._known.pop(id, None)


def largest_block(chunking: Chunking | None) -> int:
    """Bytes of the largest block of a bucket; an upload for batches may serve any bucket, whose rule its commit applies."""
    return FIXED_BYTES if chunking is Chunking.FIXED else MAX_BLOCK_BYTES
