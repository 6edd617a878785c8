"""How everything stands, from servers that tell the truth and from those that do not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from client import AnswerInvalid, CairnClient
from foundation.blocks import BlockId
from tests.client.scripted_server import Answer, ScriptedServer

AT = "2026-11-21T14:02:03.456789Z"
ID = "01890a5d-ac96-774b-bcce-b302099a8057"


def event_document(**changes: Any) -> dict[str, Any]:
    texts = dict.fromkeys(("file_id", "version_id", "action", "worker", "next_attempt_at", "healed_at"))
    counts = dict.fromkeys(("attempts", "chunks_verified", "total_chunks", "healed_chunks"), 1)
    told = {"bucket": "Studio", "path": "a", "error": "parts-missing", "reason": "Why.", "next_step": "What."}
    ids = {"event_id": ID, "bucket_id": ID, "type": "file.created", "status": "failed"}
    return texts | counts | told | ids | {"created_at": AT, "updated_at": AT, "deleted_chunks": None} | changes


def round_document(**changes: Any) -> dict[str, Any]:
    amounts = ("blocks", "total_blocks", "bytes", "total_bytes", "healed", "damaged", "bytes_per_second")
    times = {"started_at": AT, "ended_at": None, "expected_end": AT, "updated_at": AT}
    return dict.fromkeys(amounts, 2) | times | {"number": 1, "is_urgent": False, "share": 0.5} | changes


def summary_document(**changes: Any) -> dict[str, Any]:
    return {
        "at": AT,
        "sentence": {
            "state": "needs-you",
            "rest": "safe",
            "files": 3,
            "failed": 1,
            "checking": 0,
            "proved_at": AT,
            "since": None,
            "new": 1,
        },
        "counts": {"pending": 0, "processing": 0, "failed": 1, "completed": 2},
        "queue": {"depth": 0, "oldest_pending_at": None, "oldest_age_seconds": None, "reason": None},
        "in_work": [],
        "failed": [event_document()],
        "damaged_files": [event_document()],
        "damaged_blocks": 0,
        "missing_blocks": 1,
        "healed": [],
        "day": {
            "verified": 2,
            "healed": 0,
            "failed": 1,
            "retried": 0,
            "quarters": [{"at": AT, "verified": 2, "healed": 0, "failed": 1, "retried": 0}],
        },
        "checked_in_seconds": 3,
        "scrub": {"round": round_document(), "last_round": None},
        "workers": [{"name": "w", "doing": "", "is_alive": True, "started_at": AT, "seen_at": AT}],
        "health": [
            {
                "name": "store",
                "state": "up",
                "since": AT,
                "problem": None,
                "milliseconds": 1.5,
                "latencies": [1.5, None],
            }
        ],
    } | changes


def test_the_summary_is_read_whole_and_what_is_new_in_it_is_passed_over(
    client: CairnClient, liar: ScriptedServer
) -> None:
    liar.answers(Answer.json(summary_document(of_tomorrow=1)))
    summary = client.sync_summary()
    assert (summary.sentence.state, summary.failed[0].path, summary.scrub.last_round) == ("needs-you", "a", None)
    assert summary.at == datetime(2026, 11, 21, 14, 2, 3, 456789, tzinfo=UTC)
    assert (summary.day.quarters[0].failed, summary.health[0].milliseconds) == (1, 1.5)
    assert (summary.checked_in_seconds, summary.workers[0].is_alive) == (3.0, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"at": None},
        {"at": "yesterday"},
        {"at": "2026-11-21T14:02:03"},
        {"sentence": "safe"},
        {"sentence": {}},
        {"failed": {}},
        {"failed": [event_document(attempts=-1)]},
        {"failed": [event_document(attempts=True)]},
        {"failed": [event_document(path=7)]},
        {"failed": [event_document(status=None)]},
        {"damaged_blocks": "many"},
        {"scrub": {"round": round_document(share="half"), "last_round": None}},
        {"workers": [None]},
        {"health": [{"name": "store"}]},
    ],
    ids=lambda changes: next(iter(changes)) + str(next(iter(changes.values())))[:30],
)
def test_a_summary_that_makes_no_sense_is_a_lie(
    client: CairnClient, liar: ScriptedServer, changes: dict[str, Any]
) -> None:
    liar.answers(Answer.json(summary_document(**changes)))
    with pytest.raises(AnswerInvalid):
        client.sync_summary()


def test_events_are_asked_for_by_what_is_wanted_of_them(client: CairnClient, liar: ScriptedServer) -> None:
    liar.answers(
        Answer.json({"items": [event_document()], "next_cursor": "c"}), Answer.json({"items": [], "next_cursor": None})
    )
    (event,) = client.sync_events(status="failed", bucket="studio", healed=True, oldest_first=True)
    assert (event.error, event.is_unfinished) == ("parts-missing", False)
    first, second = (asked.query for asked in liar.asked)
    assert first == {"status": "failed", "bucket": "studio", "healed": "true", "order": "oldest", "limit": "1000"}
    assert second == first | {"cursor": "c"}


def test_wanted_blocks_are_read_to_the_end(client: CairnClient, liar: ScriptedServer) -> None:
    ids = [BlockId.of(text) for text in (b"a", b"b")]
    one, two = ({"id": id.hex(), "size": size, "state": "missing"} for id, size in zip(ids, (1, 2**20), strict=True))
    liar.answers(Answer.json({"items": [one], "next_cursor": "c"}), Answer.json({"items": [two], "next_cursor": None}))
    assert client.wanted() == {ids[0]: 1, ids[1]: 2**20}


@pytest.mark.parametrize(
    "block",
    [
        {"id": "A" * 64, "size": 1},
        {"id": "a" * 63, "size": 1},
        {"id": "a" * 64, "size": 0},
        {"id": "a" * 64, "size": 2**22 + 1},
        {"id": "a" * 64},
        None,
    ],
    ids=str,
)
def test_a_wanted_block_that_cannot_be_is_a_lie(client: CairnClient, liar: ScriptedServer, block: Any) -> None:
    liar.answers(Answer.json({"items": [block], "next_cursor": None}))
    with pytest.raises(AnswerInvalid):
        client.wanted()


def test_a_list_of_wanted_blocks_that_never_ends_is_left(client: CairnClient, liar: ScriptedServer) -> None:
    cursors = iter(range(1_000_000))
    item = {"id": "a" * 64, "size": 1}
    liar.script = lambda _: Answer.json({"items": [item], "next_cursor": str(next(cursors))})
    with pytest.raises(AnswerInvalid):
        client.wanted()
    assert len(liar.asked) == 2


def test_parts_that_the_server_has_no_room_for_end_the_search_with_its_word(
    client: CairnClient, liar: ScriptedServer, tmp_path: Any
) -> None:
    for number in range(5):
        (tmp_path / str(number)).write_bytes(bytes([number]))
    liar.script = lambda asked: (
        Answer.json({"upload_id": ID, "missing": []}, 201)
        if asked.path.endswith("/uploads")
        else Answer.problem("storage-full", 507, detail="No room.")
    )
    wanted = {BlockId.of(bytes([number])): 1 for number in range(5)}
    with pytest.raises(Exception, match="No room") as refused:
        client.heal(tmp_path, wanted)
    assert refused.value.slug == "storage-full"  # type: ignore[attr-defined]
