"""Each alert is read by Prometheus, rings when what it is for is so and not before, and says where it is told what to do."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from tests.watching.promql import Sample, evaluated, sample

PROJECT = Path(__file__).parents[2]
RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load((PROJECT / "compose/prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}
BOARD = json.loads((PROJECT / "compose/grafana/cairn.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]


def of(room: str, status: str, more: float) -> Sample:
    return sample("cairn_http_requests_total", 1000 + more, 1000, room=room, status=status, route="/buckets")


def took(seconds: float, requests: float, route: str = "/buckets") -> list[Sample]:
    return [
        sample("cairn_http_request_seconds_sum", seconds, room="metadata", route=route),
        sample("cairn_http_request_seconds_count", requests, room="metadata", route=route),
    ]


def disk(free: float) -> list[Sample]:
    return [sample("cairn_disk_free_bytes", free, disk="data"), sample("cairn_disk_size_bytes", 100, disk="data")]


def waits(seconds: float) -> list[Sample]:
    names = {"cairn_database_wait_seconds_sum": seconds, "cairn_database_wait_seconds_count": 100.0}
    return [sample(name, value, instance="metadata:8000") for name, value in names.items()]


def files(opened: float) -> list[Sample]:
    values = {"process_open_fds": opened, "process_max_fds": 1000.0}
    return [sample(name, value, instance="sync:8001", job="cairn") for name, value in values.items()]


DAY = 86400.0
# By alert: when it rings, when it does not.
CASES: dict[str, tuple[Sequence[Sample], Sequence[Sample]]] = {
    "CairnServiceDown": ([sample("up", 0, job="cairn")], [sample("up", 1, job="cairn"), sample("up", 0, job="node")]),
    "CairnFiguresMissing": ([], [sample("cairn_sync_events", 0, status="pending")]),
    "CairnRequestsFail": (
        [of("sync", "200", 90), of("sync", "503", 10), of("identity", "200", 500)],
        [of("sync", "200", 990), of("sync", "500", 10), of("sync", "404", 300)],
    ),
    "CairnRequestsSlow": (took(300, 100), [*took(100, 100), *took(6000, 100, "/buckets/{bucket}/changes")]),
    "CairnStoreFails": (
        [sample("cairn_store_errors_total", 20, 10, medium="s3", kind="storage-failed")],
        [sample("cairn_store_errors_total", 90, 10, medium="s3", kind="block-not-found")],
    ),
    "CairnDiskFilling": (disk(9), disk(11)),
    "CairnDiskFull": (disk(2), disk(4)),
    "CairnDatabaseFails": (
        [sample("cairn_database_failed_total", 10, 0, reason="connection-lost")],
        [sample("cairn_database_failed_total", 14, 10, reason="deadlock")],
    ),
    "CairnTransactionsRepeated": (
        [sample("cairn_database_repeated_total", 6000, 0, reason="deadlock")],
        [sample("cairn_database_repeated_total", 600, 0, reason="deadlock")],
    ),
    "CairnConnectionsWaitedFor": (waits(60), waits(40)),
    "CairnFilesNeedSomebody": (
        [sample("cairn_sync_events", 1, status="failed")],
        [sample("cairn_sync_events", 0, status="failed"), sample("cairn_sync_events", 7, status="pending")],
    ),
    "CairnBlocksBad": (
        [sample("cairn_bad_blocks", 3, state="damaged")],
        [sample("cairn_bad_blocks", 0, state="damaged"), sample("cairn_bad_blocks", 0, state="missing")],
    ),
    "CairnVerificationLate": (
        [sample("cairn_sync_oldest_pending_seconds", 901)],
        [sample("cairn_sync_oldest_pending_seconds", 899)],
    ),
    "CairnNoWorker": ([sample("cairn_sync_workers_alive", 0)], [sample("cairn_sync_workers_alive", 1)]),
    "CairnNotReadInTime": (
        [sample("cairn_oldest_proof_seconds", 36 * DAY)],
        [sample("cairn_oldest_proof_seconds", 34 * DAY)],
    ),
    "CairnBrokerDown": (
        [sample("cairn_broker_up", 0, instance="a"), sample("cairn_broker_up", 1, instance="b")],
        [sample("cairn_broker_up", 1, instance="a")],
    ),
    "CairnBrokerFlooded": (
        [sample("cairn_broker_messages", 201, queue="verify")],
        [sample("cairn_broker_messages", 30, queue="verify")],
    ),
    "CairnCollectionOff": ([sample("cairn_collection_off", 1, reason="foreign-store")], []),
    "CairnBackupOld": (
        [sample("cairn_backup_age_seconds", 3 * DAY)],
        [sample("cairn_backup_age_seconds", 1 * DAY)],
    ),
    "CairnManifestsBehind": (
        [sample("cairn_manifests_oldest_seconds", 7201)],
        [sample("cairn_manifests_oldest_seconds", 7199)],
    ),
    "CairnOpenFiles": (files(801), files(700)),
}


def test_every_alert_has_a_case() -> None:
    assert CASES.keys() == RULES.keys()


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_rings_when_what_it_is_for_is_so_and_not_before(alert: str) -> None:
    rings, is_silent = CASES[alert]
    assert evaluated(RULES[alert]["expr"], rings)
    assert not evaluated(RULES[alert]["expr"], is_silent)


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_says_what_is_wrong_and_where_it_is_told_what_to_do(alert: str) -> None:
    rule = RULES[alert]
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert promql_parser.parse_duration(rule["for"]).total_seconds() >= 60
    assert rule["annotations"]["summary"].endswith(".")
    page, _, heading = rule["annotations"]["runbook"].partition("#")
    assert heading in anchors((PROJECT / page).read_text())


def anchors(page: str) -> set[str]:
    """Of a page's headings, as browsers find them: small letters, blanks as hyphens, nothing but words."""
    headings = re.findall(r"(?m)^#+ (.+)$", page)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_page_tells_of_every_alert() -> None:
    page = (PROJECT / "docs/operations.md").read_text()
    assert [alert for alert in RULES if f"`{alert}`" not in page] == []


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_says_what_it_shows_in_which_unit_and_prometheus_can_read_it(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith((".", "well."))
    assert panel["fieldConfig"]["defaults"]["unit"]
    for target in panel["targets"]:
        promql_parser.parse(target["expr"])


def test_no_two_panels_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not taken & cells
        taken |= cells
