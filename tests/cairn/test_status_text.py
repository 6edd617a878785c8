"""What `cairn status` says of each state, word for word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cairn.exit_codes import ExitCode
from cairn.patience import Patience
from cairn.spoken import age_text, ago_text, counted_in_words, moment_text, percent_text
from cairn.status_text import StatusText
from cairn.verbs.status import status_code
from client import ChecksStall, Day, Quarter, Round, Scrub, Sentence, Standing, SyncEvent, SyncSummary, Worker
from client.sync_model import Counts, Queue

NOW = datetime(2026, 11, 21, 14, 2, 30, tzinfo=UTC)


def ago(**times: float) -> datetime:
    return NOW - timedelta(**times)


def event(path: str | None, **facts: Any) -> SyncEvent:
    values: dict[str, Any] = dict.fromkeys(SyncEvent.__slots__)
    values |= {"event_id": "e", "bucket_id": "b", "bucket": "Studio", "type": "file.created", "status": "failed"}
    values |= {"attempts": 1, "chunks_verified": 0, "total_chunks": 1, "healed_chunks": 0}
    values |= {"created_at": ago(hours=5), "updated_at": ago(hours=4), "path": path}
    return SyncEvent(**values | facts)


def proof_round(**facts: Any) -> Round:
    values: dict[str, Any] = {
        "number": 14, "started_at": ago(hours=6), "ended_at": None, "is_urgent": False, "share": 0.62,
        "expected_end": NOW + timedelta(hours=4, minutes=38), "blocks": 150_000, "total_blocks": 242_000,
        "bytes": 1, "total_bytes": 2, "healed": 0, "damaged": 0, "bytes_per_second": 80 * 2**20,
    }  # fmt: skip
    return Round(**values | facts)


LAST = proof_round(number=13, ended_at=datetime(2026, 10, 28, 6, 0, tzinfo=UTC), share=1.0, expected_end=None)
QUIET = SyncSummary(
    at=NOW,
    sentence=Sentence("safe", "safe", 18_442, 0, 0, ago(minutes=4), None),
    counts=Counts(0, 0, 0, 90_000),
    queue=Queue(0, None, None),
    in_work=(),
    failed=(),
    damaged_files=(),
    damaged_blocks=0,
    missing_blocks=0,
    healed=(),
    day=Day(0, 0, 0, 0, ()),
    checked_in_seconds=9.0,
    scrub=Scrub(None, None),
    workers=(),
    health=(),
)


def said(summary: SyncSummary) -> list[str]:
    return [line.text for line in StatusText(summary, UTC).lines()]


def told(
    state: str, files: int = 18_442, failed: int = 0, checking: int = 0, *, rest: str = "", **facts: Any
) -> SyncSummary:
    rest = rest or (state if state in {"unproved", "unknown"} else "safe")
    since = ago(minutes=30) if rest == "unknown" else None
    return replace(QUIET, sentence=Sentence(state, rest, files, failed, checking, ago(minutes=4), since), **facts)


@pytest.mark.parametrize(
    ("summary", "sentence", "code"),
    [
        (told("safe"), "Everything is safe.", 0),
        (told("checking", checking=3), "3 files are being checked. Everything else is safe.", 0),
        (told("checking", checking=1), "1 file is being checked. Everything else is safe.", 0),
        (told("needs-you", failed=2), "Two files need you. The other 18,440 are safe.", 1),
        (told("needs-you", files=1, failed=1), "One file needs you.", 1),
        (
            told("needs-you", failed=14, checking=2),
            "14 files need you. 2 are being checked. The other 18,426 are safe.",
            1,
        ),
        (
            told("needs-you", failed=2, rest="unknown", health=(Standing("store", "down", NOW, "store", None),)),
            "Two files need you. Of all else nothing is known since 13:32: the store does not answer.",
            1,
        ),
        (
            told("needs-you", failed=2, rest="unproved"),
            "Two files need you. Not everything else was read again in time.",
            1,
        ),
        (
            told("checking", checking=3, rest="unproved", scrub=Scrub(proof_round(), LAST)),
            "3 files are being checked. Not everything else was read again in time.",
            1,
        ),
        (told("needs-you"), "Parts are damaged. Which files they belong to is being found out.", 1),
        (told("unknown"), "Not known since 13:32: the sync service does not answer.", 3),
        (
            told("unknown", health=(Standing("store", "down", ago(minutes=30), "storage-failed", None),)),
            "Not known since 13:32: the store does not answer.",
            3,
        ),
        (
            told("unknown", health=(Standing("worker", "down", ago(minutes=30), "no-worker", None),)),
            "Not known since 13:32: no worker is at work.",
            3,
        ),
        (told("unproved"), "Nothing is proved yet.", 1),
        (
            told("unproved", scrub=Scrub(proof_round(), None)),
            "Nothing is proved yet. The first round ends about 18:40.",
            0,
        ),
        (
            told("unproved", scrub=Scrub(proof_round(), LAST)),
            "Not everything was read again in time. The present round ends about 18:40.",
            1,
        ),
        (
            told("unproved", scrub=Scrub(proof_round(expected_end=ago(hours=1)), None)),
            "Nothing is proved yet. The first round ends about 13:02.",
            1,
        ),
        (told("unproved", scrub=Scrub(LAST, LAST)), "Not everything was read again in time.", 1),
        (told("something new"), "Not known: the sync service does not answer.", 3),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_first_line_is_the_truth_and_the_exit_status_says_it_too(
    summary: SyncSummary, sentence: str, code: int
) -> None:
    assert said(summary)[:2] == [sentence, "Last proved 4 minutes ago."]
    assert status_code(summary) is ExitCode(code)


def test_all_is_well_is_quiet() -> None:
    assert said(QUIET)[2:] == ["", "Outcomes, last 24 hours", "  0 verified, 0 healed, 0 failed, 0 retried"]


def test_what_needs_somebody_has_its_name_its_age_its_reason_and_what_to_do() -> None:
    missing = event(
        "hut-model-v7.blend",
        reason="2 of 412 parts are missing from the store.",
        next_step="Upload the same file again to heal it.",
    )
    gone = event(None, bucket=None, updated_at=ago(seconds=20))
    lines = said(replace(told("needs-you", failed=30), failed=(missing, gone), counts=Counts(0, 0, 30, 9)))
    start = lines.index("Needs you  30")
    assert lines[start + 1 : start + 7] == [
        "  ! Studio: hut-model-v7.blend  (4 hours)",
        "    2 of 412 parts are missing from the store. Upload the same file again to heal it.",
        "  ! a bucket that is gone  (20 seconds)",
        "    It could not be checked. Try it again: cairn retry",
        "  and 28 more",
        "  Whoever still has the files heals them: cairn verify --heal FOLDER",
    ]


def test_what_is_in_work_says_how_far_it_is_and_why_it_waits() -> None:
    busy = event("film.mp4", status="processing", worker="host-1-verify", created_at=ago(minutes=1),
                 reason="Checking: 1,204 of 1,717 parts")  # fmt: skip
    waits = event("a.pdf", status="pending", created_at=ago(minutes=3), reason="Waiting: the store does not answer")
    lines = said(replace(told("checking", checking=218), in_work=(waits, busy), queue=Queue(218, ago(minutes=3), "x")))
    start = lines.index("In work  218   oldest: 3 minutes")
    assert lines[start + 1 : start + 6] == [
        "  Studio: a.pdf  (3 minutes)",
        "    Waiting: the store does not answer",
        "  Studio: film.mp4  (1 minute)",
        "    Checking: 1,204 of 1,717 parts, by host-1-verify",
        "  and 216 more",
    ]


def test_a_name_or_a_reason_cannot_steer_the_terminal() -> None:
    evil = event("a\x1b[2J\u202egpj.exe\nSafe", bucket="b\x07", reason="r\x9b1m", next_step="n\u2066")
    text = "\n".join(said(replace(told("needs-you", failed=1), failed=(evil,), in_work=(evil,), healed=(evil,),
                                  queue=Queue(1, None, None))))  # fmt: skip
    assert "a\\x1b[2J\\u202egpj.exe\\nSafe" in text
    assert all(line.isprintable() for line in text.split("\n"))


def test_the_outcomes_are_bars_of_four_hours_that_begin_at_nothing() -> None:
    quarters = (
        Quarter(ago(hours=23, minutes=30), 100, 0, 0, 0),
        Quarter(ago(hours=9), 1, 2, 0, 0),
        Quarter(ago(minutes=30), 1000, 0, 1, 3),
        Quarter(ago(minutes=2), 1000, 0, 0, 0),
    )
    lines = said(replace(QUIET, day=Day(2101, 2, 1, 3, quarters)))
    start = lines.index("Outcomes, last 24 hours")
    assert lines[start + 1] == "  2,101 verified, 2 healed, 1 failed, 3 retried"
    assert lines[start + 2 : start + 8] == [
        f"  15:00 to 19:00  {'█▏':<24}    100",
        f"  19:00 to 23:00  {'':<24}      0",
        f"  23:00 to 03:00  {'':<24}      0",
        f"  03:00 to 07:00  {'▏':<24}      1   2 healed",
        f"  07:00 to 11:00  {'':<24}      0",
        f"  11:00 to 15:00  {'█' * 24}  2,000   ! 1 failed",
    ]


def test_the_round_of_proof_tells_share_pace_and_end_and_how_the_last_one_was() -> None:
    lines = said(replace(QUIET, scrub=Scrub(proof_round(), LAST)))
    start = lines.index("Proof round 14")
    assert lines[start + 1 : start + 3] == [
        "  62%, 150,000 of 242,000 parts, 80.0 MiB/s, done about 18:40",
        "  Last full round: 28 Oct, 06:00, everything whole.",
    ]
    found = replace(LAST, damaged=1, healed=3)
    assert "  Last full round: 28 Oct, 06:00, 1 part damaged, 3 healed." in said(
        replace(QUIET, scrub=Scrub(found, found))
    )
    private = replace(proof_round(), blocks=None, total_blocks=None, bytes_per_second=None, expected_end=None)
    assert "  62%" in said(replace(QUIET, scrub=Scrub(private, None)))


def test_health_and_workers_are_told_by_words_not_by_colour_alone() -> None:
    health = (
        Standing("database", "up", ago(days=1), None, 1.04),
        Standing("copy 3", "slow", ago(minutes=6), None, 1212.0),
        Standing("broker", "down", ago(days=2), "broker-unavailable", None),
    )
    workers = (
        Worker("host-1-verify", "verify", True, NOW, NOW),
        Worker("host-1-scrub", "", True, NOW, NOW),
        Worker("host-2-verify", "verify", False, NOW, ago(hours=1)),
    )
    lines = said(replace(QUIET, health=health, workers=workers))
    start = lines.index("Health")
    assert lines[start + 1 : start + 4] == [
        "  database  up        1.0 ms",
        "  copy 3    slow  1,212.0 ms  since 13:56",
        "  broker    down  since 19 Nov, 14:02  broker-unavailable",
    ]
    start = lines.index("Workers")
    assert lines[start + 1 :] == [
        "  host-1-verify  verify",
        "  host-1-scrub   rests",
        "  host-2-verify  not seen since 13:02",
    ]


def test_what_was_healed_lately_tells_how() -> None:
    healed = event("a.jpg", healed_at=ago(hours=13), reason="1 part was damaged on copy 2, written again from copy 1")
    lines = said(replace(QUIET, healed=(healed,)))
    start = lines.index("Healed lately")
    assert lines[start + 1 : start + 3] == [
        "  Studio: a.jpg  (01:02)",
        "    1 part was damaged on copy 2, written again from copy 1",
    ]


def test_a_command_waits_as_long_as_checks_go_on_and_then_says_what_is_in_their_way() -> None:
    away = replace(QUIET, health=(Standing("store", "down", NOW, "storage-failed", None),))
    looks = iter([away, QUIET, away, away, away])
    times = iter([0.0, 0.0, 300.0, 300.0, 599.0, 600.0])
    patience = Patience(lambda: next(looks), lambda: next(times), 300)
    assert [patience.keep() for _ in range(4)] == [
        "waiting: the store does not answer", "", "waiting: the store does not answer", "waiting: the store does not answer",
    ]  # fmt: skip
    with pytest.raises(ChecksStall, match="the store does not answer"):
        patience.keep()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 seconds"), (1, "1 second"), (59.9, "59 seconds"), (60, "1 minute"), (3599, "59 minutes"),
     (3600, "1 hour"), (86_399, "23 hours"), (86_400 * 12, "12 days")],
)  # fmt: skip
def test_an_age_has_one_unit(seconds: float, text: str) -> None:
    assert age_text(seconds) == text
    assert ago_text(seconds) == ("just now" if seconds < 60 else f"{text} ago")


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (ago(hours=2), "12:02"),
        (ago(hours=20), "yesterday, 18:02"),
        (NOW + timedelta(hours=20), "tomorrow, 10:02"),
        (ago(days=3), "18 Nov, 14:02"),
        (ago(days=700), "21 Dec 2024"),
    ],
)
def test_a_moment_is_told_as_far_as_it_is_away(at: datetime, text: str) -> None:
    assert moment_text(at, NOW, UTC) == text


def test_a_hundred_percent_is_said_only_of_what_is_done() -> None:
    assert [percent_text(share) for share in (0.0, 0.005, 0.619, 0.999, 1.0)] == ["0%", "0%", "61%", "99%", "100%"]


def test_few_are_counted_in_words_and_many_in_figures() -> None:
    assert [counted_in_words(number, "file") for number in (1, 2, 12, 13, 2000)] == [
        "One file", "Two files", "Twelve files", "13 files", "2,000 files",
    ]  # fmt: skip
