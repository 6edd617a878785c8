"""`cairn scrub`."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated

import typer

from cairn.exit_codes import ExitCode
from cairn.manual import manual
from cairn.patience import Patience
from cairn.progress_bar import share_bar
from cairn.session import signed_in
from cairn.spoken import counted, moment_text
from cairn.status_text import event_text, round_text
from cairn.terminal import say, say_json
from cairn.verbs.arguments import AsJson

if TYPE_CHECKING:
    from client import CairnClient, Round, SyncEvent

app = typer.Typer()

_EVERY_SECONDS = 0.5
# What a round finds is told to the files that have the parts, and those are checked again, soon after.
_TOLD_WITHIN_SECONDS = 30.0
_QUIET_SECONDS = 4.0


@app.command(
    epilog=manual(
        {
            "cairn scrub": "begins a round at its gentle pace, or joins the one that goes on",
            "cairn scrub --now": "at full speed; waits for its end and names what it found",
        },
        answer="{round: {number, started_at, ended_at, is_urgent, share, expected_end, blocks, total_blocks, bytes, total_bytes, healed,"
        " damaged, bytes_per_second}, failed: [event], healed: [event]}; without --now both lists are empty",
        see=("status", "verify", "doctor"),
    )
)
def scrub(
    now: Annotated[bool, typer.Option("--now", help="As fast as the store reads, and wait for its end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have everything stored read and hashed again, and mended from copies where it can be. For administrators.

    The server does so by itself, one round after another; this begins the next one now. Interrupted, it goes on at the server.
    With `--now` it exits with 1 if damage remains.
    """
    with signed_in() as client:
        begun = _begin(client, is_urgent=now)
        if not now:
            _tell(begun, as_json=as_json)
            return
        ended = _waited(client, begun, is_quiet=as_json)
        failed, healed = _found(client, begun.started_at, ended)
        remains = bool(failed) or _is_damaged(client)
    if as_json:
        say_json({"round": ended, "failed": failed, "healed": healed})
    else:
        _say(ended, failed, healed)
    if remains:
        raise typer.Exit(ExitCode.FAILED)


def _begin(client: "CairnClient", *, is_urgent: bool) -> "Round":
    from foundation.problems import Problem

    try:
        return client.begin_scrub(is_urgent=is_urgent)
    except Problem as problem:
        if problem.slug == "forbidden":
            problem.detail = (
                "Rounds of proof are begun by administrators, with a token made by `cairn token create --admin`."
            )
        raise


def _tell(begun: "Round", *, as_json: bool) -> None:
    if as_json:
        say_json({"round": begun, "failed": (), "healed": ()})
        return
    ends = f", done about {moment_text(begun.expected_end, datetime.now(UTC))}" if begun.expected_end else ""
    say(f"Round {begun.number} goes on: {round_text(begun)}{ends}. How it stands: cairn status")


def _waited(client: "CairnClient", begun: "Round", *, is_quiet: bool) -> "Round":
    pause, patience = threading.Event(), Patience(client.sync_summary)
    with share_bar(f"Round {begun.number}", is_quiet=is_quiet) as show:
        while True:
            found = client.scrub()
            for one in (found.round, found.last_round):
                if one is not None and one.number >= begun.number and one.ended_at is not None:
                    return one
            hindered = patience.keep()
            if found.round is not None:
                show(found.round.share, hindered or round_text(found.round))
            pause.wait(_EVERY_SECONDS)


def _found(client: "CairnClient", since: datetime, ended: "Round") -> "tuple[Sequence[SyncEvent], Sequence[SyncEvent]]":
    """What failed and what was healed by this round, once it has been told to all files."""
    pause, before, waited, quiet = threading.Event(), None, 0.0, 0.0
    while True:
        failed = [event for event in client.sync_events(status="failed") if event.updated_at >= since]
        healed = _healed(client, since)
        seen = [(event.event_id, event.updated_at) for event in (*failed, *healed)]
        quiet = quiet + _EVERY_SECONDS if seen == before else 0.0
        is_told = bool(failed or not ended.damaged) and bool(healed or not ended.healed)
        if (is_told and (quiet >= _QUIET_SECONDS or not seen)) or waited >= _TOLD_WITHIN_SECONDS:
            return failed, healed
        before = seen
        pause.wait(_EVERY_SECONDS)
        waited += _EVERY_SECONDS


def _healed(client: "CairnClient", since: datetime) -> "list[SyncEvent]":
    latest = client.sync_events(healed=True)
    return list(takewhile(lambda event: event.healed_at is not None and event.healed_at >= since, latest))


def _is_damaged(client: "CairnClient") -> bool:
    summary = client.sync_summary()
    return bool(summary.damaged_blocks or summary.missing_blocks)


def _say(ended: "Round", failed: "Sequence[SyncEvent]", healed: "Sequence[SyncEvent]") -> None:
    for event in failed:
        say(f"DAMAGED {event_text(event)}")
    for event in healed:
        say(f"HEALED {event_text(event)}")
    parts = counted(ended.total_blocks or ended.blocks or 0, "part")
    verdict = f"{counted(len(failed), 'file')} need you" if failed else "everything is whole"
    mended = f", {counted(ended.healed, 'part')} mended" if ended.healed else ""
    say(f"Round {ended.number}: {parts} read{mended}; {verdict}.")
