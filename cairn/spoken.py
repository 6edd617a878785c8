"""Ages, times and counts as people say them."""

from datetime import datetime, tzinfo

_WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def age_text(seconds: float) -> str:
    """Of one unit: `40 seconds`, `1 minute`, `3 hours`, `12 days`."""
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return counted(int(seconds // size), unit)
    return counted(max(0, int(seconds)), "second")


def ago_text(seconds: float) -> str:
    return "just now" if seconds < 60 else f"{age_text(seconds)} ago"


def moment_text(at: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`14:02`, `yesterday, 18:12`, `tomorrow, 01:10`, `18 Nov, 16:20`, `18 Nov 2024`; in `zone`, None: this machine's."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    clock = f"{local:%H:%M}"
    days = (local.date() - today.date()).days
    if days in {-1, 0, 1}:
        return {-1: "yesterday, ", 0: "", 1: "tomorrow, "}[days] + clock
    day = f"{local.day} {_MONTHS[local.month - 1]}"
    return f"{day}, {clock}" if local.year == today.year else f"{day} {local.year}"


def counted(number: int, noun: str) -> str:
    """`1 file`, `2,000 files`."""
    return f"{number:,} {noun}" + "s" * (number != 1)


def counted_in_words(number: int, noun: str) -> str:
    """At the beginning of a sentence: `Two files`, `13 files`."""
    words = _WORDS[number] if number < len(_WORDS) else f"{number:,}"
    return f"{words} {noun}" + "s" * (number != 1)


def percent_text(share: float) -> str:
    """Whole; 100 % only when it is done."""
    return "100%" if share >= 1 else f"{min(99, int(share * 100))}%"
