"""`cairn ls`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from cairn.completion import places
from cairn.manual import manual
from cairn.remote_address import RemoteAddress, remote_address
from cairn.session import signed_in
from cairn.terminal import say, say_json, shown, size_text
from cairn.verbs.arguments import AsJson
from cairn.verbs.found import files_at

if TYPE_CHECKING:
    from client import CairnClient, Listing, RemoteFile

app = typer.Typer()


@app.command(
    "ls",
    epilog=manual(
        {
            "cairn ls": "your buckets, and those shared with you",
            "cairn ls cairn:work/2026": "what lies directly in a folder",
            "cairn ls -lr cairn:work": "all files of a bucket, with sizes and times",
        },
        answer="{items: [bucket]}; of a place {items: [file], prefixes: [text]}; with -r {items: [file]}",
        see=("search", "stats", "bucket ls", "trash ls"),
    ),
)
def list_(
    place: Annotated[
        str,
        typer.Argument(metavar="cairn:BUCKET[/PATH]", autocompletion=places, help="Nothing: your buckets."),
    ] = "cairn:",
    is_long: Annotated[bool, typer.Option("--long", "-l", help="Sizes, times and version ids too.")] = False,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="All that lies below, not only directly.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List your buckets, or what lies in a place."""
    address = None if place == "cairn:" else remote_address(place)
    with signed_in() as client:
        if address is None:
            _buckets(client, is_long=is_long, as_json=as_json)
        elif recursive:
            _all(files_at(client, address), is_long=is_long, as_json=as_json)
        else:
            _listing(_folder(client, address), is_long=is_long, as_json=as_json)


def _buckets(client: "CairnClient", *, is_long: bool, as_json: bool) -> None:
    buckets = list(client.buckets())
    if as_json:
        say_json({"items": buckets})
        return
    for bucket in buckets:
        details = f"{size_text(bucket.logical_bytes):>10}  {bucket.files:>10,} files  " if is_long else ""
        title = f"  {shown(bucket.title)}" if bucket.address != bucket.name else ""
        say(f"{details}cairn:{shown(bucket.address)}{title}")


def _folder(client: "CairnClient", place: RemoteAddress) -> "Listing":
    from client import Listing, NoSuchFile

    if place.path and not place.path.endswith("/"):
        try:
            return Listing((client.find(place.bucket, place.path),), ())
        except NoSuchFile:
            pass
    listing = client.list(place.bucket, place.folder)
    if place.path and not listing.files and not listing.prefixes:
        raise NoSuchFile(f"{place}: no such file or folder")
    return Listing(tuple(file for file in listing.files if file.path != place.folder), listing.prefixes)


def _listing(listing: "Listing", *, is_long: bool, as_json: bool) -> None:
    if as_json:
        say_json({"items": listing.files, "prefixes": listing.prefixes})
        return
    for prefix in listing.prefixes:
        say(f"{'':>10}  {'':19}  {shown(prefix)}" if is_long else shown(prefix))
    for file in listing.files:
        say(_line(file, is_long=is_long))


def _all(files: "Iterator[RemoteFile]", *, is_long: bool, as_json: bool) -> None:
    if as_json:
        say_json({"items": list(files)})
        return
    for file in files:
        say(_line(file, is_long=is_long))


def _line(file: "RemoteFile", *, is_long: bool) -> str:
    if not is_long:
        return shown(file.path)
    time = file.modified_at or file.created_at
    return f"{size_text(file.size):>10}  {time.strftime('%Y-%m-%d %H:%M:%S') if time else '':19}  {shown(file.path)}"
