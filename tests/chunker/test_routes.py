"""What the room tells of its routes, and that entering it for cutting loads no server."""

import subprocess
import sys
from pathlib import Path

import pytest

import chunker
from block_storage import MemoryBlockStore
from foundation.settings import ServiceSettings
from tests.chunker.served import Served, Tokens

PROJECT = Path(__file__).resolve().parents[2]


def test_every_route_tells_its_summary_its_errors_and_its_body(stack: Served) -> None:
    app = chunker.create_app(
        chunker.Parts(stack.catalogue, MemoryBlockStore()),
        settings=ServiceSettings(),
        verifier=Tokens(),
        ready={},
    )
    document = app.openapi()
    operations = {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert len(operations) == 18
    assert all(operation["summary"] for operation in operations.values())
    for (method, path), operation in operations.items():
        assert "$defs" not in str(operation), path
        if method in {"put", "post", "patch"} and not path.endswith("/commit"):
            assert operation["requestBody"]["content"], path
        if method != "head":
            assert any(status >= "400" for status in operation["responses"]), path


def test_the_front_door_opens_without_a_web_framework_until_routes_are_asked_for() -> None:
    program = (
        "import sys, chunker, chunker.cutting; print(sorted({'fastapi', 'metadata', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError):
        _ = chunker.nothing
