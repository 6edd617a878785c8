"""One run of `cairn verify --heal`: what the server lacks, found in a folder, sent, and seen to be whole again."""

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cairn.exit_codes import refused_code
from cairn.progress_bar import progress_bar
from cairn.spoken import counted
from cairn.status_text import event_text
from cairn.terminal import note, say, say_json, shown, size_text

if TYPE_CHECKING:
    from client import CairnClient, Healing, SyncEvent, Unusual

_EVERY_SECONDS = 0.5
_CHECKED_WITHIN_SECONDS = 120.0
# Checks that ended as they were, this long after nothing moved any more, will not change by what was sent.
_QUIET_SECONDS = 5.0
_MOST_TOLD = 20


def heal(client: "CairnClient", folder: Path, *, is_rehearsal: bool, as_json: bool) -> None:
    """Exits with 0 if nothing is wanted any more, 7 if some of it is, 1 if none of it was found."""
    if not folder.is_dir():
        raise typer.BadParameter(f"{str(folder)!r} is no folder")
    wanted = client.wanted()
    failed = {event.event_id for event in client.sync_events(status="failed")} if wanted else set()
    left_out: list[Unusual] = []

    def leave_out(unusual: "Unusual") -> None:
        if as_json:
            left_out.append(unusual)
        else:
            note(f"cairn: {shown(unusual.place)} is left out: {shown(unusual.reason)}")

    with progress_bar("Looking through", is_quiet=as_json) as progress:
        found = client.heal(folder, wanted, progress, leave_out, is_rehearsal=is_rehearsal)
    left = found.left if is_rehearsal else set(wanted) & set(client.wanted())
    is_checked = not found.found or is_rehearsal or _checked(client, failed, is_whole=not left)
    healed = len(wanted) - len(left)
    if as_json:
        amounts = {"wanted": len(wanted), "found": found.found, "healed": 0 if is_rehearsal else healed}
        looked = {"files": found.files, "bytes": found.bytes, "places": found.places, "left_out": left_out}
        say_json(amounts | {"left": sorted(id.hex() for id in left)} | looked | {"is_checked": is_checked})
    else:
        _say(found, healed, is_rehearsal=is_rehearsal)
        if not is_checked:
            say("Not all files that have them are checked yet. How it goes: cairn status")
        _say_left(client, len(left))
    if left:
        raise typer.Exit(refused_code(found.found))


def _say(found: "Healing", healed: int, *, is_rehearsal: bool) -> None:
    if not found.wanted:
        say("Nothing is wanted: the server has every part of your files.")
        return
    for place in found.places[:_MOST_TOLD]:
        say(f"{shown(place)} has parts that are wanted")
    if len(found.places) > _MOST_TOLD:
        say(f"and {len(found.places) - _MOST_TOLD:,} other files have some")
    looked = f"{counted(found.files, 'file')}, {size_text(found.bytes)} looked through"
    of = f"{found.found:,} of {counted(found.wanted, 'wanted part')}"
    if is_rehearsal:
        say(f"{looked}: {of} are here. Nothing was sent.")
    else:
        say(f"{looked}: {of} found and sent, {healed:,} healed.")


def _say_left(client: "CairnClient", left: int) -> None:
    if not left:
        return
    say(f"{counted(left, 'part')} still wanted. Without them:")
    for number, event in enumerate(client.sync_events(status="failed")):
        if number == _MOST_TOLD:
            say("  and others")
            break
        say(f"  {event_text(event)}")


def _checked(client: "CairnClient", failed: set[str], *, is_whole: bool) -> bool:
    """Wait until the files that had failed are checked again. False: some still are not, and the time for it is over."""
    pause, began = threading.Event(), time.monotonic()
    before, quiet_since = None, began
    while time.monotonic() - began < _CHECKED_WITHIN_SECONDS:
        states = _states(client, failed)
        if not states:
            return True
        if states != before:
            before, quiet_since = states, time.monotonic()
        is_still = set(states.values()) == {"failed"} and time.monotonic() - quiet_since >= _QUIET_SECONDS
        if is_still and not is_whole:
            return True
        pause.wait(_EVERY_SECONDS)
    return False


def _states(client: "CairnClient", failed: set[str]) -> dict[str, str]:
    """How those that are not completed stand."""

    def listed(status: str) -> "list[SyncEvent]":
        return [event for event in client.sync_events(status=status) if event.event_id in failed]

    return {event.event_id: event.status for status in ("failed", "pending", "processing") for event in listed(status)}
