"""What the dashboard and the terminal say, as facts: how safe everything is, what waits, failed, was healed, and how all parts are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import chain

from anyio.to_thread import run_sync

from foundation.identity import Identity
from metadata import EventQuery, EventStatus, SyncEvent, SyncFigures
from sync.door import Door
from sync.health import Standing, State
from sync.waiting import DAMAGE, Facts

SHOWN = 20
_FAILED_LOOKED_AT = 200
# A round that begins on its day needs some to end.
GRACE = 1.25


class Safety(StrEnum):
    """The one sentence of truth."""

    SAFE = "safe"
    CHECKING = "checking"
    NEEDS_YOU = "needs-you"
    UNPROVED = "unproved"  # nothing was read back yet, or not for longer than a round is promised to take
    UNKNOWN = "unknown"  # what would tell does not answer


@dataclass(frozen=True, slots=True)
class Sentence:
    """`failed`, `checking`: changes. `rest`: all that neither failed nor is checked: SAFE, UNPROVED or UNKNOWN, which it is `since`."""

    state: Safety
    rest: Safety
    files: int
    failed: int
    checking: int
    proved_at: datetime | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Summary:
    """`in_work`: the oldest, each with how many wait before it. `checked_in`: how long the newest finished check took."""

    figures: SyncFigures
    sentence: Sentence
    failed: Sequence[SyncEvent]
    damaged: Sequence[SyncEvent]
    in_work: Sequence[tuple[SyncEvent, Facts]]
    healed: Sequence[SyncEvent]
    checked_in: timedelta | None
    health: Sequence[Standing]


async def summary(door: Door, caller: Identity) -> Summary:
    """Of the caller's own files; of all for an administrator. Raises Forbidden, DatabaseUnavailable."""
    figures = await run_sync(door.records.figures, caller)
    health = await door.health.look()
    ask = partial(_listed, door, caller)
    failed = await ask(EventQuery(EventStatus.FAILED, limit=_FAILED_LOOKED_AT)) if figures.failed else ()
    healed = await ask(EventQuery(healed_only=True, limit=SHOWN))
    newest = await ask(EventQuery(EventStatus.COMPLETED, limit=1)) if figures.completed else ()
    return Summary(
        figures=figures,
        sentence=sentence(figures, health, door.round_every),
        failed=failed[:SHOWN],
        damaged=[event for event in failed if event.error in DAMAGE][:SHOWN],
        in_work=await _in_work(door, caller, figures, health),
        healed=healed,
        checked_in=newest[0].updated_at - newest[0].waits_since if newest and newest[0].attempts == 1 else None,
        health=health,
    )


def sentence(figures: SyncFigures, health: Sequence[Standing], round_every: timedelta) -> Sentence:
    """A failure is told whatever else is not known; "safe" needs a proof of everything within the promised round."""
    checking = figures.pending + figures.processing
    unknown = [one.since for one in health if one.state is State.DOWN and one.name in {"database", "store", "worker"}]
    since = min(unknown, default=None)
    rest = Safety.SAFE if _is_proved(figures, round_every) else Safety.UNPROVED
    if since is not None:
        rest = Safety.UNKNOWN
    state = rest
    if figures.failed or figures.damaged_blocks or figures.missing_blocks:
        state = Safety.NEEDS_YOU
    elif checking and since is None:
        state = Safety.CHECKING
    return Sentence(state, rest, figures.files, figures.failed, checking, figures.proved_at, since)


def _is_proved(figures: SyncFigures, round_every: timedelta) -> bool:
    """`oldest_proof` None: there is nothing that could be read back."""
    if figures.files and figures.proved_at is None:
        return False
    return figures.oldest_proof is None or figures.at - figures.oldest_proof <= round_every * GRACE


async def _in_work(
    door: Door, caller: Identity, figures: SyncFigures, health: Sequence[Standing]
) -> Sequence[tuple[SyncEvent, Facts]]:
    """The oldest of those worked on and of those that wait."""
    found = []
    for status, number, before in (
        (EventStatus.PROCESSING, figures.processing, 0),
        (EventStatus.PENDING, figures.pending, figures.processing),
    ):
        query = EventQuery(status, oldest_first=True, limit=SHOWN)
        events = await _listed(door, caller, query) if number else ()
        found.append([(event, Facts(figures.at, health, before + place)) for place, event in enumerate(events)])
    return sorted(chain(*found), key=lambda one: one[0].created_at)[:SHOWN]


async def _listed(door: Door, caller: Identity, query: EventQuery) -> Sequence[SyncEvent]:
    return (await run_sync(door.records.events, caller, query)).items
