"""`cairn search`."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from cairn.manual import manual
from cairn.session import signed_in
from cairn.terminal import say, say_json, shown, size_text, time_text
from cairn.verbs.arguments import AsJson, InBucket

if TYPE_CHECKING:
    from client import CairnClient, FileRecord

app = typer.Typer()


@app.command(
    epilog=manual(
        {
            "cairn search invoice": "in paths and descriptions, whatever their case",
            "cairn search --tag year=2026 --tag draft": "with both tags",
            "cairn search invoice --bucket work --limit 20 -l": "twenty of one bucket, with sizes and times",
            "cairn search --name .pdf --description signed": "in the path, and in the description",
        },
        answer="{items: [{file: file, bucket, description, tags, access, verified_at, deleted_at}]}",
        see=("ls", "tags"),
    )
)
def search(  # noqa: PLR0913, PLR0917 — a command line's options.
    query: Annotated[str, typer.Argument(metavar="QUERY", help="In the path or the description.")] = "",
    bucket: InBucket = None,
    name: Annotated[str, typer.Option("--name", help="In the path.")] = "",
    description: Annotated[str, typer.Option("--description", help="In the description.")] = "",
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="KEY[=VALUE]", help="With this tag; all, where several.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many.")] = None,
    is_long: Annotated[bool, typer.Option("--long", "-l", help="Sizes, times and tags too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find files in all your buckets, and in those shared with you. All that is said must hold.

    Words of one or two letters match the beginning of a name. Files in the trash are not found. All results are
    listed, by bucket and path, unless --limit says how many are enough. Finding none is no error.
    """
    if not (query or name or description or tag or bucket):
        raise typer.BadParameter("say what to search for: a QUERY, --name, --description, --tag or --bucket")
    with signed_in() as client:
        from client import Search

        found = client.search(Search(query, name, description, tuple(tag or ()), bucket or ""))
        if as_json:
            names = _names(client)
            say_json({"items": [_document(one, names) for one in islice(found, limit)]})
            return
        names = {}
        for record in islice(found, limit):
            names = names or _names(client)
            say(_line(record, names, is_long=is_long))


def _names(client: "CairnClient") -> dict[str, str]:
    return {bucket.id: bucket.address for bucket in client.buckets()}


def _document(record: "FileRecord", names: dict[str, str]) -> dict[str, object]:
    fields = ("file", "description", "tags", "access", "verified_at", "deleted_at")
    return {name: getattr(record, name) for name in fields} | {
        "bucket": names.get(record.file.bucket, record.file.bucket)
    }


def _line(record: "FileRecord", names: dict[str, str], *, is_long: bool) -> str:
    file = record.file
    place = f"cairn:{shown(names.get(file.bucket, file.bucket))}/{shown(file.path)}"
    if not is_long:
        return place
    tags = " ".join(f"{shown(key)}={shown(value)}" if value else shown(key) for key, value in record.tags.items())
    return f"{size_text(file.size):>10}  {time_text(file.modified_at or file.created_at):19}  {place}  {tags}".rstrip()
