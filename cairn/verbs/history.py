"""`cairn versions`, `cairn restore`."""

from typing import TYPE_CHECKING, Annotated

import typer

from cairn.manual import manual
from cairn.session import signed_in
from cairn.terminal import say, say_json, shown, size_text
from cairn.verbs.arguments import AsJson, Place
from cairn.verbs.found import file_at

if TYPE_CHECKING:
    from client import RemoteFile

app = typer.Typer()


@app.command(
    epilog=manual(
        {
            "cairn versions cairn:work/a.txt": "ids, times, sizes",
            "cairn restore cairn:work/a.txt ID": "make one of them the current one again",
        },
        answer="{items: [file]}",
        see=("restore", "cat", "trash"),
    )
)
def versions(place: Place, as_json: AsJson = False) -> None:
    """List a file's versions, newest first, also of a file in the trash."""
    with signed_in() as client:
        found = list(client.versions(client.find_any(place.bucket, place.path).file_id))
        if as_json:
            say_json({"items": found})
            return
        for version in found:
            say(_line(version))


@app.command(
    epilog=manual(
        {
            "cairn restore cairn:work/a.txt ID": "a version, by its id from `cairn versions`",
            "cairn restore cairn:work/a.txt": "out of the trash, as `cairn undelete`",
            "cairn restore cairn:work/a.txt --to old.txt": "under another path",
        },
        answer="{file_id, path, version_id}",
        see=("versions", "undelete", "undo"),
    )
)
def restore(
    place: Place,
    version: Annotated[
        str | None, typer.Argument(metavar="VERSION", help="Not given: what was there before the deletion.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="PATH", help="Under another path of the bucket.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make an old version the current one again, or take a file out of the trash."""
    with signed_in() as client:
        bucket = client.bucket(place.bucket)
        file = client.find_any(bucket.id, place.path)
        if version is not None:
            file_at(client, place, version)
        elif not file.is_deleted:
            raise typer.BadParameter(f"{str(place)!r} is not in the trash: say which version to restore")
        client.restore(bucket.id, file.file_id, version, to)
        path = to or file.path
        if as_json:
            say_json({"file_id": file.file_id, "path": path, "version_id": version})
        else:
            say(f"cairn:{shown(bucket.name)}/{shown(path)} is back.")


def _line(version: "RemoteFile") -> str:
    time = version.created_at.strftime("%Y-%m-%d %H:%M:%S") if version.created_at else ""
    state = "deleted" if version.is_deleted else "current" if version.is_current else ""
    return f"{version.version_id}  {time:19}  {size_text(version.size):>10}  {state}".rstrip()
