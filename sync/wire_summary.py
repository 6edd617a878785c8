"""The shape of the summary on the wire: all that the page's dashboard and `cairn status` show."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from foundation.wire import Wire
from metadata import SyncFigures
from sync.health import Standing, State
from sync.summary import Safety, Summary
from sync.waiting import Facts
from sync.wire import EventWire, ScrubWire, event_document, round_document


class SentenceWire(Wire):
    state: Safety
    rest: Literal[Safety.SAFE, Safety.UNPROVED, Safety.UNKNOWN] = Field(
        description="How all is that neither failed nor is being checked."
    )
    files: int
    failed: int
    checking: int
    proved_at: datetime | None = Field(description="When the newest check ended.")
    since: datetime | None = Field(description="Since when the rest is `unknown`.")


class CountsWire(Wire):
    pending: int
    processing: int
    failed: int
    completed: int = Field(description="In the last 24 hours.")


class QueueWire(Wire):
    depth: int
    oldest_pending_at: datetime | None
    oldest_age_seconds: float | None
    reason: str | None = Field(description="Why the oldest one waits.")


class QuarterWire(Wire):
    """How many checks ended how in the quarter of an hour that begins `at`. Quarters without any are left out."""

    at: datetime
    verified: int
    healed: int
    failed: int
    retried: int


class DayWire(Wire):
    """The last 24 hours."""

    verified: int
    healed: int
    failed: int
    retried: int
    quarters: list[QuarterWire]


class WorkerWire(Wire):
    name: str
    doing: str = Field(description="What it works on; empty while it rests.")
    is_alive: bool
    started_at: datetime
    seen_at: datetime


class StandingWire(Wire):
    """Latencies are for administrators."""

    name: str
    state: State
    since: datetime = Field(description="Since when it is so, as far as this service knows.")
    problem: str | None
    milliseconds: float | None
    latencies: list[float | None] | None = Field(description="Of the last looks, oldest first; null: no answer.")


class SummaryWire(Wire):
    """Of the caller's own files; of all for administrators."""

    at: datetime
    sentence: SentenceWire
    counts: CountsWire
    queue: QueueWire
    in_work: list[EventWire] = Field(description="The 20 oldest.")
    failed: list[EventWire] = Field(description="The 20 newest.")
    damaged_files: list[EventWire] = Field(description="Those of the failed whose bytes are damaged or missing.")
    damaged_blocks: int
    missing_blocks: int
    healed: list[EventWire] = Field(description="The 20 latest.")
    day: DayWire
    checked_in_seconds: float | None = Field(description="How long the newest check took, from when it was asked for.")
    scrub: ScrubWire
    workers: list[WorkerWire] = Field(description="For administrators.")
    health: list[StandingWire]


def scrub_document(figures: SyncFigures, *, is_admin: bool) -> dict[str, Any]:
    rounds = {"round": figures.round, "last_round": figures.last_round}
    return {name: round_document(found, is_admin=is_admin) for name, found in rounds.items()}


def summary_document(found: Summary, *, is_admin: bool) -> dict[str, Any]:
    figures, facts = found.figures, Facts(found.figures.at, found.health)
    in_work = [event_document(event, known, is_admin=is_admin) for event, known in found.in_work]
    return {
        "at": figures.at,
        "sentence": _fields(found.sentence, SentenceWire),
        "counts": _fields(figures, CountsWire),
        "queue": _queue(figures, in_work),
        "in_work": in_work,
        "failed": [event_document(event, facts, is_admin=is_admin) for event in found.failed],
        "damaged_files": [event_document(event, facts, is_admin=is_admin) for event in found.damaged],
        "damaged_blocks": figures.damaged_blocks,
        "missing_blocks": figures.missing_blocks,
        "healed": [event_document(event, facts, is_admin=is_admin) for event in found.healed],
        "day": _day(figures),
        "checked_in_seconds": found.checked_in and found.checked_in.total_seconds(),
        "scrub": scrub_document(figures, is_admin=is_admin),
        "workers": [_fields(worker, WorkerWire) for worker in figures.workers] if is_admin else [],
        "health": [_standing(one, is_admin=is_admin) for one in found.health],
    }


def _fields(value: Any, shape: type[Wire]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in shape.model_fields}


def _queue(figures: SyncFigures, in_work: list[dict[str, Any]]) -> dict[str, Any]:
    oldest = figures.oldest_pending_at
    return {
        "depth": figures.pending + figures.processing,
        "oldest_pending_at": oldest,
        "oldest_age_seconds": max(0.0, (figures.at - oldest).total_seconds()) if oldest else None,
        "reason": next((event["reason"] for event in in_work), None),
    }


def _day(figures: SyncFigures) -> dict[str, Any]:
    names = [name for name in QuarterWire.model_fields if name != "at"]
    sums = {name: sum(getattr(quarter, name) for quarter in figures.day) for name in names}
    return sums | {"quarters": [_fields(quarter, QuarterWire) for quarter in figures.day]}


def _standing(one: Standing, *, is_admin: bool) -> dict[str, Any]:
    return {
        "name": one.name,
        "state": one.state,
        "since": one.since,
        "problem": one.problem or None,
        "milliseconds": one.latencies[-1] if is_admin and one.latencies else None,
        "latencies": one.latencies if is_admin else None,
    }
