"""How a listed file stands, on the wire: what a row says, without a second request."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from foundation.wire import Wire
from metadata.sync_model import EventStatus, FileSync, OpenChecks

SyncStatus = Annotated[
    str | None, Field(description="How its newest check stands; null: nothing is known of one. `sync` says more.")
]


class OpenCheckWire(Wire):
    """A check that is not completed; null where it is. Its share is `chunks_verified` of `total_chunks`."""

    error: str | None = Field(
        description="For programs: `parts-missing`, `parts-damaged`, `not-readable-by-owner`, `catalogue-inconsistent`, `internal`,"
        " or of what it waits for: `store-unavailable`."
    )
    reason: str | None = Field(description="For people.")
    missing_chunks: int | None = Field(description="Of one that failed with `parts-missing`.")
    chunks_verified: int
    total_chunks: int


_COMPLETED = EventStatus.COMPLETED.value
_MEMBERS = tuple(OpenCheckWire.model_fields)


def check_document(found: FileSync | None) -> dict[str, Any]:
    if found is None:
        return {"sync_status": None, "sync": None}
    is_open = found.sync_status is not EventStatus.COMPLETED
    return {"sync_status": found.sync_status, "sync": _members(found) if is_open else None}


def with_checks(items: Sequence[dict[str, Any]], checks: OpenChecks) -> Sequence[dict[str, Any]]:
    """`items`, documents of current versions, each with `sync_status` and `sync`."""
    known = {str(id): (check.status.value, _members(check)) for id, check in checks.by_version.items()}
    for item in items:
        item["sync_status"], item["sync"] = known.get(str(item["version_id"])) or _rest(item, checks.is_flooded)
    return items


def _rest(item: dict[str, Any], is_flooded: bool) -> tuple[str | None, dict[str, Any] | None]:
    # What has bytes is dated when a check of it is completed.
    if item["verified_at"] is not None or item["content_hash"] is None:
        return _COMPLETED, None
    return (EventStatus.PENDING.value, _waiting(item["num_chunks"])) if is_flooded else (None, None)


def _waiting(num_chunks: int) -> dict[str, Any]:
    return dict.fromkeys(_MEMBERS[:3]) | {"chunks_verified": 0, "total_chunks": num_chunks}


def _members(check: Any) -> dict[str, Any]:
    return {name: getattr(check, name) for name in _MEMBERS}
