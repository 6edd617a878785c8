"""`cairn rm`, `cairn mv`."""

from typing import Annotated

import typer

from cairn.remote_address import RemoteAddress, remote_address
from cairn.session import signed_in
from cairn.terminal import say, say_json, shown
from cairn.verbs.arguments import AsJson, Place, Recursive
from cairn.verbs.found import files_at

app = typer.Typer()


@app.command("rm")
def remove(
    places: Annotated[
        list[RemoteAddress], typer.Argument(metavar="cairn:BUCKET/PATH…", parser=remote_address, help="What to delete.")
    ],
    recursive: Recursive = False,
    as_json: AsJson = False,
) -> None:
    """Delete files into the trash, where `cairn restore` finds them."""
    for place in places:
        if place.path == place.folder and not recursive:
            raise typer.BadParameter(f"{str(place)!r} is a folder: delete what is in it with -r")
    deleted = 0
    with signed_in() as client:
        from client import NoSuchFile

        for place in places:
            bucket = client.bucket(place.bucket)
            files = list(files_at(client, place)) if recursive else [client.find(bucket.id, place.path)]
            if not files and place.path:
                raise NoSuchFile(f"{place}: no such file or folder")
            list(client.delete(bucket.id, files))
            deleted += len(files)
    if as_json:
        say_json({"deleted": deleted})
    else:
        say(f"{deleted:,} deleted.")


@app.command("mv")
def move(source: Place, target: Place, as_json: AsJson = False) -> None:
    """Rename a file within its bucket. It keeps its versions. A TARGET that ends with `/` is a folder to move into."""
    if source.bucket != target.bucket:
        raise typer.BadParameter("a file moves within its bucket only")
    if not source.path or source.path.endswith("/"):
        raise typer.BadParameter("only files move")
    name = source.path.rpartition("/")[2]
    path = f"{target.path}{name}" if target.path == target.folder else target.path
    with signed_in() as client:
        bucket = client.bucket(source.bucket)
        file = client.find(bucket.id, source.path)
        client.move(bucket.id, file, path)
        if as_json:
            say_json({"file_id": file.file_id, "path": path, "old_path": file.path})
        else:
            say(f"{shown(source)} is now {shown(RemoteAddress(source.bucket, path))}.")
