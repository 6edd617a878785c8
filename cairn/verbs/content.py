"""`cairn cat`."""

import sys

import typer

from cairn.manual import manual
from cairn.session import signed_in
from cairn.verbs.arguments import Place, Version
from cairn.verbs.found import file_at

app = typer.Typer()


@app.command(
    epilog=manual(
        {
            "cairn cat cairn:work/a.txt": "its bytes",
            "cairn cat cairn:work/a.txt --version ID | less": "as it was in that version",
        },
        see=("cp", "versions"),
    )
)
def cat(place: Place, version: Version = None) -> None:
    """Write a file's bytes to standard output; every one was checked before."""
    with signed_in() as client:
        for data in client.read(file_at(client, place, version)):
            sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
