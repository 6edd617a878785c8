"""From the catalogue's notices to the receiver: each arrives, whoever dies on the way."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.ids import new_id
from metadata import Catalogue
from metadata.sync_schema import notices
from sync import Webhook, notify
from tests.client.scripted_server import Answer, Asked, ScriptedServer, scripted_server
from tests.metadata.sync_rows import SyncRows, sync_rows
from tests.project.sources import PROJECT

SECRET = "an old saying that nobody guesses, 1"


@pytest.fixture
def receiver() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        server.answers(Answer(204))
        yield server


@pytest.fixture
def location(catalogue: Catalogue, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'catalogue.db'}"


@pytest.fixture
def rows(location: str) -> Iterator[SyncRows]:
    with sync_rows(location) as open_rows:
        yield open_rows


def add(rows: SyncRows, count: int) -> list[str]:
    ids = [new_id() for _ in range(count)]
    for number, id in enumerate(ids):
        now, body = rows.now(), json.dumps({"path": str(number)})
        rows.add(notices, id=id, owner=id, kind="file.damaged", body=body, created_at=now, next_attempt_at=now)
    return [str(id) for id in ids]


def told(receiver: ScriptedServer) -> list[str]:
    return [asked.headers["webhook-id"] for asked in receiver.asked]


def test_each_notice_is_delivered_once(catalogue: Catalogue, rows: SyncRows, receiver: ScriptedServer) -> None:
    ids = add(rows, 5)
    webhook = Webhook(receiver.url, SECRET)
    assert notify(catalogue.proofs, webhook, lambda: None) == 5
    assert notify(catalogue.proofs, webhook, lambda: None) == 0
    assert sorted(told(receiver)) == sorted(ids)
    assert (
        rows.database.read(lambda connection: [row.error for row in connection.execute(notices.select())]) == [None] * 5
    )


def test_a_worker_killed_between_sending_and_noting_it_is_followed_by_the_same_notice_again(
    catalogue: Catalogue, rows: SyncRows, location: str, receiver: ScriptedServer
) -> None:
    (id,) = add(rows, 1)
    command = [sys.executable, "-m", "tests.sync.notify_child", location, receiver.url, SECRET]
    worker = subprocess.Popen(command, cwd=PROJECT)

    def kill(_asked: Asked) -> Answer:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(20)
        return Answer(204)

    receiver.script = kill
    assert worker.wait(60) == -signal.SIGKILL
    receiver.answers(Answer(204))
    assert notify(catalogue.proofs, Webhook(receiver.url, SECRET), lambda: None) == 1
    assert told(receiver) == [id, id]
    assert receiver.asked[0].body == receiver.asked[1].body
    assert notify(catalogue.proofs, Webhook(receiver.url, SECRET), lambda: None) == 0


def test_a_receiver_that_was_away_gets_it_later(catalogue: Catalogue, rows: SyncRows, receiver: ScriptedServer) -> None:
    add(rows, 2)
    receiver.answers(Answer(503))
    webhook = Webhook(receiver.url, SECRET)
    assert notify(catalogue.proofs, webhook, lambda: None) == 0
    receiver.answers(Answer(204))
    assert notify(catalogue.proofs, webhook, lambda: None) == 1, "the other one, whose turn it is"
    rows.set(notices, notices.c.next_attempt_at.is_not(None), next_attempt_at=rows.now())  # Five seconds later.
    assert notify(catalogue.proofs, webhook, lambda: None) == 1
    assert len(set(told(receiver))) == 2
