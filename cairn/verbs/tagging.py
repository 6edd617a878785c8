"""`cairn tags`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cairn.manual import manual
from cairn.session import signed_in
from cairn.terminal import say, say_json, shown
from cairn.verbs.arguments import AsJson, Place

if TYPE_CHECKING:
    from client import CairnClient, FileRecord, RemoteFile

app = typer.Typer()

_TRIES = 10


@app.command(
    epilog=manual(
        {
            "cairn tags cairn:work/a.pdf": "show them, the description, and who may read",
            "cairn tags cairn:work/a.pdf --set year=2026 --set draft": "add or replace two; draft has no value",
            "cairn tags cairn:work/a.pdf --remove draft": "take one away",
            'cairn tags cairn:work/a.pdf --description "Signed"': "what it is",
        },
        answer="{file: file, description, tags: {key: value}, access, verified_at, deleted_at}",
        see=("search", "ls", "versions"),
    )
)
def tags(
    place: Place,
    set_tags: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY[=VALUE]", help="Add or replace a tag.")
    ] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", metavar="KEY", help="Take a tag away.")] = None,
    description: Annotated[str | None, typer.Option("--description", help='What the file is; "" for none.')] = None,
    public: Annotated[
        bool | None, typer.Option("--public/--private", help="Whether everybody may read it, where the server allows.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a file's tags, description and access, or change them; then show them as they are.

    What is not named stays, also when others change tags at the same moment. A file has up to 50 tags.
    """
    wanted = dict(_tag(text) for text in set_tags or ())
    said: dict[str, Any] = {}
    if description is not None:
        said["description"] = description
    if public is not None:
        said["access"] = "public" if public else "private"
    with signed_in() as client:
        file = client.find(place.bucket, place.path)
        if wanted or remove or said:
            file = _described(client, client.bucket(place.bucket).id, file, said, (wanted, set(remove or ())))
        record = client.record(file.file_id)
    if as_json:
        say_json(record)
    else:
        _say(record)


def _described(
    client: "CairnClient",
    bucket_id: str,
    file: "RemoteFile",
    said: dict[str, Any],
    edits: tuple[dict[str, str], set[str]],
) -> "RemoteFile":
    """Tags go as a whole, so each try is on those that the file has then."""
    from foundation.problems import Problem

    wanted, removed = edits
    for last in range(_TRIES, 0, -1):
        record = client.record(file.file_id)
        if wanted or removed:
            kept = {key: value for key, value in record.tags.items() if key not in removed}
            said = said | {"tags": kept | wanted}
        try:
            client.describe(bucket_id, record.file, said)
        except Problem as problem:
            if problem.slug != "version-conflict" or last == 1:
                raise
        else:
            break
    return file


def _tag(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    if not key:
        raise typer.BadParameter(f"{text!r} is not written KEY or KEY=VALUE")
    return key, value


def _say(record: "FileRecord") -> None:
    for key, value in sorted(record.tags.items()):
        say(f"{shown(key)}={shown(value)}" if value else shown(key))
    if record.description:
        say(f"description: {shown(record.description)}")
    say(f"access: {shown(record.access)}")
