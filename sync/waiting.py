"""Why something waits and what its failure asks for, as people read it (PAGE.md "Words"). Facts in, a sentence out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from metadata import EventStatus, SyncEvent
from sync.health import Standing, State

DAMAGE = frozenset({"parts-missing", "parts-damaged"})
_ORDINALS = ("", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")
_STEPS = {
    "parts-missing": "Upload the same file again to heal it.",
    "parts-damaged": "Restore a version that is whole, or upload the same file again.",
    "not-readable-by-owner": "Upload the same file again.",
}
_TRY_AGAIN = "Try it again."


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beside the event. `behind`: how many wait before it, None where nobody has counted."""

    now: datetime
    health: Sequence[Standing] = ()
    behind: int | None = None


def reason(event: SyncEvent, facts: Facts) -> str | None:
    """Of what has ended its own; of what waits or is worked on the one that holds now."""
    if event.status is EventStatus.PROCESSING:
        return _checking(event)
    if event.status is not EventStatus.PENDING:
        return event.reason
    if hindrance := _hindrance(facts.health):
        return f"Waiting: {hindrance}"
    if event.attempts:
        return f"{_again_because(event, facts)}. {_retry(event, facts.now)}"
    return _turn(facts.behind)


def next_step(event: SyncEvent) -> str | None:
    """What a person can do about a failure; None where there is none."""
    return _STEPS.get(event.error or "", _TRY_AGAIN) if event.status is EventStatus.FAILED else None


def _checking(event: SyncEvent) -> str:
    if not event.total_chunks:
        return "Checking"
    return f"Checking: {event.chunks_verified:,} of {event.total_chunks:,} parts"


def _turn(behind: int | None) -> str:
    match behind:
        case None | 0:
            return "Waiting its turn"
        case 1:
            return "Waiting its turn behind one other"
        case _:
            return f"Waiting its turn behind {behind:,} others"


def _hindrance(health: Sequence[Standing]) -> str:
    """What keeps every check from being done."""
    down = {one.name: one for one in health if one.state is State.DOWN}
    for name, text in (("store", "the store does not answer"), ("worker", "no worker is at work")):
        if name in down:
            return f"{text} since {down[name].since:%H:%M} UTC"
    return ""


def _again_because(event: SyncEvent, facts: Facts) -> str:
    if event.reason:
        return event.reason.rstrip(".")
    hampered = [one.name for one in facts.health if one.is_copy and one.state is not State.UP]
    return f"Waiting: {hampered[0]} is slow" if hampered else "Waiting"


def _retry(event: SyncEvent, now: datetime) -> str:
    number = event.attempts + 1
    which = _ORDINALS[number] if number < len(_ORDINALS) else "Next"
    seconds = 0.0 if event.next_attempt_at is None else (event.next_attempt_at - now).total_seconds()
    return f"{which} try now" if seconds < 1 else f"{which} try in {duration(seconds)}"


def duration(seconds: float) -> str:
    """In words, of one unit: "40 seconds", "1 minute", "3 hours"."""
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return _counted(round(seconds / size), unit)
    return _counted(round(seconds), "second")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" + "s" * (number != 1)
