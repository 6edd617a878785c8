"""How everything stands on the server: what is verified, what failed and why, what is wanted again, how far the round of proof is."""

from collections.abc import Iterator
from typing import Any, TypeVar

from client.addresses import segment
from client.answers import checked, count, items, pages
from client.asking import SMALL_PAGE, Asking
from client.errors import AnswerInvalid
from client.sync_answers import value_from
from client.sync_model import AskedCheck, Round, Scrub, SyncEvent, SyncSummary
from foundation.blocks import MAX_BLOCK_BYTES, BlockId

T = TypeVar("T")


class SyncStatus(Asking):
    """Of the caller's own files; of all for an administrator."""

    def sync_summary(self) -> SyncSummary:
        """All that the dashboard shows, at most a second old."""
        return self._value(SyncSummary, self._connection.ask("GET", "/sync/summary"))

    def sync_events(
        self, *, status: str = "", bucket: str = "", file_id: str = "", healed: bool = False, oldest_first: bool = False
    ) -> Iterator[SyncEvent]:
        """Those that match all that is given, the newest first. `healed`: only what was, the latest healing first."""

        def ask(cursor: str | None) -> Any:
            return self._connection.ask(
                "GET",
                "/sync-events",
                status=status or None,
                bucket=bucket or None,
                file_id=file_id or None,
                healed="true" if healed else None,
                order="oldest" if oldest_first else None,
                limit=SMALL_PAGE,
                cursor=cursor,
            )

        for page in pages(ask):
            yield from checked(lambda document: [value_from(SyncEvent, one) for one in items(document)[0]], page)

    def sync_event(self, event_id: str) -> SyncEvent:
        return self._value(SyncEvent, self._connection.ask("GET", f"/sync-events/{segment(event_id)}"))

    def retry_event(self, event_id: str) -> SyncEvent:
        """A failed one is tried again; any other stays as it is."""
        return self._value(SyncEvent, self._connection.ask("POST", f"/sync-events/{segment(event_id)}/retry"))

    def retry_failed(self) -> int:
        """All failed ones of the caller's own are tried again; how many."""
        answer = self._connection.ask("POST", "/sync-events/retry")
        return checked(lambda document: count(document, "retried"), answer)

    def verify_file(self, file_id: str) -> SyncEvent:
        """The server reads every byte again; the event tells how it goes."""
        return self._value(SyncEvent, self._connection.ask("POST", f"/files/{segment(file_id)}/verify"))

    def verify_bucket(self, bucket: str) -> AskedCheck:
        """The same for every live file of a bucket."""
        return self._value(AskedCheck, self._connection.ask("POST", f"/buckets/{segment(bucket)}/verify"))

    def wanted(self) -> dict[BlockId, int]:
        """The caller's own blocks that are damaged or missing, with their sizes: sent to any upload they heal."""
        found: dict[BlockId, int] = {}
        for page in pages(lambda cursor: self._connection.ask("GET", "/sync/wanted", limit=SMALL_PAGE, cursor=cursor)):
            before = len(found)
            found |= checked(lambda document: dict(_wanted(one) for one in items(document)[0]), page)
            if len(found) == before and items(page)[1] is not None:
                raise AnswerInvalid("the server's list of wanted blocks goes round in a circle")
        return found

    def scrub(self) -> Scrub:
        """The round of proof."""
        return self._value(Scrub, self._connection.ask("GET", "/sync/scrub"))

    def begin_scrub(self, *, is_urgent: bool) -> Round:
        """Begin a round, or join the one that goes on, which then is as urgent. For administrators: Forbidden for others."""
        return self._value(Round, self._connection.ask("POST", "/sync/scrub", {"urgent": is_urgent}))

    @staticmethod
    def _value(kind: type[T], answer: Any) -> T:
        return checked(lambda document: value_from(kind, document), answer)


def _wanted(document: Any) -> tuple[BlockId, int]:
    size = count(document, "size")
    if not 1 <= size <= MAX_BLOCK_BYTES:
        raise ValueError(f"a block of {size} bytes")
    return BlockId.parse(document["id"]), size
