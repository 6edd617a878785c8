"""The content routes served for real: uvicorn on a free port, over one catalogue and one store."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx

from block_storage import BlockStore
from chunker import Parts, create_app
from chunker.settings import ChunkerSettings
from foundation.blocks import MIB, Chunking
from foundation.identity import Identity, Scope
from foundation.problems import Unauthenticated
from foundation.settings import ServiceSettings
from metadata import Bucket, Catalogue, NewBucket
from tests.servers.served import serving

API = "/api/v1"
FRAMED = {"Content-Type": "application/vnd.cairn.blocks"}


class Tokens:
    """A TokenVerifier whose tokens are users' ids."""

    def verify(self, credential: str) -> Identity:
        try:
            return Identity(UUID(credential), UUID(credential), frozenset({Scope.FILES}))
        except ValueError:
            raise Unauthenticated from None


@dataclass
class Person:
    """A user with a client of the API and a bucket of their own."""

    identity: Identity
    http: httpx.Client
    bucket: Bucket

    @property
    def content(self) -> str:
        return f"/buckets/{self.bucket.id}/content"


@dataclass
class Served:
    address: str
    catalogue: Catalogue
    store: BlockStore
    people: list[Person] = field(default_factory=list)

    @property
    def host_and_port(self) -> tuple[str, int]:
        url = httpx.URL(self.address)
        return url.host, url.port or 0

    def person(self, chunking: Chunking = Chunking.FIXED) -> Person:
        id = uuid4()
        identity = Identity(id, id, frozenset({Scope.FILES}))
        bucket = self.catalogue.buckets.create(identity, NewBucket(title="Things", chunking=chunking))
        person = Person(identity, client(self.address, str(id)), bucket)
        self.people.append(person)
        return person


def client(address: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=address + API, headers=headers, timeout=30, trust_env=False)


@contextmanager
def served(catalogue: Catalogue, store: BlockStore, settings: ChunkerSettings | None = None) -> Iterator[Served]:
    parts = Parts(catalogue, store, settings or ChunkerSettings())
    app = create_app(parts, settings=ServiceSettings(), verifier=Tokens(), ready={})
    with serving(app) as address:
        stack = Served(address, catalogue, store)
        try:
            yield stack
        finally:
            for person in stack.people:
                person.http.close()


def some_bytes(count: int, seed: int = 0) -> bytes:
    return Random(seed).randbytes(count)


def id_of(block: bytes) -> str:
    return hashlib.sha256(block).hexdigest()


def cut(data: bytes) -> list[bytes]:
    """Blocks of 1 MiB, as a bucket with fixed chunking wants them."""
    return [data[start : start + MIB] for start in range(0, len(data), MIB)]


def chunk_list(data: bytes) -> list[dict[str, Any]]:
    return [{"id": id_of(block), "size": len(block)} for block in cut(data)]


def framed(*blocks: bytes) -> bytes:
    return b"".join(hashlib.sha256(block).digest() + len(block).to_bytes(4, "big") + block for block in blocks)
