"""`cairn cat`, `cairn verify`."""

import sys
from typing import Annotated

import typer

from cairn.completion import places as complete_places
from cairn.exit_codes import ExitCode
from cairn.manual import manual
from cairn.progress_bar import progress_bar
from cairn.remote_address import RemoteAddress, remote_address
from cairn.session import signed_in
from cairn.terminal import say, say_json, shown, size_text
from cairn.verbs.arguments import AsJson, Jobs, Place, Version
from cairn.verbs.found import file_at, files_at

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


@app.command(
    epilog=manual(
        {
            "cairn verify": "all your buckets",
            "cairn verify cairn:work/2026": "one folder",
            "cairn verify --json": "for a nightly job; exits with 1 if anything is damaged",
        },
        answer="{files, blocks, bytes, damaged: [{bucket, path, chunk, reason}]}",
        see=("doctor", "cp"),
    )
)
def verify(
    place: Annotated[
        str,
        typer.Argument(
            metavar="cairn:BUCKET[/PATH]", autocompletion=complete_places, help="Nothing: all your buckets."
        ),
    ] = "cairn:",
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Read and hash everything in a place, and name what is damaged. Exits with 1 if anything is."""
    address = None if place == "cairn:" else remote_address(place)
    with signed_in(jobs) as client, progress_bar("Verifying", is_quiet=as_json) as progress:
        from client import Damage, NoSuchFile

        places = [address] if address else [RemoteAddress(bucket.address, "") for bucket in client.buckets()]
        files = blocks = size = 0
        damaged: list[Damage] = []
        for one in places:
            found = client.verify_files(one.bucket, files_at(client, one), progress)
            if one.path and not found.files:
                raise NoSuchFile(f"{one}: no such file or folder")
            files, blocks, size = files + found.files, blocks + found.blocks, size + found.bytes
            damaged += found.damaged
    if as_json:
        say_json({"files": files, "blocks": blocks, "bytes": size, "damaged": damaged})
    else:
        for damage in damaged:
            where = "" if damage.chunk is None else f", chunk {damage.chunk}"
            say(f"DAMAGED cairn:{shown(damage.bucket)}/{shown(damage.path)}{where}: {shown(damage.reason)}")
        verdict = f"{len(damaged):,} places are damaged" if damaged else "all is well"
        say(f"{files:,} files, {blocks:,} distinct blocks, {size_text(size)} read and hashed: {verdict}.")
    if damaged:
        raise typer.Exit(ExitCode.FAILED)
