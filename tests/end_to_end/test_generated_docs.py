"""The pages that are made from the product say what it says: golden files, written by `make docs`."""

import json
from typing import Any

from tests.servers.cairn_server import SignedInServer
from tools import api_examples, api_page, configuration, docs


def golden() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(api_page.SPECIFICATION.read_text())
    return document


def test_the_page_of_settings_is_what_the_settings_classes_say() -> None:
    assert configuration.PAGE.read_text() == configuration.page(), "make docs writes it again"


def test_every_setting_says_what_it_means() -> None:
    for kind in configuration.settings_classes():
        assert [name for name, field in kind.model_fields.items() if not field.description] == [], kind


def test_the_specification_is_the_golden_one(lasting_server: SignedInServer) -> None:
    # Whoever changes the API sees here what changes for its clients, and writes it into CHANGELOG.md.
    assert docs.specification(lasting_server) == golden(), "make docs writes it again"


def test_the_page_of_the_api_is_made_from_the_golden_specification() -> None:
    assert api_page.PAGE.read_text() == api_page.page(golden()), "make docs writes it again"


def test_every_operation_has_an_example_that_the_server_really_answers(server: SignedInServer) -> None:
    examples = docs.recorded(server)
    operations = {f"{method.upper()} {path}" for path, methods in golden()["paths"].items() for method in methods}
    assert examples.keys() == operations
    assert examples == json.loads(api_examples.FILE.read_text()), "make docs writes it again"
