"""Arguments and options that several verbs share."""

from typing import Annotated

import typer

from cairn.completion import buckets, places
from cairn.remote_address import RemoteAddress, bucket_name, remote_address

Place = Annotated[
    RemoteAddress,
    typer.Argument(
        metavar="cairn:BUCKET/PATH", parser=remote_address, autocompletion=places, help="A place on the server."
    ),
]
Places = Annotated[
    list[RemoteAddress] | None,
    typer.Argument(
        metavar="cairn:BUCKET/PATH…", parser=remote_address, autocompletion=places, help="Places on the server."
    ),
]
BucketName = Annotated[
    str,
    typer.Argument(metavar="BUCKET", parser=bucket_name, autocompletion=buckets, help="A bucket's name or id."),
]
InBucket = Annotated[
    str | None,
    typer.Option(
        "--bucket", metavar="BUCKET", parser=bucket_name, autocompletion=buckets, help="A bucket's name or id."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON document; no progress.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Folders too, with all that is in them.")]
Version = Annotated[str | None, typer.Option("--version", help="An old version, by its id (see `cairn versions`).")]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, max=32, help="Requests at once. 4 if not given.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
