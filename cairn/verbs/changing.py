"""`cairn rm`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from cairn.manual import manual
from cairn.progress_bar import counting
from cairn.remote_address import RemoteAddress
from cairn.session import signed_in
from cairn.terminal import say, say_json, shown
from cairn.verbs.arguments import AsJson, InBucket, Places, Recursive
from cairn.verbs.found import file_or_folder
from cairn.verbs.undoing import Undo, gathered, groups_document, undo_groups, undo_hint

if TYPE_CHECKING:
    from client import CairnClient, Group

app = typer.Typer()


@app.command(
    "rm",
    epilog=manual(
        {
            "cairn rm cairn:work/draft.txt": "one file, into the trash",
            "cairn rm -r cairn:work/2025": "a folder, and all that is in it",
            "cairn rm -r cairn:work": "all files of a bucket; the bucket stays",
            "cairn rm --undo GROUP": "take back what a removal that printed GROUP did",
        },
        answer="{deleted, groups: [{bucket, group, files}]}",
        see=("undo", "undelete", "trash", "bucket"),
    ),
)
def remove(
    places: Places = None,
    recursive: Recursive = False,
    undo: Undo = None,
    bucket: InBucket = None,
    as_json: AsJson = False,
) -> None:
    """Delete files and folders into the trash.

    A folder goes as a whole, or not at all; above 100,000 files by its subfolders, each as a whole. Each removal prints
    the id of its group, which `cairn undo` takes back. --bucket goes with --undo.
    """
    if undo:
        _require_alone(places)
        undo_groups(undo, bucket, as_json=as_json)
        return
    if not places:
        raise typer.BadParameter("say what to delete")
    for place in places:
        if place.path == place.folder and not recursive:
            raise typer.BadParameter(f"{str(place)!r} is a folder: delete it with -r")
    deleted, groups = 0, list[dict[str, Any]]()
    with signed_in() as client, counting("Deleted", is_quiet=as_json) as count:
        for place in places:
            done = gathered(count(_deleted(client, place, recursive=recursive)), place.bucket)
            deleted += sum(group.files for group in done)
            groups += groups_document(place.bucket, done)
            if not as_json:
                say(f"{shown(place)}: {sum(group.files for group in done):,} deleted.")
                say(undo_hint(place.bucket, done))
    if as_json:
        say_json({"deleted": deleted, "groups": groups})


def _deleted(client: "CairnClient", place: RemoteAddress, *, recursive: bool) -> "Iterator[Group]":
    bucket = client.bucket(place.bucket)
    file = file_or_folder(client, place) if recursive else client.find(place.bucket, place.path)
    if file is not None:
        yield from client.delete(bucket.id, [file])
    else:
        yield from client.delete_folder(bucket.id, place.folder)


def _require_alone(places: object) -> None:
    if places:
        raise typer.BadParameter("--undo takes the id of a group, and no places")
