"""Why an event failed, or how it healed, in sentences for people: a block is a part to them."""

PARTS_MISSING, PARTS_DAMAGED = "parts-missing", "parts-damaged"
DAMAGE = (PARTS_MISSING, PARTS_DAMAGED)


def parts(number: int, one: str, several: str) -> str:
    """`1 part is`, `2 parts are` …"""
    return f"1 part {one}" if number == 1 else f"{number:,} parts {several}"


def is_damaged(missing: int, damaged: int, note: str = "") -> tuple[str, str]:
    """The error and the sentence for so many parts of each kind, at least one of them. `note`: what is known of all damaged ones."""
    where = note if note.startswith("damaged on ") else "damaged on every copy"
    told = [f"{parts(missing, 'is', 'are')} missing from the store"] if missing else []
    told += [f"{parts(damaged, 'is', 'are')} {where}"] if damaged else []
    return PARTS_MISSING if missing else PARTS_DAMAGED, ", ".join(told) + "."


def was_healed(number: int, error: str | None = None, note: str = "whole again since") -> str:
    """`error`: what stood against them; `note`: from where they came."""
    words = {PARTS_MISSING: "missing", PARTS_DAMAGED: "damaged"}
    return f"{parts(number, 'was', 'were')} {words.get(error or '', 'damaged or missing')}, {note}."


def was_mended(number: int, note: str) -> str:
    """`note`: which copy was written again."""
    return f"{parts(number, 'was', 'were')} mended: {note}."
