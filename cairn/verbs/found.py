"""What a place on the command line means to the server."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cairn.remote_address import RemoteAddress

if TYPE_CHECKING:
    from client import CairnClient, RemoteFile


def files_at(client: "CairnClient", place: RemoteAddress) -> "Iterator[RemoteFile]":
    """The file at `place`, and every file below it if it is a folder; the whole bucket for an empty path."""
    for file in client.files(place.bucket, place.path):
        if file.path == place.path or file.path.startswith(place.folder):
            yield file


def file_at(client: "CairnClient", place: RemoteAddress, version_id: str | None = None) -> "RemoteFile":
    """The live file at `place`, or one of its versions, even if it is in the trash now. Raises NoSuchFile."""
    from client import NoSuchFile

    if version_id is None:
        return client.find(place.bucket, place.path)
    for version in client.versions(client.find_any(place.bucket, place.path).file_id):
        if version.version_id == version_id and not version.is_deleted:
            return version
    raise NoSuchFile(f"{place} has no version {version_id}")


def file_or_folder(client: "CairnClient", place: RemoteAddress) -> "RemoteFile | None":
    """The live file at `place`, None: there is a folder. Raises NoSuchFile."""
    from client import NoSuchFile

    if place.path != place.folder:
        try:
            return client.find(place.bucket, place.path)
        except NoSuchFile:
            pass
    if place.path and not client.has_folder(place.bucket, place.folder):
        raise NoSuchFile(f"{place}: no such file or folder")
    return None


def target_of(source: RemoteAddress, target: RemoteAddress) -> RemoteAddress:
    """`target` itself, or where it is a folder (ends with `/`, or is a bucket), the place in it with the source's name."""
    if target.path != target.folder:
        return target
    path = source.path.removesuffix("/")
    return RemoteAddress(target.bucket, target.path + path.rpartition("/")[2])
