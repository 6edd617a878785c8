"""A new version on data of the release before: everything is there and goes on, on both databases."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.cairn_server import SignedInServer, wait_until
from tests.servers.postgresql_server import Databases
from tests.upgrades.released import bring_to, put_files, put_rows, release
from tools.released_data import PEOPLE, SECRET, told

HEAD = {"metadata": "head", "identity": "head"}


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SignedInServer]:
    """Not started, on a folder with the release's blocks."""
    settings = {"CAIRN_SECRET": SECRET}
    if request.param == "postgresql":
        databases: Databases = request.getfixturevalue("postgresql")
        settings["CAIRN_DATABASE"] = databases.fresh_database()
    one = SignedInServer(tmp_path, **settings)
    put_files(release(), one.data)
    yield one
    if one.is_running:
        one.kill()


def signed_in(server: SignedInServer) -> httpx.Client:
    return server.http(server.add_token(PEOPLE[0], "files", "account"))


def test_every_file_version_and_change_is_there_after_the_upgrade_and_all_goes_on(server: SignedInServer) -> None:
    location = server.settings().database_location
    bring_to(location, release().revisions)
    put_rows(release(), location)
    server.start()
    with signed_in(server) as ada:
        assert told(ada) == release().buckets
        changes = release().buckets["studio"]["changes"]
        assert ada.put("/buckets/studio/content/2026/plan.txt", content=b"the next").status_code == 200
        (change,) = ada.get(f"/buckets/studio/changes?after={len(changes)}").json()["items"]
        assert change["sequence"] == len(changes) + 1
        found = ada.get("/search", params={"q": "plan", "bucket": "studio"}).json()["items"]
        assert [file["path"] for file in found] == ["2026/plan.txt"]
        assert [file["path"] for file in ada.get("/search?tag=colour=red").json()["items"]] == ["large.bin"]
        wait_until(lambda: ada.get("/sync/summary").json()["counts"]["pending"] == 0)
        assert ada.get("/sync/summary").json()["counts"]["failed"] == 0
    doctor = json.loads(server.cairn("doctor", "--json").stdout)
    assert doctor["findings"] == []


@pytest.mark.full
def test_what_the_release_writes_during_a_rolling_upgrade_is_understood(server: SignedInServer) -> None:
    """Its rows, by the columns that it knows, in tables of this version."""
    location = server.settings().database_location
    bring_to(location, HEAD)
    put_rows(release(), location)
    server.start()
    with signed_in(server) as ada:
        assert told(ada) == release().buckets
