"""A server to lie, and an impatient client of it."""

from collections.abc import Iterator

import pytest

from client import CairnClient, ClientSettings, RetryPolicy
from tests.client.scripted_server import ScriptedServer, scripted_server

IMPATIENT = ClientSettings(
    timeout_seconds=5, retry=RetryPolicy(budget_seconds=5, first_delay_seconds=0.001, longest_delay_seconds=0.01)
)


@pytest.fixture
def liar() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def client(liar: ScriptedServer) -> Iterator[CairnClient]:
    with CairnClient(liar.url, "secret-token", IMPATIENT) as connected:
        yield connected
