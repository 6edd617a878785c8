"""`cairn cp`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cairn.completion import places_or_files
from cairn.exit_codes import refused_code
from cairn.manual import manual
from cairn.progress_bar import progress_bar
from cairn.remote_address import RemoteAddress, is_remote, remote_address
from cairn.session import signed_in
from cairn.terminal import note, say, say_json, shown, size_text
from cairn.verbs.across import Across
from cairn.verbs.arguments import AsJson, Jobs, Recursive, Version
from cairn.verbs.found import file_at

if TYPE_CHECKING:
    from client import CairnClient, CopyReport, Progress

app = typer.Typer()


@app.command(
    "cp",
    epilog=manual(
        {
            "cairn cp report.pdf cairn:work": "work/report.pdf; the bucket is made if it is missing",
            "cairn cp report.pdf cairn:work/2026/": "work/2026/report.pdf",
            "cairn cp report.pdf cairn:work/2026": "a file named work/2026",
            "cairn cp -r photos cairn:home/pictures": "what lies in photos is below home/pictures/",
            "cairn cp cairn:work/report.pdf here/": "here/report.pdf; also where here is a folder",
            "cairn cp -r cairn:home/pictures photos": "what lies below home/pictures/ is in photos",
            "cairn cp -r cairn:home/pictures cairn:copy/": "on the server: below copy/pictures/",
        },
        answer="{files, bytes, moved_bytes, skipped, refused: [{place, slug, reason}], left_out: [{place, reason}]}",
        see=("mv", "ls", "verify"),
    ),
)
def copy(  # noqa: PLR0913, PLR0917 — a command line's options.
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", autocompletion=places_or_files, help="A file or folder here, or cairn:BUCKET/PATH."
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", autocompletion=places_or_files, help="cairn:BUCKET/PATH, or a file or folder here."
        ),
    ],
    recursive: Recursive = False,
    checksum: Annotated[
        bool, typer.Option("--checksum", help="Compare what files hold, not their times. Reads every local file.")
    ] = False,
    version: Version = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Copy to the server, from it, or on it. What is equal on both sides already is left alone.

    A TARGET that ends with `/` is a folder to copy into. With -r the content of the folder SOURCE goes into TARGET.
    A missing bucket is made. Interrupted or killed, the same command sends only the rest. Links are left out.

    Equal is what has the same size, time of modification and executable bit; with --checksum, what holds the same
    bytes. On the server itself a copy is a row for each file, with its description and tags, and no bytes travel.
    """
    if not is_remote(source) and not is_remote(target):
        raise typer.BadParameter("one side at least is on the server, cairn:BUCKET/PATH")
    if version and (recursive or not is_remote(source)):
        raise typer.BadParameter("--version goes with one file from the server")
    remote = remote_address(target if is_remote(target) else source)
    with signed_in(jobs) as client, progress_bar("Copying", is_quiet=as_json) as progress:
        if is_remote(source) and is_remote(target):
            across = Across(client, remote_address(source), progress)
            report = across.folder(remote) if recursive else across.file(remote, version)
        elif is_remote(target):
            report = _up(client, Path(source), remote, progress, recursive=recursive, by_content=checksum)
        else:
            down = _Down(client, remote, progress, by_content=checksum)
            report = down.folder(Path(target)) if recursive else down.file(target, version)
    _tell(report, as_json=as_json)


def _up(
    client: "CairnClient",
    source: Path,
    target: RemoteAddress,
    progress: "Progress",
    *,
    recursive: bool,
    by_content: bool,
) -> "CopyReport":
    if source.is_dir():
        if not recursive:
            raise typer.BadParameter(f"{str(source)!r} is a folder: copy it with -r")
        bucket = client.ensure_bucket(target.bucket)
        return client.upload_folder(source, bucket.id, target.folder, progress, by_content=by_content)
    path = f"{target.path}{source.name}" if target.path == target.folder else target.path
    bucket = client.ensure_bucket(target.bucket)
    return client.upload_one(source, bucket.id, path, progress, by_content=by_content)


class _Down:
    def __init__(self, client: "CairnClient", source: RemoteAddress, progress: "Progress", *, by_content: bool) -> None:
        self._client = client
        self._source = source
        self._progress = progress
        self._by_content = by_content

    def folder(self, target: Path) -> "CopyReport":
        from client import NoSuchFile

        client, source = self._client, self._source
        if source.path and not client.has_folder(source.bucket, source.folder):
            raise NoSuchFile(f"{source} is no folder")
        return client.download_folder(source.bucket, source.folder, target, self._progress, by_content=self._by_content)

    def file(self, target: str, version: str | None) -> "CopyReport":
        if not self._source.path or self._source.path.endswith("/"):
            raise typer.BadParameter(f"{str(self._source)!r} is a folder: copy it with -r")
        place = Path(target)
        found = file_at(self._client, self._source, version)
        if target.endswith("/") or place.is_dir():
            place /= found.path.rpartition("/")[2]
        return self._client.download_one(found, place, self._progress, by_content=self._by_content)


def _tell(report: "CopyReport", *, as_json: bool) -> None:
    if as_json:
        say_json(_document(report))
    else:
        for left_out in report.left_out:
            note(f"cairn: {shown(left_out.place)} is left out: {shown(left_out.reason)}")
        for refused in report.refused:
            note(f"cairn: {shown(refused.place)}: {shown(refused.reason)}")
        moved = f", {size_text(report.moved_bytes)} moved" if report.moved_bytes != report.bytes else ""
        equal = f"; {report.skipped:,} were there already" if report.skipped else ""
        say(f"{report.files:,} copied ({size_text(report.bytes)}{moved}){equal}.")
    if report.refused:
        raise typer.Exit(refused_code(report.files + report.skipped))


def _document(report: "CopyReport") -> dict[str, Any]:
    return {
        "files": report.files,
        "bytes": report.bytes,
        "moved_bytes": report.moved_bytes,
        "skipped": report.skipped,
        "refused": report.refused,
        "left_out": report.left_out,
    }
