"""Pages of sync events: one walk along an index for each kind of thing that the caller sees, merged. No OFFSET."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, literal, select, true, tuple_

from foundation.authorization import Action
from foundation.identity import Identity
from foundation.problems import CursorInvalid, Unauthenticated
from foundation.sql import EPOCH
from metadata.errors import FileNotFound
from metadata.event_records import IS_HEALED, IS_NOT_COMPLETED, newest_event, read_events
from metadata.model import Page
from metadata.sync_access import bucket_for_events, require_event, require_file, require_own, sees_all, shared_buckets
from metadata.sync_model import EventQuery, EventStatus, SyncEvent
from metadata.sync_schema import sync_events

# Entries of an index that a page looks at where filters hide many; the page is short then, and not the last.
_MOST_SCANNED = 5_000
_KEY = re.compile(r"([0-9]{1,17})\.([0-9a-f]{32})")
_events = sync_events.c


class _Place(NamedTuple):
    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class _Walked:
    """The places of what was found, in order; `end`: where the look ended before the end of all."""

    found: Sequence[_Place]
    end: _Place | None


def list_events(connection: Connection, caller: Identity, query: EventQuery) -> Page[SyncEvent]:
    """See SyncRecords.events. A page may be shorter than the limit, even empty, and not be the last: `next_key` alone tells."""
    walk = _Walk(connection, query)
    walked = [walk.along(source) for source in _sources(connection, caller, query)]
    ends = sorted((one.end for one in walked if one.end is not None), reverse=not query.oldest_first)
    places = sorted({place for one in walked for place in one.found}, reverse=not query.oldest_first)
    if ends:  # Behind it, what one of them has is not known yet.
        places = [place for place in places if (place <= ends[0] if query.oldest_first else place >= ends[0])]
    page = places[: query.limit]
    last = page[-1] if len(places) > query.limit else ends[0] if ends else None
    events = read_events(connection, [place.id for place in page])
    return Page([events[place.id] for place in page if place.id in events], last and _key(last))


def _sources(connection: Connection, caller: Identity, query: EventQuery) -> list[ColumnElement[bool]]:
    """Conditions of which each leads into an index; together they are what the caller sees of what is asked for."""
    if query.file_id is not None:
        event = connection.execute(newest_event(query.file_id)).one_or_none()
        if event is None:
            require_file(connection, caller, query.file_id, Action.READ_FILE)
            return []
        # By its events, not its row: what became of a purged file is told too.
        require_event(connection, caller, event, Action.READ_FILE, FileNotFound)
        if query.bucket is not None and bucket_for_events(connection, caller, query.bucket) != event.bucket:
            return []
        return [_events.bucket == event.bucket if query.healed_only else _events.file == query.file_id]
    if query.bucket is not None:
        return [_events.bucket == bucket_for_events(connection, caller, query.bucket)]
    require_own(caller, Action.LIST_BUCKETS)
    if sees_all(caller):
        return [true()]
    if caller.user is None:
        raise Unauthenticated
    return [_events.owner == caller.user, *(_events.bucket == one for one in shared_buckets(connection, caller.user))]


class _Walk:
    """Reads places in the query's order by batches, and what no index knows of them."""

    def __init__(self, connection: Connection, query: EventQuery) -> None:
        self._connection, self._query = connection, query
        moment = _events.healed_at if query.healed_only else _events.created_at
        order = (moment, _events.id) if query.oldest_first else (moment.desc(), _events.id.desc())
        rows = select(moment, _events.id, _events.file, _events.status, _events.type).order_by(*order)
        if query.healed_only:
            rows = rows.where(IS_HEALED)
        elif query.status is not None and query.status is not EventStatus.COMPLETED:
            rows = rows.where(IS_NOT_COMPLETED, _events.status == query.status.value)
        self._place, self._rows = tuple_(moment, _events.id), rows
        self._start = None if query.after is None else _place(query.after)

    def along(self, source: ColumnElement[bool]) -> _Walked:
        found: list[_Place] = []
        place, scanned, size = self._start, 0, self._query.limit + 1
        while len(found) <= self._query.limit:
            rows = self._connection.execute(self._rows.where(source, self._behind(place)).limit(size)).all()
            found += [_Place(row[0], row[1]) for row in rows if self._fits(row)]
            scanned += len(rows)
            if len(rows) < size:
                return _Walked(found, None)
            place = _Place(rows[-1][0], rows[-1][1])
            if scanned >= _MOST_SCANNED:
                return _Walked(found, place)
            size *= 2
        return _Walked(found, place)

    def _behind(self, place: _Place | None) -> ColumnElement[bool]:
        if place is None:
            return true()
        at = tuple_(literal(place.at, _events.created_at.type), literal(place.id, _events.id.type))
        return self._place > at if self._query.oldest_first else self._place < at

    def _fits(self, row: Any) -> bool:
        _, _, file, status, type_ = row
        wanted = (self._query.file_id, self._query.status, self._query.type)
        return all(want is None or is_ == want for is_, want in zip((file, status, type_), wanted, strict=True))


def _key(place: _Place) -> str:
    return f"{(place.at - EPOCH) // timedelta(microseconds=1)}.{place.id.hex}"


def _place(key: str) -> _Place:
    found = _KEY.fullmatch(key)
    if found is None:
        raise CursorInvalid
    return _Place(EPOCH + timedelta(microseconds=int(found[1])), UUID(found[2]))
