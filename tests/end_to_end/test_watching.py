"""What a server tells of itself: every metric that is looked at is there, and none has a label that grows with the data."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from foundation.service_tokens import Room
from tests.end_to_end.client_of import make_bucket
from tests.servers.cairn_server import CairnServer, SignedInServer, running, running_server, wait_until
from tests.servers.redis_server import RedisServer
from tests.servers.stack import Stack
from tests.watching.otlp_receiver import Receiver, receiving
from tests.watching.promql import names

PROJECT = Path(__file__).parents[2]
# Of Prometheus itself.
_ITS_OWN = {"up"}
# Only a worker has hands.
_OF_WORKERS = {"cairn_worker_hands", "cairn_worker_resident_bytes", "cairn_worker_cpu_seconds"}
SECRET_NAME = "a-name-that-nobody-else-is-told"


def looked_at() -> set[str]:
    """By the dashboard and the alerts."""
    rules = yaml.safe_load((PROJECT / "compose/prometheus/alerts.yml").read_text())["groups"][0]["rules"]
    panels = json.loads((PROJECT / "compose/grafana/cairn.json").read_text())["panels"]
    expressions = [rule["expr"] for rule in rules]
    expressions += [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return {name for expression in expressions for name in names(expression)} - _ITS_OWN


def scraped(server: CairnServer) -> str:
    answer = httpx.get(f"{server.url}/metrics", timeout=30)
    assert answer.status_code == 200
    return answer.text


def told(text: str) -> set[str]:
    """Each name that has a sample, or would have one after the first event of its kind."""
    families = list(text_string_to_metric_families(text))
    kinds = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {f"{family.name}{end}" for family in families for end in kinds.get(family.type, ("",))}


def value(text: str, name: str, **labels: str) -> float:
    found = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return sum(found)


def use(server: SignedInServer) -> None:
    with server.http(server.token) as api:
        make_bucket(api)
        path = f"/buckets/studio/content/{SECRET_NAME}"
        assert api.put(path, content=b"bytes" * 1000).status_code == 201
        assert api.get(path).content == b"bytes" * 1000
        assert api.request("PROPFIND", f"/{SECRET_NAME}").status_code in {404, 405}


def test_one_process_tells_all_that_is_looked_at(server: SignedInServer) -> None:
    use(server)
    text = scraped(server)
    assert looked_at() - told(text) == _OF_WORKERS
    route = "/buckets/{bucket}/content/{path:any}"
    assert value(text, "cairn_http_bytes_total", route=route, direction="received") == 5000
    assert value(text, "cairn_http_bytes_total", route=route, direction="sent") >= 5000
    assert value(text, "cairn_store_bytes_total", medium="disk", operation="get") == 5000
    assert value(text, "cairn_commits_total", outcome="committed") == 1
    assert value(text, "cairn_disk_free_bytes", disk="copy 1") > 0
    assert value(text, "cairn_generation") >= 1
    assert SECRET_NAME not in text
    assert server.email not in text
    assert "PROPFIND" not in text


@pytest.mark.full
@pytest.mark.parametrize("key", [{}, {"CAIRN_BACKUP_KEY": "k" * 32}], ids=["plain", "encrypted"])
def test_the_age_of_the_newest_backup_is_told_to_whoever_has_no_key(tmp_path: Path, key: dict[str, str]) -> None:
    (tmp_path / "backup").mkdir()
    with running_server(tmp_path / "server", CAIRN_BACKUP=f"file://{tmp_path / 'backup'}") as server:
        assert "cairn_backup_age_seconds " not in scraped(server)
        assert "cairn_generation " in scraped(server)
        server.cairn("backup", "create", "--new", **key)
        assert 0 <= value(text := scraped(server), "cairn_backup_age_seconds") < 600
        assert "\ncairn_backup_age_seconds " in text


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture(scope="module")
def house(
    receiver: Receiver, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Five rooms, two workers, a beat; all tell their traces."""
    with RedisServer.running() as broker:
        settings = {
            "CAIRN_DATABASE": request.getfixturevalue("postgresql").fresh_database(),
            "CAIRN_STORE": request.getfixturevalue("seaweedfs").fresh_location(),
            "CAIRN_BROKER": broker.location,
            "CAIRN_UPLOAD_DAYS": "0",
            "CAIRN_OTLP_ENDPOINT": receiver.address,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        with running(Stack(tmp_path_factory.mktemp("stack"), **settings)) as stack:
            yield stack


def test_the_rooms_by_themselves_and_their_workers_tell_all_that_is_looked_at(house: Stack) -> None:
    use(house)
    texts = {server.url: scraped(server) for server in house.processes}
    assert looked_at() - set().union(*map(told, texts.values())) == set()
    assert SECRET_NAME not in "".join(texts.values())
    for text in texts.values():
        assert {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"} <= told(text)


@pytest.mark.full  # The beat may take a minute until it rings for what is counted.
def test_a_worker_tells_what_its_hands_count_in_processes_of_their_own(house: Stack) -> None:
    with house.http(house.token) as api:
        assert api.post("/uploads", json={}).status_code == 201  # It expires at once.
        make_bucket(api, "counted")
        assert api.put("/buckets/counted/content/a", content=b"counted" * 1000).status_code == 201

    def counted(name: str, **labels: str) -> float:
        return sum(value(scraped(worker), name, **labels) for worker in house.workers)

    wait_until(lambda: counted("cairn_reconciled_total", what="expired-uploads") > 0, 120)
    wait_until(lambda: counted("cairn_sync_checks_total", status="completed") > 0, 120)
    assert counted("cairn_database_wait_seconds_count") > 0
    assert counted("cairn_worker_hands") > 0
    assert counted("cairn_worker_resident_bytes") > 1_000_000


def test_a_request_its_calls_the_commit_and_the_check_behind_are_one_trace(house: Stack, receiver: Receiver) -> None:
    trace = secrets.token_hex(16)
    with house.http(house.token) as api:
        make_bucket(api, "traced")
        headers = {"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"}
        answer = api.put(f"/buckets/traced/content/{SECRET_NAME}", content=b"traced" * 1000, headers=headers)
        assert answer.status_code == 201

    def seen() -> set[tuple[str, str]]:
        return {(span.service, span.name) for span in receiver.spans() if span.trace == trace}

    wanted = {
        ("cairn-chunker", "PUT /buckets/{bucket}/content/{path:any}"),
        ("cairn-chunker", "call POST"),
        ("cairn-metadata", "POST /catalogue/commits/commit"),
        ("cairn-block-storage", "POST /chunks"),
        ("cairn-metadata", "database INSERT"),
        ("cairn-worker", "verify"),
    }
    try:
        wait_until(lambda: wanted <= seen(), 60)
    except AssertionError:
        raise AssertionError(sorted(seen())) from None
    ids = {span.id for span in receiver.spans() if span.trace == trace}
    outside = headers["traceparent"].split("-")[2]
    assert {span.parent for span in receiver.spans() if span.trace == trace} <= ids | {outside}
    said = b"".join(receiver.said)
    assert SECRET_NAME.encode() not in said
    assert house.token.encode() not in said


def logs(house: Stack) -> str:
    return "".join(process.log.read_text() for process in house.processes)


def test_one_request_id_is_in_the_log_of_the_front_door_and_of_every_room_that_worked_for_it(house: Stack) -> None:
    with house.http(house.token) as api:
        make_bucket(api, "numbered")
        answer = api.put("/buckets/numbered/content/a", content=b"numbered" * 1000)
    id = answer.headers["X-Request-Id"]
    for room in (Room.CHUNKER, Room.METADATA, Room.BLOCK_STORAGE):
        wait_until(lambda room=room: f'"request_id":"{id}"' in house.rooms[room].log.read_text())
    wait_until(lambda: id in {line["request_id"] for line in house.nginx.logged()})


def test_no_log_has_a_credential_wherever_it_came(house: Stack) -> None:
    secret, password = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    with house.http("") as api:
        for given in (f"Bearer {secret}", f"Basic {secret}", secret):
            for method, path in (
                ("GET", "/me"),
                ("PUT", "/buckets/studio/content/x"),
                ("POST", "/uploads"),
                ("GET", "/sync"),
            ):
                assert api.request(method, path, headers={"Authorization": given}).status_code >= 400
        api.get("/me", headers={"Cookie": f"__Host-cairn_session={secret}; cairn_session={secret}"})
        api.get(f"/buckets?access_token={secret}&token={secret}")
        api.get("/me", headers={"X-Api-Key": secret, "Cairn-Acting-For": secret, "traceparent": secret})
        api.post("/auth/login", json={"email": house.email, "password": password})
        api.post(f"{house.url}/oauth/token", data={"grant_type": "refresh_token", "refresh_token": secret})
        api.post(f"{house.url}/oauth/token", data={"client_secret": password}, auth=("program", secret))
    with house.http(house.token) as api:
        assert api.get("/me").status_code == 200
    written = logs(house)
    assert "request" in written
    installation = house.environment["CAIRN_SECRET"], house.environment["CAIRN_STORE"]
    for hidden in (secret, password, house.token, *installation):
        assert hidden not in written
