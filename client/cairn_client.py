"""A Cairn server as a Python object: buckets, files and their bytes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Self

from client.addresses import check_path
from client.batches import upload_many
from client.buckets import Buckets
from client.changes import Changes
from client.checks import BucketCheck, EventsCheck, check_files
from client.connection import Connection
from client.content import read_in_order
from client.crew import Crew
from client.download import Downloaded, Wanted, download_file
from client.figures import Figures
from client.folders import CopyReport, download_files, upload_files, wanted_below
from client.healing import Healer, Healing
from client.local_files import Unusual, local_file, walk
from client.model import Committed, Refused, RemoteFile, Verified
from client.progress import Progress, Silent
from client.settings import ClientSettings
from client.sync_status import SyncStatus
from client.token_source import FixedToken, TokenSource
from client.upload import upload_file
from client.verify import verify
from foundation.blocks import BlockId

SILENT = Silent()


def _unheard(_unusual: Unusual) -> None:
    pass


class CairnClient(Buckets, Changes, Figures, SyncStatus):
    """The server at `url`, as the owner of `token` sees it. Thread-safe. Close it, or use it in a `with`.

    `bucket` is a bucket's name or id, `path` a file's path in it, without a leading `/`. Every method raises
    foundation.problems.Problem: the server's own, told apart by `slug`, or one of client.errors. Calls that may be
    repeated are, for as long as `settings.retry` says. Bytes are hashed on both ends; wrong ones are never returned.
    """

    def __init__(self, url: str, token: str | TokenSource, settings: ClientSettings | None = None) -> None:
        settings = settings or ClientSettings()
        connection = Connection(url, FixedToken(token) if isinstance(token, str) else token, settings)
        super().__init__(connection)
        self.url = connection.url
        self._crew = Crew(connection, settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._crew.close()

    def upload_file(self, local: Path, bucket: str, path: str, progress: Progress = SILENT) -> Committed:
        """Publish the local file as the new version at `path`. The bucket must exist. Only blocks that are new travel.

        Again after a death at any point, it sends only what had not arrived. Raises LocalFileChanged,
        LocalFileUnreadable.
        """
        file = local_file(local, check_path(path))
        progress.expect(1, file.stamp.size if file.stamp else 0)
        return upload_file(self._crew, self.bucket(bucket), file, progress)

    def upload_many(
        self, bucket: str, files: Iterable[tuple[Path, str]], progress: Progress = SILENT
    ) -> Iterator[Committed | Refused]:
        """Publish local files at their paths, small ones in groups; in no particular order.

        What is refused is told, not raised, but for a file that is not there at all: LocalFileUnreadable.
        """
        return upload_many(
            self._crew, self.bucket(bucket), (local_file(place, path) for place, path in files), progress
        )

    def upload_one(
        self, local: Path, bucket: str, path: str, progress: Progress = SILENT, *, by_content: bool = False
    ) -> CopyReport:
        """As upload_file, unless the file is there already: then nothing is sent and no version is made."""
        file = local_file(local, check_path(path))
        target = self.bucket(bucket)
        found = [one for one in self._first(target.id, path) if one.path == path]
        return upload_files(self._crew, [file], target, found, progress, by_content=by_content)

    def upload_folder(
        self, folder: Path, bucket: str, prefix: str = "", progress: Progress = SILENT, *, by_content: bool = False
    ) -> CopyReport:
        """Copy all that lies in `folder` to below `prefix` (empty, or ends with `/`), except what is there already."""
        target = self.bucket(bucket)
        existing = self.files(target.id, prefix)
        return upload_files(self._crew, walk(str(folder), prefix), target, existing, progress, by_content=by_content)

    def download_file(self, file: RemoteFile, target: Path, progress: Progress = SILENT) -> Downloaded:
        """Put the bytes of `file` (of `find`, `files` or `versions`) at `target`, whole or not at all.

        Again after a death at any point, it goes on where it stopped. Raises PartDamaged, LocalTargetRefused.
        """
        progress.expect(1, file.size)
        return download_file(self._crew, file, target, progress)

    def download_one(
        self, file: RemoteFile, target: Path, progress: Progress = SILENT, *, by_content: bool = False
    ) -> CopyReport:
        """As download_file, unless `target` is equal already: then it is left alone."""
        bucket = self.bucket(file.bucket)
        wanted = Wanted(file, target.parent, (target.name,))
        return download_files(self._crew, bucket, [wanted], progress, by_content=by_content)

    def download_folder(
        self, bucket: str, prefix: str, folder: Path, progress: Progress = SILENT, *, by_content: bool = False
    ) -> CopyReport:
        """Copy all files below `prefix` (empty, or ends with `/`) into `folder`, except what is there already."""
        source = self.bucket(bucket)
        files = wanted_below(self.files(source.id, prefix), prefix, folder)
        return download_files(self._crew, source, files, progress, by_content=by_content)

    def read(self, file: RemoteFile) -> Iterator[bytes]:
        """The bytes of `file` in order, in pieces of up to 4 MiB. Raises PartDamaged."""
        return read_in_order(self._crew, file)

    def verify(self, bucket: str, prefix: str = "", progress: Progress = SILENT) -> Verified:
        """Read every file below `prefix` and hash every distinct block of them. What is damaged is named in the answer."""
        return self.verify_files(bucket, self.files(bucket, prefix), progress)

    def verify_files(self, bucket: str, files: Iterable[RemoteFile], progress: Progress = SILENT) -> Verified:
        """As verify, of certain files of a bucket."""
        return verify(self._crew, self.bucket(bucket).name, files, progress)

    def check_bucket(self, bucket: str) -> BucketCheck:
        """Have the server read every byte of a bucket again; the answer tells how far it is."""
        return BucketCheck(self, self.files, self.bucket(bucket))

    def check_files(self, bucket: str, files: Iterable[RemoteFile]) -> EventsCheck:
        """As check_bucket, of certain files."""
        return check_files(self._crew, self, self.bucket(bucket), files)

    def heal(
        self,
        folder: Path,
        wanted: Mapping[BlockId, int],
        progress: Progress = SILENT,
        left_out: Callable[[Unusual], None] = _unheard,
        *,
        is_rehearsal: bool = False,
    ) -> Healing:
        """Look through `folder`, whatever its layout, for blocks that are `wanted()`, and send what is found.

        `left_out` is told of every link and unreadable place that is passed over. `is_rehearsal`: nothing is sent.
        """
        return Healer(self._crew, wanted, progress, left_out).look(str(folder), is_rehearsal=is_rehearsal)
