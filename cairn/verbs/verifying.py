"""`cairn verify`, `cairn retry`."""

import threading
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cairn.completion import places as complete_places
from cairn.exit_codes import ExitCode
from cairn.healing import heal
from cairn.manual import manual
from cairn.patience import Patience
from cairn.progress_bar import progress_bar, share_bar
from cairn.remote_address import RemoteAddress, is_remote, remote_address
from cairn.session import signed_in
from cairn.spoken import counted
from cairn.status_text import event_text
from cairn.terminal import say, say_json, shown, size_text
from cairn.verbs.arguments import AsJson, Jobs, Places
from cairn.verbs.found import file_at, files_at

if TYPE_CHECKING:
    from client import CairnClient, Check, SyncEvent

app = typer.Typer()

_EVERY_SECONDS = 0.5
_WRITERS = frozenset({"owner", "editor"})  # who may have a bucket read again
_READERS = _WRITERS | {"viewer"}


@app.command(
    epilog=manual(
        {
            "cairn verify": "all buckets that you may change",
            "cairn verify cairn:work/2026": "one folder",
            "cairn verify --json": "for a nightly job; exits with 1 if anything failed",
            "cairn verify --heal ~/Pictures": "sends the parts that the server lacks and this folder has",
            "cairn verify --heal /mnt/old --dry-run": "only tells what would heal",
            "cairn verify --download cairn:work": "reads everything to this machine and hashes it here",
        },
        answer="{files, failed: [event]}; with --heal {wanted, found, healed, left: [id], files, bytes, places: [path],"
        " left_out: [{place, reason}], is_checked}; with --download {files, blocks, bytes, damaged: [{bucket, path, chunk, reason}]}",
        see=("status", "retry", "scrub", "cp"),
    )
)
def verify(
    places: Places = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--heal", metavar="FOLDER", help="Look in this folder for parts that the server lacks, and send them."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --heal: send nothing, only tell what is there.")
    ] = False,
    download: Annotated[
        bool, typer.Option("--download", help="Read and hash everything on this machine, instead of at the server.")
    ] = False,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Have the server read every byte of places again, wait for it, and name what failed. Exits with 1 if anything did.

    With `--heal` it looks through a folder of this machine, however it is laid out, for the parts that are damaged or missing, sends
    those it finds, and waits until the files that have them are checked again.
    """
    if (dry_run and folder is None) or (folder is not None and (places or download)):
        raise typer.BadParameter("--heal takes a folder and no place; --dry-run belongs to it")
    with signed_in(jobs) as client:
        if folder is not None:
            heal(client, folder, is_rehearsal=dry_run, as_json=as_json)
        elif download:
            _download(client, _places(client, places, _READERS), as_json=as_json)
        else:
            _verify(client, _places(client, places, _WRITERS), as_json=as_json)


@app.command(
    epilog=manual(
        {
            "cairn retry": "all that failed",
            "cairn retry cairn:work/a.txt": "one file, once you know why it failed",
            "cairn retry ID": "one event, as `cairn status --json` tells it",
        },
        answer="{retried, events: [event]}; without EVENT the list is empty",
        see=("status", "verify"),
    )
)
def retry(
    events: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EVENT…", autocompletion=complete_places, help="Ids of events, or places of files; nothing: all."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check again what failed: at once, and as often as if it were new."""
    with signed_in() as client:
        if events:
            tried = [client.retry_event(id) for text in events for id in _event_ids(client, text)]
            retried = len(tried)
        else:
            tried, retried = [], client.retry_failed()
    if as_json:
        say_json({"retried": retried, "events": tried})
    else:
        say(f"{counted(retried, 'check')} begun again. How it goes: cairn status")


def _event_ids(client: "CairnClient", text: str) -> Iterator[str]:
    if not is_remote(text):
        yield text
        return
    file = file_at(client, remote_address(text))
    for event in client.sync_events(file_id=file.file_id, status="failed"):
        yield event.event_id


def _places(
    client: "CairnClient", places: Sequence[RemoteAddress] | None, roles: Collection[str]
) -> Sequence[RemoteAddress]:
    """Those that were given, else every bucket in which the caller has one of these roles."""
    return places or [RemoteAddress(bucket.address, "") for bucket in client.buckets() if bucket.role in roles]


def _verify(client: "CairnClient", places: Sequence[RemoteAddress], *, as_json: bool) -> None:
    checks = [_check(client, place) for place in places]
    total = sum(check.files for check in checks)
    with share_bar("Verifying", is_quiet=as_json) as show:
        waiting = list(checks)
        pause, patience = threading.Event(), Patience(client.sync_summary)
        while waiting:
            left = {check: check.left() for check in waiting}
            waiting = [check for check in waiting if left[check]]
            done = total - sum(left.values())
            if waiting:
                show(done / total if total else 1.0, patience.keep() or f"{done:,} of {counted(total, 'file')}")
                pause.wait(_EVERY_SECONDS)
    failed: list[SyncEvent] = [event for check in checks for event in check.failed()]
    if as_json:
        say_json({"files": total, "failed": failed})
    else:
        for event in failed:
            say(f"FAILED {event_text(event)}")
        say(f"{counted(total, 'file')} read and hashed by the server: {_verdict(len(failed))}.")
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _check(client: "CairnClient", place: RemoteAddress) -> "Check":
    from client import NoSuchFile

    if not place.path:
        return client.check_bucket(place.bucket)
    check = client.check_files(place.bucket, files_at(client, place))
    if not check.files:
        raise NoSuchFile(f"{place}: no such file or folder")
    return check


def _verdict(failed: int) -> str:
    return f"{failed:,} failed" if failed else "all is well"


def _download(client: "CairnClient", places: Sequence[RemoteAddress], *, as_json: bool) -> None:
    from client import Damage, NoSuchFile

    files = blocks = size = 0
    damaged: list[Damage] = []
    with progress_bar("Verifying", is_quiet=as_json) as progress:
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
        verdict = f"{counted(len(damaged), 'place')} damaged" if damaged else "all is well"
        say(f"{files:,} files, {blocks:,} distinct blocks, {size_text(size)} read and hashed: {verdict}.")
    if damaged:
        raise typer.Exit(ExitCode.FAILED)
