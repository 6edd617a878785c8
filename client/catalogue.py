"""Files and versions, as the server lists them."""

from collections.abc import Iterator, Sequence

from client.addresses import check_path, segment
from client.answers import checked, file_from, items, pages
from client.asking import SMALL_PAGE, Asking
from client.errors import AnswerInvalid, NoSuchFile
from client.model import Listing, RemoteFile

PAGE = 10_000


class Catalogue(Asking):
    """What a server knows of a caller's files. Every answer is checked: it keeps to the bucket and prefix that were asked for."""

    def files(self, bucket: str, prefix: str = "", *, include_deleted: bool = False) -> Iterator[RemoteFile]:
        """Every live file below `prefix`, bytewise by path; with `include_deleted` also those in the trash."""
        last = b""
        for page in self._listed(bucket, prefix, "", include_deleted):
            for file in self._checked_files(page, bucket, prefix):
                key = file.path.encode()
                if key < last or (key == last and not include_deleted):
                    raise AnswerInvalid(f"the server lists {file.path!r} out of order: its list may never end")
                last = key
                yield file

    def list(self, bucket: str, folder: str = "") -> Listing:
        """What lies directly in `folder`, which is empty or ends with `/`."""
        files: list[RemoteFile] = []
        prefixes: list[str] = []
        for page in self._listed(bucket, folder, "/", False):
            files += self._checked_files(page, bucket, folder)
            prefixes += checked(lambda document: [_prefix(one, folder) for one in document.get("prefixes") or ()], page)
        return Listing(tuple(files), tuple(prefixes))

    def beginning(self, bucket: str, prefix: str, most: int) -> Listing:
        """The first up to `most` files and folders whose names go on from `prefix`."""
        place = f"/buckets/{segment(bucket)}/files"
        page = self._connection.ask("GET", place, prefix=prefix or None, delimiter="/", limit=most)
        prefixes = checked(lambda document: [_prefix(one, prefix) for one in document.get("prefixes") or ()], page)
        return Listing(tuple(self._checked_files(page, bucket, prefix)), tuple(prefixes))

    def find(self, bucket: str, path: str) -> RemoteFile:
        """The live file at exactly `path`. Raises NoSuchFile."""
        for file in self._first(bucket, check_path(path)):
            if file.path == path:
                return file
        raise NoSuchFile(f"{bucket} has no file {path!r}")

    def find_any(self, bucket: str, path: str) -> RemoteFile:
        """The live file at `path`, or else the one that went into the trash last. Raises NoSuchFile."""
        found: RemoteFile | None = None
        for file in self.files(bucket, check_path(path), include_deleted=True):
            if file.path != path:
                break
            if found is None or not file.is_deleted or (found.is_deleted and file.file_id > found.file_id):
                found = file
        if found is None:
            raise NoSuchFile(f"{bucket} has no file {path!r}, nor has its trash")
        return found

    def has_folder(self, bucket: str, folder: str) -> bool:
        """Whether anything lies at or below `folder`, which ends with `/`."""
        return any(True for _ in self._first(bucket, folder))

    def versions(self, file_id: str) -> Iterator[RemoteFile]:
        """Newest first, delete markers included."""
        place = f"/files/{segment(file_id)}/versions"
        for page in pages(lambda cursor: self._connection.ask("GET", place, limit=SMALL_PAGE, cursor=cursor)):
            yield from checked(lambda document: [file_from(one) for one in items(document)[0]], page)

    def _listed(self, bucket: str, prefix: str, delimiter: str, include_deleted: bool) -> Iterator[object]:
        place = f"/buckets/{segment(bucket)}/files"
        include = "deleted" if include_deleted else None
        return pages(
            lambda cursor: self._connection.ask(
                "GET",
                place,
                prefix=prefix or None,
                delimiter=delimiter or None,
                include=include,
                limit=PAGE,
                cursor=cursor,
            )
        )

    def _first(self, bucket: str, prefix: str) -> Sequence[RemoteFile]:
        """The first file below `prefix`: the one at exactly that path, if there is one, for it sorts before all others."""
        answer = self._connection.ask("GET", f"/buckets/{segment(bucket)}/files", prefix=prefix, limit=1)
        return self._checked_files(answer, bucket, prefix)

    def _checked_files(self, page: object, bucket: str, prefix: str) -> Sequence[RemoteFile]:
        found = checked(lambda document: [file_from(one, bucket) for one in items(document)[0]], page)
        for file in found:
            if not file.path.startswith(prefix):
                raise AnswerInvalid(f"the server lists {file.path!r} among what begins with {prefix!r}")
        return found


def _prefix(text: object, folder: str) -> str:
    if not isinstance(text, str) or not text.startswith(folder) or not text.endswith("/"):
        raise ValueError("a folder outside the one that was asked for")
    return text
