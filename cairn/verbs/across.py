"""Copies from place to place on the server: a row for each file, and no bytes."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import typer

from cairn.remote_address import RemoteAddress
from cairn.verbs.found import file_at, target_of

if TYPE_CHECKING:
    from client import Bucket, CairnClient, CopyReport, Progress, RemoteFile


class Across:
    """Copies of `source` to places in any bucket, which is made if it is missing."""

    def __init__(self, client: "CairnClient", source: RemoteAddress, progress: "Progress") -> None:
        self._client = client
        self._source = source
        self._progress = progress

    def file(self, target: RemoteAddress, version: str | None) -> "CopyReport":
        if self._source.path == self._source.folder:
            raise typer.BadParameter(f"{str(self._source)!r} is a folder: copy it with -r")
        file = file_at(self._client, self._source, version)
        target = target_of(self._source, target)
        bucket = self._client.ensure_bucket(target.bucket)
        there = {one.path: one for one in self._client.beginning(bucket.id, target.path, 1).files}
        return self._copied(bucket, [(file, target.path)], there, version)

    def folder(self, target: RemoteAddress) -> "CopyReport":
        from client import NoSuchFile

        client, source = self._client, self._source
        if source.path and not client.has_folder(source.bucket, source.folder):
            raise NoSuchFile(f"{source} is no folder")
        own, bucket = client.bucket(source.bucket), client.ensure_bucket(target.bucket)
        into = target.folder
        if own.id == bucket.id and into.startswith(source.folder):
            raise typer.BadParameter(f"{str(target)!r} lies in {str(source)!r}")
        there = {file.path: file for file in client.files(bucket.id, into)}
        files = ((file, into + file.path.removeprefix(source.folder)) for file in client.files(own.id, source.folder))
        # The marker of the folder itself has no name of its own at the top of a bucket.
        named = ((file, path) for file, path in files if path)
        # Within a bucket the list could go on with what was copied.
        pairs = list(named) if own.id == bucket.id else named
        return self._copied(bucket, pairs, there, None)

    def _copied(
        self,
        bucket: "Bucket",
        pairs: "Iterable[tuple[RemoteFile, str]]",
        there: "dict[str, RemoteFile]",
        version: str | None,
    ) -> "CopyReport":
        from client import CopyReport, Refused, Step

        report = CopyReport()

        def differing() -> "Iterator[tuple[RemoteFile, str]]":
            for file, path in pairs:
                if _is_same(file, there.get(path)):
                    report.skipped += 1
                else:
                    self._progress.expect(1, file.size)
                    yield file, path

        for made in self._client.copy(bucket.id, differing(), version):
            if isinstance(made, Refused):
                report.refused.append(made)
            else:
                report.files += 1
                report.bytes += made.size
                self._progress.step(Step(files=1, bytes=made.size))
        return report


def _is_same(file: "RemoteFile", other: "RemoteFile | None") -> bool:
    if other is None:
        return False
    return (file.size, file.content_hash, file.modified_at, file.is_executable) == (
        other.size,
        other.content_hash,
        other.modified_at,
        other.is_executable,
    )
