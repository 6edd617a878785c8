"""compose.yaml holds to its format, starts in an order that ends, gives nobody more than is needed, and names only what there is."""

import json
import re
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.project.sources import PROJECT
from tests.shipping.composed import COMPOSE_FILE, compose_document, our_services

SCHEMA = json.loads((Path(__file__).parent / "compose_schema.json").read_text())
SERVICES: Mapping[str, Mapping[str, Any]] = compose_document()["services"]
OURS = our_services()


def secrets_of(service: Mapping[str, Any]) -> set[str]:
    return {given if isinstance(given, str) else given["source"] for given in service.get("secrets", ())}


def secret_files_of(service: Mapping[str, Any]) -> set[str]:
    named = {str(value) for key, value in service.get("environment", {}).items() if key.endswith("_FILE")}
    return {name.removeprefix("/run/secrets/") for name in named if name.startswith("/run/secrets/")}


def test_it_holds_to_the_format() -> None:
    jsonschema.Draft7Validator(SCHEMA).validate(compose_document())


@pytest.mark.parametrize(
    "broken",
    [
        {"privileged": True},
        {"ports": [8003]},
        {"depends_on": {"postgres": {"condition": "healthy"}}},
        {"user": "0:0"},
        {"deploy": {"resources": {"limits": {"memory": "512M"}}}},
        {"deploy": {"replicas": "two"}},
    ],
)
def test_the_format_is_one_that_refuses(broken: Mapping[str, Any]) -> None:
    document = {**compose_document(), "services": {"metadata": {**SERVICES["metadata"], **broken}}}
    assert list(jsonschema.Draft7Validator(SCHEMA).iter_errors(document))


def test_every_service_is_waited_for_by_its_health_and_the_order_ends() -> None:
    started: set[str] = set()
    while waiting := SERVICES.keys() - started:
        free = {name for name in waiting if SERVICES[name].get("depends_on", {}).keys() <= started}
        assert free, f"these wait for each other: {waiting}"
        started |= free
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            ends = SERVICES[other]["restart"] == "no"
            assert how["condition"] == ("service_completed_successfully" if ends else "service_healthy"), (name, other)
            assert ends or "test" in SERVICES[other]["healthcheck"]
            # Without its profile a service is not there, and must not be waited for.
            assert how.get("required", True) is not bool(SERVICES[other].get("profiles")), (name, other)


def test_rooms_run_as_nobody_on_a_root_that_they_cannot_write() -> None:
    for name, service in OURS.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["user"] == "10001:10001", name


def test_only_the_front_door_can_be_reached_from_outside_and_it_reaches_four_rooms_only() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["nginx"]
    assert SERVICES["nginx"]["networks"] == ["front"]
    in_front = {name for name, service in SERVICES.items() if "front" in service["networks"]}
    assert in_front == {"nginx", "identity", "metadata", "chunker", "sync"}


def test_everybody_has_the_secrets_that_the_environment_names_and_no_others() -> None:
    for name, service in SERVICES.items():
        mounted = {given["source"] for given in service.get("secrets", ()) if not isinstance(given, str)}
        if name != "seaweedfs":  # Which is told of its file by an argument.
            assert secrets_of(service) - mounted == secret_files_of(service), name
        assert secrets_of(service) <= compose_document()["secrets"].keys(), name


def test_only_block_storage_has_the_key_of_the_store_and_only_the_migration_owns_anything() -> None:
    assert {name for name, service in OURS.items() if "store" in secrets_of(service)} == {"block-storage"}
    assert {name for name, service in OURS.items() if "database" in secrets_of(service)} == {
        "identity", "metadata", "sync", "worker", "beat",
    }  # fmt: skip
    owners = {name for name, service in OURS.items() if {"database_owner", "store_owner"} & secrets_of(service)}
    assert owners == {"migrate"}
    assert secrets_of(OURS["nginx"]) == set()


def test_what_the_migration_writes_outlives_it() -> None:
    assert "data:/data" in OURS["migrate"]["volumes"]


def test_images_of_others_are_pinned() -> None:
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    assert [image for image in images if not re.fullmatch(r"[a-z/]+:(\d+\.\d+|RELEASE\.[\dTZ-]+)", image)] == []


def test_secrets_are_made_once_by_the_script_and_by_nobody_else(tmp_path: Path) -> None:
    def prepared() -> dict[str, str]:
        subprocess.run([COMPOSE_FILE.with_name("prepare.sh"), tmp_path], check=True, stdout=subprocess.DEVNULL)
        return {file.name: file.read_text() for file in tmp_path.iterdir()}

    made = prepared()
    assert {Path(secret["file"]).name for secret in compose_document()["secrets"].values()} <= made.keys()
    assert prepared() == made
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert [name for name, text in made.items() if re.search(r"@[A-Z_]+@", text)] == []
    assert made["database"].split(":")[2] != made["database_owner"].split(":")[2]
    assert made["store"] != made["store_owner"]
    json.loads(made["s3_keys"])


def test_the_place_of_backups_that_the_release_before_was_told_is_kept(tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("s3+https://key:word@elsewhere/backup\n")
    subprocess.run([COMPOSE_FILE.with_name("prepare.sh"), tmp_path], check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / "backup_reader").read_text() == "s3+https://key:word@elsewhere/backup\n"


def test_every_variable_that_the_file_asks_for_is_in_the_example_or_has_a_default() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", COMPOSE_FILE.read_text()))
    example = (PROJECT / "compose" / ".env.example").read_text()
    assert asked <= set(re.findall(r"^(\w+)=.", example, re.MULTILINE))
