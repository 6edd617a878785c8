"""`cairn login` and the page it leads to: a person says yes in the browser, and the command goes on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.cairn.machine import Machine
from tests.page.person import Person
from tests.servers.cairn_server import SignedInServer

pytestmark = pytest.mark.full


def test_a_machine_is_let_in_by_the_address_that_it_shows(
    cairn: SignedInServer, sit_down: Callable[..., Person], tmp_path: Path
) -> None:
    person, machine = sit_down(cairn), Machine(tmp_path)
    bucket = person.bucket("Letters")
    running = machine.begin("login", cairn.url, "--json")
    assert running.stdout is not None
    code = json.loads(running.stdout.readline())
    page = person.page
    page.goto(code["verification_uri_complete"])
    expect(page.get_by_label("Code")).to_have_value(code["user_code"])
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text(code["user_code"])).to_be_visible()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    out, error = running.communicate(timeout=60)
    assert running.returncode == 0, error
    assert json.loads(out)["email"] == person.email
    assert machine.cairn("ls").stdout == f"cairn:{bucket}\n"
