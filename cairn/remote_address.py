"""`cairn:BUCKET/PATH`, the way a place on the server is written on the command line."""

from dataclasses import dataclass

import typer

SCHEME = "cairn:"


@dataclass(frozen=True, slots=True)
class RemoteAddress:
    """`path` is empty for the bucket itself, and ends with `/` if a folder is meant."""

    bucket: str
    path: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.path}" if self.path else f"{SCHEME}{self.bucket}"

    @property
    def folder(self) -> str:
        """The path as a prefix of what lies in it."""
        return self.path if not self.path or self.path.endswith("/") else f"{self.path}/"


def is_remote(text: str) -> bool:
    return text.startswith(SCHEME)


def remote_address(text: str) -> RemoteAddress:
    """Raises typer.BadParameter unless `text` is `cairn:BUCKET` or `cairn:BUCKET/PATH` without tricks."""
    bucket, _, path = text.removeprefix(SCHEME).partition("/")
    if not is_remote(text) or bucket in {"", ".", ".."}:
        raise typer.BadParameter(f"{text!r} is not written cairn:BUCKET/PATH")
    if any(part in {"", ".", ".."} for part in path.removesuffix("/").split("/")) and path:
        raise typer.BadParameter(f"{text!r} has an empty, `.` or `..` segment")
    return RemoteAddress(bucket, path)


def bucket_name(text: str) -> str:
    """A bucket's name or id, written `BUCKET` or `cairn:BUCKET`. Raises typer.BadParameter."""
    address = remote_address(text if is_remote(text) else SCHEME + text)
    if address.path:
        raise typer.BadParameter(f"{text!r} is a place in a bucket; here a bucket is meant")
    return address.bucket
