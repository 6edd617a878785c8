"""`cairn status`."""

import signal
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cairn.exit_codes import ExitCode
from cairn.manual import manual
from cairn.session import signed_in
from cairn.status_text import Line, StatusText
from cairn.terminal import say, say_json
from cairn.verbs.arguments import AsJson

if TYPE_CHECKING:
    from rich.console import Group

    from client import CairnClient, SyncSummary

app = typer.Typer()

_EVERY_SECONDS = 2.0
# Where nothing is known of the pace yet.
_FIRST_PACE = timedelta(hours=1)


@app.command(
    epilog=manual(
        {
            "cairn status": "is everything safe, and if not, what to do",
            "cairn status --watch": "goes on showing it, until Ctrl C",
            "cairn status --json": "for a nightly job; exits with 1 if something needs you",
        },
        answer="{at, sentence: {state, rest, files, failed, checking, proved_at, since}, counts, queue, in_work: [event], failed: [event],"
        " damaged_files: [event], damaged_blocks, missing_blocks, healed: [event], day, checked_in_seconds, scrub, workers, health}",
        see=("verify", "retry", "scrub", "doctor"),
    )
)
def status(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it anew every two seconds, until Ctrl C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how safe everything is: what needs you and why, what is in work, what was healed, how far the round of proof is.

    Of your own files; of all for an administrator. Exits with 0 if nothing needs anybody (also while files are being checked), 1 if
    something needs you or was not proved for too long, 3 if it is not known. `--watch` ends with 0.
    """
    if watch and (as_json or not sys.stdout.isatty()):
        raise typer.BadParameter("--watch is for people at a terminal")
    with signed_in(is_patient=not watch) as client:
        if watch:
            _watch(client)
            return
        summary = client.sync_summary()
    if as_json:
        say_json(summary)
    else:
        _say(list(StatusText(summary).lines()))
    raise typer.Exit(status_code(summary))


def status_code(summary: "SyncSummary") -> ExitCode:
    """What is not known is neither well nor ill. What was not proved in time needs somebody, but in a first round that goes on."""
    told = summary.sentence
    match told.state:
        case "safe":
            return ExitCode.DONE
        case "checking" if told.rest == "safe" or told.proved_at is None:
            return ExitCode.DONE
        case "checking" | "unproved" if _is_first_proof(summary):
            return ExitCode.DONE
        case "checking" | "needs-you" | "unproved":
            return ExitCode.FAILED
        case _:
            return ExitCode.NOT_ASKED


def _is_first_proof(summary: "SyncSummary") -> bool:
    """Whether the first round goes on, and is where it said that it would be: one that is stuck proves nothing."""
    running = summary.scrub.round
    if running is None or running.ended_at is not None or summary.scrub.last_round is not None:
        return False
    return summary.at <= (running.expected_end or running.started_at + _FIRST_PACE)


def _say(lines: list[Line]) -> None:
    if not sys.stdout.isatty():
        for line in lines:
            say(line.text)
        return
    from rich.console import Console

    Console(highlight=False).print(_drawn(lines))


def _drawn(lines: list[Line]) -> "Group":
    from rich.console import Group
    from rich.text import Text

    return Group(*(Text(line.text, line.style) for line in lines))


def _watch(client: "CairnClient") -> None:
    """Until Ctrl C. A server that goes away is told of, with what was known last."""
    from rich.console import Console
    from rich.live import Live

    known: list[Line] = []
    ended = threading.Event()

    def end(*_: object) -> None:
        # Whatever is asked is given up; where an exception cannot get through, as from a finalizer, the next turn is the last.
        ended.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, end)
    try:
        with Live(console=Console(highlight=False), auto_refresh=False, vertical_overflow="crop") as live:
            while not ended.is_set():
                known = _look(client, known)
                live.update(_drawn(known), refresh=True)
                ended.wait(_EVERY_SECONDS)
    except KeyboardInterrupt:
        pass


def _look(client: "CairnClient", known: list[Line]) -> list[Line]:
    """Raises what will not pass by itself."""
    from datetime import UTC, datetime

    from foundation.problems import Problem

    try:
        return list(StatusText(client.sync_summary()).lines())
    except Problem as problem:
        if problem.status < 500 and problem.status != 429:
            raise
    if known and known[0].text.startswith("Not known"):
        return known
    now = datetime.now(UTC).astimezone()
    first = Line(f"Not known since {now:%H:%M}: the server does not answer. It looked like this before:", "bold yellow")
    return [first, Line(""), *(Line(line.text, "dim") for line in known)]
