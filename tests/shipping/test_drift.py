"""Ports, variables, commands and secrets: compose, Kubernetes, the native stack and the code say the same."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
import typer

import cairn.worker
from cairn.serve import PORTS
from foundation.service_tokens import Room
from tests.project.sources import PROJECT
from tests.shipping.composed import WORK_PORT, known_variables, our_services, parsed_options
from tests.shipping.kustomized import documents, pod_of
from tools.stack import places

KNOWN = known_variables()
ROOM_PORTS = {room.value: port for room, port in PORTS.items()}
# Compose calls the front door by its program.
NAMES = {"nginx": "front-door"}


def in_kubernetes() -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, str]]]:
    """Overlay, service, pod, and every variable that its process gets."""
    for folder in sorted((PROJECT / "kubernetes" / "overlays").iterdir()):
        found = documents(folder)
        settings = next(each["data"] for each in found if each["kind"] == "ConfigMap")
        for document in found:
            if pod := pod_of(document):
                own = {each["name"]: each["value"] for each in pod["containers"][0].get("env", ())}
                yield folder.name, document["metadata"]["name"], pod, settings | own


def in_compose() -> Iterator[tuple[str, Sequence[str], Mapping[str, str]]]:
    for name, service in our_services().items():
        yield NAMES.get(name, name), service["command"], service["environment"]


KUBERNETES = list(in_kubernetes())
COMPOSE = list(in_compose())
OVERLAYS = sorted({overlay for overlay, *_ in KUBERNETES})


def test_every_variable_is_one_that_a_settings_class_reads() -> None:
    assert "CAIRN_DATABASE_FILE" in KNOWN
    for name, _, environment in COMPOSE:
        assert environment.keys() - KNOWN == set(), name
    for overlay, name, _, environment in KUBERNETES:
        assert environment.keys() - KNOWN == set(), (overlay, name)


def test_every_variable_that_compose_takes_from_outside_is_one_or_says_where_files_are() -> None:
    example = (PROJECT / "compose" / ".env.example").read_text()
    names = {line.partition("=")[0] for line in example.splitlines() if line and not line.startswith("#")}
    several = {name for name in names if name.endswith("_REPLICAS")}
    assert names - KNOWN - several == {"CAIRN_TLS_FOLDER", "CAIRN_BACKUP_FOLDER"}
    assert several == {f"CAIRN_{name.upper().replace('-', '_')}_REPLICAS" for name in [*ROOM_PORTS, "worker"]}


def test_what_operations_md_has_an_operator_change_is_taken_from_the_environment_file() -> None:
    example = (PROJECT / "compose" / ".env.example").read_text()
    file = (PROJECT / "compose" / "compose.yaml").read_text()
    for name in (
        "RATE_LIMIT",
        "CONTENT_RATE_LIMIT",
        "STREAM_LIMIT",
        "SCRUB_DAYS",
        "SCRUB_RATE",
        "DEAD_NAME_DAYS",
        "QUOTA_BYTES",
    ):
        assert f"\nCAIRN_{name}=" in example, name
        assert f" CAIRN_{name}: ${{CAIRN_{name}:-" in file, name


def told(environment: Mapping[str, str]) -> set[str]:
    """Which settings, by variables or by files that these name."""
    return {name.removesuffix("_FILE") for name in environment}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_service_is_told_the_same_settings_in_both(overlay: str) -> None:
    for name, _, environment in COMPOSE:
        given = next(own for at, service, _, own in KUBERNETES if (at, service) == (overlay, name))
        # The ingress has the certificate there.
        assert told(environment) - told(given) <= {"CAIRN_TLS_CERTIFICATE", "CAIRN_TLS_KEY"}, name


@pytest.mark.parametrize("setting", ["CAIRN_OTLP_ENDPOINT", "CAIRN_BACKUP"])
def test_who_tells_how_things_are_knows_of_it_in_both(setting: str) -> None:
    environments = [own for name, _, own in COMPOSE if name == "sync"]
    environments += [own for _, name, _, own in KUBERNETES if name == "sync"]
    assert [setting in told(environment) for environment in environments] == [True] * (1 + len(OVERLAYS))


def test_every_command_is_one_that_the_command_line_takes() -> None:
    commands = [command for _, command, _ in COMPOSE] + [pod["containers"][0]["args"] for _, _, pod, _ in KUBERNETES]
    assert len(commands) > 20
    for command in commands:
        parsed_options(command)


@pytest.mark.parametrize("wrong", [["serve", "--onyl", "sync"], ["front-dor"], ["worker", "--port", "zero"]])
def test_the_command_line_is_one_that_refuses(wrong: Sequence[str]) -> None:
    with pytest.raises(typer.TyperException):
        parsed_options(wrong)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_both_start_the_same_services_by_the_same_commands(overlay: str) -> None:
    kubernetes = {name: pod["containers"][0]["args"] for at, name, pod, _ in KUBERNETES if at == overlay}
    kubernetes.pop("backup", None)
    assert kubernetes == {name: list(command) for name, command, _ in COMPOSE}
    assert {room.value for room in Room if room in PORTS} <= kubernetes.keys()


def test_ports_are_those_that_the_code_listens_on() -> None:
    assert cairn.worker.PORT == WORK_PORT
    assert {name: places.PORTS[name] for name in ROOM_PORTS} == ROOM_PORTS
    assert places.PORTS["worker"] == WORK_PORT
    listens = ROOM_PORTS | {"worker": WORK_PORT, "beat": WORK_PORT, "front-door": 8080}
    for name, service in our_services().items():
        test = " ".join(service["healthcheck"].get("test", ()))
        port = 8443 if name == "nginx" else listens.get(name)
        assert not test or f"127.0.0.1:{port}/" in test, name
    for overlay, name, pod, environment in KUBERNETES:
        if name in listens:
            ports = {each["name"]: each["containerPort"] for each in pod["containers"][0]["ports"]}
            assert ports["http"] == listens[name], (overlay, name)
        if name == "front-door":
            assert ports == {"http": int(environment["CAIRN_HTTP_PORT"]), "https": int(environment["CAIRN_HTTPS_PORT"])}


def test_addresses_of_rooms_are_the_services_that_there_are() -> None:
    addresses = {
        "CAIRN_BLOCKS" if room is Room.BLOCK_STORAGE else f"CAIRN_{room.value.upper()}": f"http://{room.value}:{port}"
        for room, port in PORTS.items()
    }
    for folder in sorted((PROJECT / "kubernetes" / "overlays").iterdir()):
        services = {
            each["metadata"]["name"]: each["spec"]["ports"][0]["port"]
            for each in documents(folder)
            if each["kind"] == "Service"
        }
        assert services == ROOM_PORTS | {"front-door": 8080}
    for name, _, environment in COMPOSE:
        assert {key: value for key, value in environment.items() if key in addresses}.items() <= addresses.items(), name
    for overlay, name, _, environment in KUBERNETES:
        assert addresses.items() <= environment.items(), (overlay, name)


def test_the_front_door_reads_the_store_that_block_storage_writes_and_only_where_it_lies_on_a_disk() -> None:
    for overlay in OVERLAYS:
        pods = {name: (pod, environment) for at, name, pod, environment in KUBERNETES if at == overlay}
        (writer, stores), (reader, serves) = pods["block-storage"], pods["front-door"]
        folder = stores.get("CAIRN_STORE", "").removeprefix("file://")
        assert serves.get("CAIRN_BLOCKS_FOLDER", "") == folder, overlay
        if folder:
            (written,), (read,) = ([each for each in mounts(pod) if each["on"] == folder] for pod in (writer, reader))
            assert (written["claim"], written["at"]) == (read["claim"], read["at"])
            assert (written["is_read_only"], read["is_read_only"]) == (False, True)
            assert reader["securityContext"]["runAsUser"] == writer["securityContext"]["runAsUser"]
            # Else every start of the front door would go through millions of files.
            assert reader["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
    for name, _, environment in COMPOSE:
        assert not environment.get("CAIRN_STORE", "").startswith("file:"), name
        assert "CAIRN_BLOCKS_FOLDER" not in environment, name


def mounts(pod: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What of a claim is mounted where. `on`: the store's folder, if it lies there."""
    claims = {volume["name"]: volume.get("persistentVolumeClaim") for volume in pod["volumes"]}
    for each in pod["containers"][0]["volumeMounts"]:
        if claim := claims[each["name"]]:
            at = each["mountPath"]
            is_read_only = bool(each.get("readOnly") and claim.get("readOnly"))
            yield {"claim": claim["claimName"], "at": at, "on": f"{at}/blocks", "is_read_only": is_read_only}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_everybody_has_the_same_secrets_in_both(overlay: str) -> None:
    """But where the store lies on a disk, which needs no key; Redis' address holds a secret where Redis asks for one."""
    for at, name, pod, environment in KUBERNETES:
        if at != overlay or name == "backup":
            continue
        given = {key for key, value in environment.items() if key.endswith("_FILE") and value}
        mounted = {
            f"/run/secrets/cairn/{item['path']}"
            for volume in pod["volumes"]
            for source in volume.get("projected", {}).get("sources", ())
            for item in source["secret"]["items"]
        }
        assert {environment[key] for key in given} == mounted, (overlay, name)
        expected = next(set(each) for service, _, each in COMPOSE if service == name)
        expected = {"CAIRN_BROKER_FILE" if key == "CAIRN_BROKER" else key for key in expected}
        on_disk = {"CAIRN_STORE_FILE"} if "CAIRN_STORE" in environment else set()
        assert given == {key for key in expected if key.endswith("_FILE")} - on_disk, (overlay, name)
