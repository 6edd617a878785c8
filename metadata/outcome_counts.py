"""How many checks ended how, by owner and quarter of an hour."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from foundation.sql import EPOCH, insert_adding
from metadata.sync_schema import sync_outcomes

QUARTER = timedelta(minutes=15)
KINDS = ("verified", "healed", "failed", "retried")


class Ended(NamedTuple):
    """`kind`: one of KINDS."""

    owner: UUID
    kind: str


def count_ended(connection: Connection, ended: Sequence[Ended], moment: datetime) -> None:
    """Add to the quarter of `moment`, in the order of owners, so that two who count never wait for each other in a ring."""
    numbers = Counter(ended)
    begun = EPOCH + (moment - EPOCH) // QUARTER * QUARTER
    owners = sorted({one.owner for one in ended})
    rows = [{"owner": owner, "at": begun} | {kind: numbers[Ended(owner, kind)] for kind in KINDS} for owner in owners]
    insert_adding(connection, sync_outcomes, ("owner", "at"), rows)
