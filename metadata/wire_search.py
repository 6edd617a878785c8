"""Shapes of statistics on the wire."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from foundation.wire import Wire
from metadata.search_model import DayFigures, Figures
from metadata.wire import document_of


class BucketFiguresWire(Wire):
    id: UUID
    name: str
    title: str
    files: int
    versions: int
    logical_bytes: int = Field(description="Of current versions.")
    version_bytes: int = Field(description="Of all versions, those in the trash too.")


class StatisticsWire(Wire):
    """Stored bytes are of blocks distinct within these buckets, whoever else holds them; null while they take too long to count."""

    num_buckets: int
    files: int
    versions: int
    logical_bytes: int = Field(description="Of current versions.")
    version_bytes: int = Field(description="Of all versions, those in the trash too.")
    blocks: int | None
    stored_bytes: int | None
    saved_bytes: int | None = Field(description="What versions would take more, if each had its own blocks.")
    dedup_ratio: float | None = Field(description="Bytes of versions to stored bytes; 1 where nothing is stored.")
    as_of: datetime | None = Field(description="When blocks were counted.")
    buckets: list[BucketFiguresWire] = Field(description="By name, at most 1,000.")
    top: list[BucketFiguresWire] = Field(description="The ten with the most bytes of versions.")


class DayWire(Wire):
    day: date = Field(description="In UTC; the figures are of its end, of today's of the present moment.")
    files: int
    versions: int
    logical_bytes: int = Field(description="Of current versions.")
    version_bytes: int = Field(description="Of all versions, those in the trash too.")


class GrowthWire(Wire):
    items: list[DayWire] = Field(description="The oldest first. A day on which the server did not look is left out.")


class StoreStatisticsWire(Wire):
    users: int
    buckets: int
    blocks: int
    plain_bytes: int
    stored_bytes: int = Field(description="As compressed.")
    dead_names: int = Field(description="How many wait to be erased.")
    as_of: datetime


def day_document(found: DayFigures) -> dict[str, Any]:
    return document_of(found, DayWire) | {"day": found.day.date()}


def statistics_document(found: Figures) -> dict[str, Any]:
    stored = found.stored
    counted = stored and {
        "blocks": stored.blocks,
        "stored_bytes": stored.stored_bytes,
        "saved_bytes": stored.version_bytes - stored.stored_bytes,
        "dedup_ratio": round(stored.version_bytes / stored.stored_bytes, 4) if stored.stored_bytes else 1.0,
        "as_of": stored.as_of,
    }
    unknown = dict.fromkeys(("blocks", "stored_bytes", "saved_bytes", "dedup_ratio", "as_of"))
    sums = ("num_buckets", "files", "versions", "logical_bytes", "version_bytes")
    return {
        **{name: getattr(found, name) for name in sums},
        **(counted or unknown),
        "buckets": [document_of(one, BucketFiguresWire) for one in found.buckets],
        "top": [document_of(one, BucketFiguresWire) for one in found.top],
    }
