"""A client asks for the token anew at each request, and once more when it is refused."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from client import CairnClient, ServerUnreachable
from foundation.problems import Unauthenticated
from tests.client.conftest import IMPATIENT
from tests.client.documents import bucket_document, chunk_documents, file_document
from tests.client.scripted_server import Answer, Asked, ScriptedServer


@dataclass
class Tokens:
    """`given` one after another; `away`: how often there is none to be had first."""

    given: list[str] = field(default_factory=lambda: ["first"])
    away: int = 0
    refused: list[str] = field(default_factory=list)

    def token(self) -> str:
        if self.away:
            self.away -= 1
            raise ServerUnreachable("the provider is away")
        return self.given[0]

    def renewed(self, refused: str) -> str:
        self.refused.append(refused)
        if len(self.given) > 1:
            self.given.pop(0)
        return self.given[0]


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def client(liar: ScriptedServer, tokens: Tokens) -> Iterator[CairnClient]:
    with CairnClient(liar.url, tokens, IMPATIENT) as connected:
        yield connected


def shown(liar: ScriptedServer) -> list[str]:
    return [asked.headers["Authorization"].removeprefix("Bearer ") for asked in liar.asked]


def takes(liar: ScriptedServer, good: str) -> None:
    """Only `good` is let in."""

    def script(asked: Asked) -> Answer:
        if asked.headers["Authorization"] != f"Bearer {good}":
            return Answer.problem("unauthenticated", 401)
        return Answer.json({"items": [], "next_cursor": None})

    liar.script = script


def test_each_request_shows_the_token_of_its_time(liar: ScriptedServer, client: CairnClient, tokens: Tokens) -> None:
    liar.answers(Answer.json({"items": [], "next_cursor": None}))
    list(client.buckets())
    tokens.given = ["second"]
    list(client.buckets())
    assert shown(liar) == ["first", "second"]


def test_a_refused_token_is_renewed_once_and_the_request_made_again(
    liar: ScriptedServer, client: CairnClient, tokens: Tokens
) -> None:
    takes(liar, "second")
    tokens.given = ["first", "second"]
    assert list(client.buckets()) == []
    assert (shown(liar), tokens.refused) == (["first", "second"], ["first"])


def test_what_makes_something_is_made_again_too_for_401_means_that_nothing_was(
    liar: ScriptedServer, client: CairnClient, tokens: Tokens
) -> None:
    tokens.given = ["first", "second"]
    liar.answers(Answer.problem("unauthenticated", 401), Answer.json(bucket_document()))
    client.create_bucket("studio")
    first, second = liar.asked
    assert (first.method, first.body) == (second.method, second.body) == ("POST", first.body)


def test_a_server_that_refuses_every_token_is_not_asked_for_ever(
    liar: ScriptedServer, client: CairnClient, tokens: Tokens
) -> None:
    tokens.given = ["first", "second", "third"]
    liar.answers(Answer.problem("unauthenticated", 401))
    with pytest.raises(Unauthenticated):
        list(client.buckets())
    assert shown(liar) == ["first", "second"]


def test_a_token_without_another_is_refused_at_once(liar: ScriptedServer, client: CairnClient, tokens: Tokens) -> None:
    liar.answers(Answer.problem("unauthenticated", 401))
    with pytest.raises(Unauthenticated):
        list(client.buckets())
    assert shown(liar) == ["first"]


def test_a_provider_that_is_away_is_waited_for_as_a_server_is(
    liar: ScriptedServer, client: CairnClient, tokens: Tokens
) -> None:
    liar.answers(Answer.json({"items": [], "next_cursor": None}))
    tokens.away = 3
    assert list(client.buckets()) == []
    tokens.away = 10**9
    with pytest.raises(ServerUnreachable, match="provider is away"):
        list(client.buckets())


def test_bytes_that_stream_are_asked_for_again_with_the_renewed_token(
    liar: ScriptedServer, client: CairnClient, tokens: Tokens, tmp_path: Path
) -> None:
    data = random.Random(5).randbytes(2 * 2**20 + 77)

    def script(asked: Asked) -> Answer:
        if asked.path.endswith("/files"):
            return Answer.json({"items": [file_document("a", data)], "next_cursor": None})
        if asked.path.endswith("/chunks"):
            return Answer.json({"items": chunk_documents(data), "next_cursor": None})
        if asked.headers["Authorization"] != "Bearer second":
            return Answer.problem("unauthenticated", 401)
        return Answer(206, data, "application/octet-stream")

    liar.script = script
    tokens.given = ["first", "second"]
    (file,) = client.files("studio")
    client.download_file(file, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == data
    streamed = [asked for asked in liar.asked if asked.path.endswith("/content")]
    assert [asked.headers["Authorization"] for asked in streamed] == ["Bearer first", "Bearer second"]
    assert not [asked for asked in liar.asked if "/chunks/" in asked.path and not asked.query], (
        "none had to be fetched by itself"
    )
