"""The sync room's HTTP door over a catalogue, and a worker whose verdicts the tests write."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from fastapi import FastAPI

from foundation.doorbell import Rings
from foundation.http_service import create_service
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.problems import Unauthenticated, Unavailable
from foundation.settings import ServiceSettings
from metadata import BlockState, Catalogue, EventStatus, LongPoll, Outcome, SyncRecords, Verdict
from sync import Door, HealthBoard, Watcher, routes
from tests.metadata.catalogues import Desk

LEASE = timedelta(seconds=30)
WORKER = "worker-2"


class Tokens:
    """A verifier of credentials that are known in memory."""

    def __init__(self) -> None:
        self.known: dict[str, Identity] = {}

    def token(self, identity: Identity) -> str:
        token = f"{identity.user}-{'-'.join(sorted(identity.scopes))}"
        self.known[token] = identity
        return token

    def verify(self, credential: str) -> Identity:
        if credential not in self.known:
            raise Unauthenticated
        return self.known[credential]


class Counted:
    """SyncRecords that note what was asked of them."""

    def __init__(self, records: SyncRecords) -> None:
        self._records = records
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self._records, name)


@dataclass
class House:
    """The service over a catalogue, in this process, and a worker whose verdicts the tests write."""

    catalogue: Catalogue
    desk: Desk
    checks: Mapping[str, Callable[[], None]]
    rings: Rings = field(default_factory=lambda: Rings(["verify", "scrub", "spread"]))
    tokens: Tokens = field(default_factory=Tokens)
    app: FastAPI = field(init=False)
    records: "Counted" = field(init=False)

    def __post_init__(self) -> None:
        catalogue = self.catalogue
        self.records = Counted(catalogue.sync_records)
        door = Door(
            records=self.records,
            proofs=catalogue.proofs,
            buckets=catalogue.buckets,
            journals=catalogue.journals,
            long_poll=LongPoll(),
            watcher=Watcher(catalogue.sync_records.hints, catalogue.installation.clock),
            health=HealthBoard(self.checks),
            doorbell=self.rings,
            clock=catalogue.installation.clock,
            round_every=timedelta(days=30),
        )
        self.app = create_service("sync", [routes(door)], settings=ServiceSettings(), verifier=self.tokens, ready={})

    @property
    def me(self) -> Identity:
        return self.desk.me

    @property
    def admin(self) -> Identity:
        return Identity(user=new_id(), scopes=frozenset({"files", "admin"}))

    def ask(self, method: str, url: str, caller: Identity | None = None, **request: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            headers = {"Authorization": f"Bearer {self.tokens.token(caller or self.me)}"}
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://cairn/api/v1", headers=headers) as http:
                return await http.request(method, url, **request)

        return asyncio.run(asked())

    def get(self, url: str, caller: Identity | None = None, **query: Any) -> Any:
        answer = self.ask("GET", url, caller, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def problem(self, method: str, url: str, caller: Identity | None = None, **request: Any) -> tuple[int, str]:
        answer = self.ask(method, url, caller, **request)
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()["type"].removeprefix("urn:cairn:problem:")

    def work(self, status: EventStatus, **outcome: Any) -> int:
        """A worker claims all there is, and ends so what is of files; how many these are."""
        jobs = [job for job in self.catalogue.jobs.claim(WORKER, 100, LEASE) if job.version_id]
        outcomes = [Outcome(job.event_id, job.attempts, status, **outcome) for job in jobs]
        return self.catalogue.jobs.finish(WORKER, outcomes)

    def break_blocks(self, state: BlockState, path: str) -> None:
        version = self.desk.at(path)
        assert version.content is not None
        chunks = self.catalogue.files.chunks(version.content, 0, 10)
        self.catalogue.jobs.judge([Verdict(chunk.name, state, is_read=True) for chunk in chunks])


def fine() -> None:
    pass


def down() -> None:
    raise Unavailable


def is_told(shape: Any, document: Any) -> None:
    """It is what OpenAPI says, field by field."""
    shape.model_validate_json(json.dumps(document))
