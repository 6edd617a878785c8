"""The catalogue in another process: every seam over HTTP, by the table of calls."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

import orjson

from foundation.http_room import RoomClient
from foundation.identity import NOBODY, Identity
from foundation.internal_calls import INTERNAL
from foundation.problems import Problem
from metadata.batch import Result
from metadata.calls import SEAMS, WHOLE, Call
from metadata.catalogue import Catalogue
from metadata.model import FileVersion, ListQuery
from metadata.parts import Found
from metadata.seams import CommitRequest, Files
from metadata.sync_seams import SyncRecords

_JSON = {"Content-Type": "application/json"}


def http_catalogue(room: RoomClient) -> Catalogue:
    """The catalogue that the room at the other end serves; `room` is closed with it.

    A call whose outcome is unknown is repeated only if its Protocol says that it may be; else it raises OutcomeUnknown.
    """
    seams = {name: _HttpSeam(room, calls) for name, calls in SEAMS.items()}
    return Catalogue(
        **cast(Any, seams | {"commits": _HttpCommits(room, SEAMS["commits"])}),
        listings=_HttpListings(cast(Files, seams["files"]), cast(SyncRecords, seams["sync_records"])),
        ready=room.ready,
        is_new=partial(_ask, room, WHOLE["is_new"]),
        close=room.close,
    )


def _ask(room: RoomClient, call: Call, *arguments: Any, **named: Any) -> Any:
    bound = call.bound(*arguments, **named)
    return _asked(room, call, bound.get("caller", NOBODY), bound)


def _asked(room: RoomClient, call: Call, caller: Identity, bound: Mapping[str, Any]) -> Any:
    answer = room.call(
        "POST",
        INTERNAL + call.path,
        is_repeatable=call.may_be_repeated(bound),
        acting_for=caller,
        content=call.request(caller, bound),
        headers=_JSON,
    )
    return call.result_from(answer.content)


class _HttpSeam:
    """Any seam: its methods are those of its Protocol."""

    def __init__(self, room: RoomClient, calls: Mapping[str, Call]) -> None:
        for name, call in calls.items():
            setattr(self, name, partial(_ask, room, call))


class _HttpCommits(_HttpSeam):
    """A request over HTTP acts for one person: commits of several are several requests."""

    def __init__(self, room: RoomClient, calls: Mapping[str, Call]) -> None:
        super().__init__(room, {name: call for name, call in calls.items() if name != "commit"})
        self._room, self._commit = room, calls["commit"]

    def commit(self, requests: Sequence[CommitRequest]) -> Sequence[Result | Problem]:
        answers: dict[int, Result | Problem] = {}
        for caller in dict.fromkeys(request.caller for request in requests):
            places = [place for place, request in enumerate(requests) if request.caller == caller]
            theirs = {"requests": [requests[place] for place in places]}
            answers |= zip(places, _asked(self._room, self._commit, caller, theirs), strict=True)
        return [answers[place] for place in range(len(requests))]


class _HttpListings:
    """Light listings made of whole ones."""

    def __init__(self, files: Files, records: SyncRecords) -> None:
        self._files, self._records = files, records

    def entries(self, caller: Identity, bucket: str, query: ListQuery) -> Found:
        listing = self._files.list(caller, bucket, query)
        checks = self._records.open_checks(caller, {one.version_id: one.file_id for one in listing.items})
        return Found([_row(version) for version in listing.items], listing.prefixes, listing.next_key, checks)


def _row(version: FileVersion) -> tuple[Any, ...]:
    """What metadata.rows.entry_from takes."""
    return (
        version.path, version.file_id, version.version_id, version.size, version.num_chunks, version.content_hash,
        version.etag, version.content_type, version.kind.value, version.executable, orjson.dumps(version.tags).decode(),
        version.modified_at, version.created_at, version.verified_at, version.deleted_at,
    )  # fmt: skip
