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
