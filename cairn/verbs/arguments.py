"""Arguments and options that several verbs share."""

from typing import Annotated

import typer

from cairn.remote_address import RemoteAddress, remote_address

Place = Annotated[
    RemoteAddress, typer.Argument(metavar="cairn:BUCKET/PATH", parser=remote_address, help="A place on the server.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON document; no progress.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Folders too, with all that is in them.")]
Version = Annotated[str | None, typer.Option("--version", help="An old version, by its id (see `cairn versions`).")]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, max=32, help="Requests at once. 4 if not given.")]
