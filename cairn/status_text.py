"""What `cairn status` shows, line by line: the same truth as the page's, in the same words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from cairn.spoken import age_text, ago_text, counted, counted_in_words, moment_text, percent_text
from cairn.terminal import shown, size_text

if TYPE_CHECKING:
    from client import Quarter, Round, SyncEvent, SyncSummary

_BAR_CELLS = 24
_BARS = " ▏▎▍▌▋▊▉█"
_GROUP_HOURS = 4
_DOWN = {
    "database": "the catalogue does not answer",
    "store": "the store does not answer",
    "worker": "no worker is at work",
}


@dataclass(frozen=True, slots=True)
class Line:
    """`style`: as rich calls it; what it says must be in the text as well."""

    text: str
    style: str = ""


class StatusText:
    """Of one summary. Times are told in `zone`, None: this machine's."""

    def __init__(self, summary: "SyncSummary", zone: tzinfo | None = None) -> None:
        self._of, self._zone = summary, zone

    def lines(self) -> Iterator[Line]:
        yield self._sentence()
        yield Line(self._proof(), "dim")
        for section in (
            self._needs_you,
            self._in_work,
            self._day,
            self._healed,
            self._round,
            self._health,
            self._workers,
        ):
            found = list(section())
            if found:
                yield Line("")
                yield from found

    def _sentence(self) -> Line:
        told = self._of.sentence
        match told.state:
            case "safe":
                return Line("Everything is safe.", "bold green")
            case "checking":
                number, are = counted(told.checking, "file"), "is" if told.checking == 1 else "are"
                return Line(f"{number} {are} being checked.{self._rest('Everything else is safe.')}", "bold")
            case "needs-you" if told.failed:
                need = "needs" if told.failed == 1 else "need"
                checking = f" {told.checking:,} {'is' if told.checking == 1 else 'are'} being checked."
                others = max(0, told.files - told.failed - told.checking)
                rest = (
                    self._rest(f"The other {others:,} are safe." if others > 1 else "The other one is safe.")
                    if others
                    else ""
                )
                text = f"{counted_in_words(told.failed, 'file')} {need} you."
                return Line(text + checking * bool(told.checking) + rest, "bold red")
            case "needs-you":
                return Line("Parts are damaged. Which files they belong to is being found out.", "bold red")
            case "unproved":
                return Line(self._unproved(), "bold yellow")
            case _:
                return Line(f"Not known{self._since()}: {self._cause()}.", "bold yellow")

    def _rest(self, safe: str) -> str:
        """`safe`: what is said where all else is."""
        told = self._of.sentence
        match told.rest:
            case "safe":
                return f" {safe}"
            case "unproved":
                return " Not everything else was read again in time." if told.proved_at else ""
            case _:
                return f" Of all else nothing is known{self._since()}: {self._cause()}."

    def _since(self) -> str:
        since = self._of.sentence.since
        return f" since {self._moment(since)}" if since else ""

    def _unproved(self) -> str:
        rounds = self._of.scrub
        first = "Nothing is proved yet." if rounds.last_round is None else "Not everything was read again in time."
        if rounds.round is None or rounds.round.ended_at or rounds.round.expected_end is None:
            return first
        which = "The first round" if rounds.last_round is None else "The present round"
        return f"{first} {which} ends about {self._moment(rounds.round.expected_end)}."

    def _cause(self) -> str:
        return hindrance(self._of) or "the sync service does not answer"

    def _proof(self) -> str:
        proved = self._of.sentence.proved_at
        return f"Last proved {ago_text(self._age(proved))}." if proved else "Nothing was read back yet."

    def _needs_you(self) -> Iterator[Line]:
        failed = self._of.failed
        if not failed:
            return
        yield Line(f"Needs you  {self._of.counts.failed:,}", "bold")
        for event in failed:
            yield Line(f"  ! {_name(event)}  ({age_text(self._age(event.updated_at))})", "red")
            told = [event.reason or "It could not be checked.", event.next_step or "Try it again: cairn retry"]
            yield Line("    " + " ".join(shown(one) for one in told))
        yield from _more(self._of.counts.failed, failed)
        yield Line("  Whoever still has the files heals them: cairn verify --heal FOLDER", "dim")

    def _in_work(self) -> Iterator[Line]:
        queue = self._of.queue
        if not queue.depth:
            return
        oldest = f"   oldest: {age_text(self._age(queue.oldest_pending_at))}" if queue.oldest_pending_at else ""
        yield Line(f"In work  {queue.depth:,}{oldest}", "bold")
        for event in self._of.in_work:
            worker = f", by {shown(event.worker)}" if event.worker and event.status == "processing" else ""
            yield Line(f"  {_name(event)}  ({age_text(self._age(event.created_at))})")
            yield Line(f"    {shown(event.reason or 'Waiting its turn')}{worker}", "dim")
        yield from _more(queue.depth, self._of.in_work)

    def _day(self) -> Iterator[Line]:
        day = self._of.day
        yield Line("Outcomes, last 24 hours", "bold")
        yield Line(
            f"  {day.verified:,} verified, {day.healed:,} healed, {day.failed:,} failed, {day.retried:,} retried"
        )
        if not day.quarters:
            return
        groups = self._groups(day.quarters)
        most = max(verified for _, verified, _, _ in groups)
        width = max(len(f"{verified:,}") for _, verified, _, _ in groups)
        for begin, verified, healed, failed in groups:
            marks = f"   {healed:,} healed" * bool(healed) + f"   ! {failed:,} failed" * bool(failed)
            hours = f"{self._clock(begin)} to {self._clock(begin + timedelta(hours=_GROUP_HOURS))}"
            yield Line(f"  {hours}  {_bar(verified, most)}  {verified:>{width},}{marks}")

    def _groups(self, quarters: "Sequence[Quarter]") -> list[tuple[datetime, int, int, int]]:
        """Verified, healed, failed, of every four hours of the day that ends with the next full hour."""
        end = self._of.at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        begins = [end - timedelta(hours=hours) for hours in range(24, 0, -_GROUP_HOURS)]
        groups = []
        for begin in begins:
            there = [one for one in quarters if begin <= one.at < begin + timedelta(hours=_GROUP_HOURS)]
            if begin == begins[0]:
                there += [one for one in quarters if one.at < begin]
            sums = (sum(getattr(one, name) for one in there) for name in ("verified", "healed", "failed"))
            groups.append((begin, *sums))
        return groups

    def _healed(self) -> Iterator[Line]:
        if not self._of.healed:
            return
        yield Line("Healed lately", "bold")
        for event in self._of.healed[:5]:
            when = f"  ({self._moment(event.healed_at)})" if event.healed_at else ""
            yield Line(f"  {_name(event)}{when}")
            if event.reason:
                yield Line(f"    {shown(event.reason)}", "dim")

    def _round(self) -> Iterator[Line]:
        running, last = self._of.scrub.round, self._of.scrub.last_round
        if running is None:
            return
        yield Line(f"Proof round {running.number}", "bold")
        if running.ended_at is None:
            yield Line(f"  {round_text(running)}{self._ends(running)}")
        if last is not None and last.ended_at is not None:
            yield Line(f"  Last full round: {self._moment(last.ended_at)}{_outcome(last)}.", "dim")

    def _ends(self, running: "Round") -> str:
        return f", done about {self._moment(running.expected_end)}" if running.expected_end else ""

    def _health(self) -> Iterator[Line]:
        if not self._of.health:
            return
        yield Line("Health", "bold")
        width = max(len(shown(one.name)) for one in self._of.health)
        for one in self._of.health:
            latency = "" if one.milliseconds is None else f"{one.milliseconds:,.1f} ms".rjust(12)
            since = "" if one.state == "up" else f"  since {self._moment(one.since)}"
            why = f"  {shown(one.problem)}" if one.problem and one.state != "up" else ""
            style = {"up": "", "slow": "yellow"}.get(one.state, "red")
            text = f"  {shown(one.name).ljust(width)}  {shown(one.state):<4}{latency}{since}{why}"
            yield Line(text.rstrip(), style)

    def _workers(self) -> Iterator[Line]:
        if not self._of.workers:
            return
        yield Line("Workers", "bold")
        width = max(len(shown(one.name)) for one in self._of.workers)
        for one in self._of.workers:
            doing = (shown(one.doing) or "rests") if one.is_alive else f"not seen since {self._moment(one.seen_at)}"
            yield Line(f"  {shown(one.name).ljust(width)}  {doing}", "" if one.is_alive else "yellow")

    def _age(self, at: datetime) -> float:
        return max(0.0, (self._of.at - at).total_seconds())

    def _moment(self, at: datetime) -> str:
        return moment_text(at, self._of.at, self._zone)

    def _clock(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%H:%M}"


def hindrance(summary: "SyncSummary") -> str:
    """What keeps every check from going on; "" for nothing."""
    return next((_DOWN[one.name] for one in summary.health if one.state == "down" and one.name in _DOWN), "")


def round_text(running: "Round") -> str:
    """How far a round of proof is: `62%, 150 of 242 parts, 84.0 MiB/s`."""
    parts = [percent_text(running.share)]
    if running.blocks is not None and running.total_blocks is not None:
        parts.append(f"{running.blocks:,} of {counted(running.total_blocks, 'part')}")
    if running.bytes_per_second:
        parts.append(f"{size_text(running.bytes_per_second)}/s")
    return ", ".join(parts)


def event_text(event: "SyncEvent") -> str:
    """A failure on one line: its name and why."""
    return f"{_name(event)}: {shown(event.reason or event.error or event.status)}"


def _outcome(last: "Round") -> str:
    if last.damaged is None or last.healed is None:
        return ""
    if not last.damaged and not last.healed:
        return ", everything whole"
    return f", {counted(last.damaged, 'part')} damaged, {last.healed:,} healed"


def _name(event: "SyncEvent") -> str:
    """`Studio: drawings/hut.blend`; of what is gone whatever still tells it."""
    bucket = shown(event.bucket or "a bucket that is gone")
    return f"{bucket}: {shown(event.path)}" if event.path is not None else bucket


def _more(total: int, told: "Sequence[SyncEvent]") -> Iterator[Line]:
    if total > len(told):
        yield Line(f"  and {total - len(told):,} more", "dim")


def _bar(value: int, most: int) -> str:
    """Zero-based, as long as the share of `most`; never nothing for something."""
    eighths = 0 if not most else max(bool(value), value * _BAR_CELLS * 8 // most)
    full, rest = divmod(eighths, 8)
    return ("█" * full + _BARS[rest].strip()).ljust(_BAR_CELLS)
