"""`cairn trash`, `cairn undelete`."""

from typing import Annotated

import typer

from cairn.completion import places
from cairn.manual import manual
from cairn.remote_address import RemoteAddress, remote_address
from cairn.session import signed_in
from cairn.terminal import say, say_json, shown, size_text, time_text
from cairn.verbs.arguments import AsJson, BucketName
from cairn.verbs.undoing import undo_hint

app = typer.Typer()
trash_app = typer.Typer(help="What was deleted and can be taken back.", no_args_is_help=True)
app.add_typer(trash_app, name="trash")


@trash_app.command(
    "ls",
    epilog=manual(
        {"cairn trash ls work": "the trash of one bucket", "cairn trash ls work --json": "for programs"},
        answer="{items: [{file: file, description, tags, access, verified_at, deleted_at}]}",
        see=("undelete", "rm", "bucket ls"),
    ),
)
def list_trash(bucket: BucketName, as_json: AsJson = False) -> None:
    """List the deleted files of a bucket: when they were deleted, until when they are kept, their ids and paths."""
    with signed_in() as client:
        found = client.trash(bucket)
        if as_json:
            say_json({"items": list(found)})
            return
        for record in found:
            file = record.file
            times = f"{time_text(record.deleted_at):19}  {time_text(file.purge_after):19}"
            say(f"{times}  {file.file_id}  {shown(file.path)}")


@app.command(
    epilog=manual(
        {
            "cairn undelete cairn:work/a.txt": "the one that was deleted there last",
            "cairn undelete cairn:work/a.txt --to old/a.txt": "under another path, where its own is taken",
            "cairn undelete -r cairn:work/2025": "all that was deleted below a folder",
            "cairn undelete --id 01890a5d-ac96-774b-bcce-b302099a8058": "by its id, from `cairn trash ls`",
        },
        answer="{bucket, file_id, path}; with -r {bucket, files, group}",
        see=("trash", "restore", "undo", "bucket restore"),
    )
)
def undelete(
    place: Annotated[
        RemoteAddress | None,
        typer.Argument(metavar="cairn:BUCKET/PATH", parser=remote_address, autocompletion=places, help="Where it was."),
    ] = None,
    file_id: Annotated[str | None, typer.Option("--id", metavar="FILE_ID", help="Which one, instead.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="PATH", help="Under another path of the bucket.")] = None,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="A folder, with all that was in it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take a file, or with -r a folder, out of the trash, with all its versions."""
    if (place is None) == (file_id is None):
        raise typer.BadParameter("say where it was, or its --id")
    if recursive and (to is not None or place is None or not place.path):
        raise typer.BadParameter("-r goes with a folder, which comes back to where it was")
    if place is not None and recursive:
        _folder(place, as_json=as_json)
        return
    with signed_in() as client:
        if place is not None:
            file = client.find_any(place.bucket, place.path)
            if not file.is_deleted:
                raise typer.BadParameter(f"{str(place)!r} is not in the trash")
            file_id = file.file_id
        back = client.undelete(file_id or "", to)
    if as_json:
        say_json({"bucket": back.bucket, "file_id": back.file_id, "path": back.path})
    else:
        say(
            f"cairn:{shown(place.bucket if place else back.bucket)}/{shown(back.path)} is back, {size_text(back.size)}."
        )


def _folder(place: RemoteAddress, *, as_json: bool) -> None:
    with signed_in() as client:
        from client import NoSuchFile

        group = client.restore_folder(client.bucket(place.bucket).id, place.folder)
        if not group.files:
            raise NoSuchFile(f"nothing of {place} is in the trash")
    if as_json:
        say_json({"bucket": place.bucket, "files": group.files, "group": group.id})
    else:
        say(f"{group.files:,} files of {shown(place)} are back.")
        say(undo_hint(place.bucket, [group]))
