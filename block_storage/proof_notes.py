"""What the looks at every copy of a block come to, and the sentences that say it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from block_storage.errors import StorageFull
from block_storage.seam import Health, Proof
from foundation.problems import Problem

CODEC_UNKNOWN = Proof(Health.UNKNOWN, "stored in a form that this version cannot read")


class Look(StrEnum):
    """What reading one copy showed, in a note's words."""

    RIGHT = "right"
    WRONG = "damaged"
    UNREADABLE = "not readable"  # Its disk is there and refuses just this, or it is no file.
    ABSENT = "missing"
    AWAY = "out of reach"  # Its folder is not there, or nothing can be read at the moment.


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy after the attempt to make it right: None, or why it was not written again."""

    look: Look
    is_mended: bool = False
    problem: Problem | None = None


def proof(copies: Sequence[Copy], were_set_aside: bool = False) -> Proof:
    """`were_set_aside`: bytes of it were, at some time."""
    looks = [copy.look for copy in copies]
    if Look.RIGHT in looks:
        return _usable(copies, looks.index(Look.RIGHT) + 1)
    note = "; ".join(_on(looks, look) for look in Look if look in looks)
    if Look.AWAY in looks:
        return Proof(Health.UNKNOWN, note)
    if set(looks) == {Look.ABSENT}:
        return Proof(Health.DAMAGED, "damaged, set aside") if were_set_aside else Proof(Health.MISSING, note)
    return Proof(Health.DAMAGED, note)


def _usable(copies: Sequence[Copy], source: int) -> Proof:
    notes = [_sentence(number, copy, source) for number, copy in enumerate(copies, 1) if copy.look is not Look.RIGHT]
    mended = sum(copy.is_mended for copy in copies)
    return Proof(Health.WHOLE if mended == len(notes) else Health.PARTIAL, "; ".join(notes), mended)


def _sentence(number: int, copy: Copy, source: int) -> str:
    if copy.look is Look.AWAY:
        return f"copy {number} is {copy.look}"
    if copy.is_mended:
        return f"copy {number} was {copy.look}, written again from copy {source}"
    # Its text names folders, which not everybody who reads notes may know.
    why = (
        ", and there is no room to write it again"
        if isinstance(copy.problem, StorageFull)
        else " and cannot be written again"
    )
    return f"copy {number} is {copy.look}{why}"


def _on(looks: Collection[Look], look: Look) -> str:
    numbers = [str(number) for number, each in enumerate(looks, 1) if each is look]
    if len(looks) == 1:
        return f"{look} on its only copy"
    if len(numbers) == len(looks):
        return f"{look} on all {len(looks)} copies"
    if len(numbers) == 1:
        return f"{look} on copy {numbers[0]}"
    return f"{look} on copies {', '.join(numbers[:-1])} and {numbers[-1]}"
