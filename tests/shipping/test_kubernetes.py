"""kubernetes/: both overlays resolve, hold to Kubernetes' own schemas, run as nobody, and let nobody in who is not named."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import kubernetes_validate
import pytest

from tests.project.sources import PROJECT
from tests.shipping.kustomized import Document, documents, pod_of

OVERLAYS = {path.name: documents(path) for path in sorted((PROJECT / "kubernetes" / "overlays").iterdir())}
VERSION = "1.36"
OLDER = "1.33"
ALL = [(overlay, each) for overlay, found in OVERLAYS.items() for each in found]
FRONT_ROOMS = {"metadata", "sync", "chunker", "identity"}


def of_kind(overlay: str, *kinds: str) -> Mapping[str, Document]:
    return {each["metadata"]["name"]: each for each in OVERLAYS[overlay] if each["kind"] in kinds}


def pods() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for overlay, document in ALL:
        if pod := pod_of(document):
            yield overlay, document["metadata"]["name"], pod


def policies(overlay: str) -> Mapping[str, Mapping[str, Any]]:
    return {name: each["spec"] for name, each in of_kind(overlay, "NetworkPolicy").items()}


def components(peer: Mapping[str, Any]) -> set[str]:
    """Which of our services a peer of a policy names."""
    found: set[str] = set()
    for expression in peer.get("podSelector", {}).get("matchExpressions", ()):
        found |= set(expression["values"])
    return found


def test_there_are_the_two_overlays_that_the_documentation_tells_of() -> None:
    assert set(OVERLAYS) == {"single-node", "production"}


@pytest.mark.parametrize("version", [VERSION, pytest.param(OLDER, marks=pytest.mark.full)])
def test_every_document_holds_to_the_schema(version: str) -> None:
    for overlay, document in ALL:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            raise AssertionError(f"{overlay}: {document['kind']} {document['metadata']['name']}: {error}") from None


@pytest.mark.parametrize("wrong", [{"replica": 2}, {"replicas": "two"}, {"minReadySeconds": "soon"}])
def test_the_schema_is_one_that_refuses(wrong: Mapping[str, Any]) -> None:
    document = copy.deepcopy(of_kind("production", "Deployment")["metadata"])
    document["spec"] |= wrong
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, VERSION, strict=True)


def test_every_pod_runs_as_nobody_who_can_write_nothing_and_become_nothing() -> None:
    for overlay, name, pod in pods():
        context = pod["securityContext"]
        assert (context["runAsNonRoot"], context["runAsUser"]) == (True, 10001), (overlay, name)
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), (overlay, name)
            assert "memory" in container["resources"]["limits"], (overlay, name)


def test_everything_that_is_mounted_is_there_and_nothing_is_there_in_vain() -> None:
    for overlay, name, pod in pods():
        volumes = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == volumes, (overlay, name)
        claims = {
            each["persistentVolumeClaim"]["claimName"] for each in pod["volumes"] if "persistentVolumeClaim" in each
        }
        assert claims <= of_kind(overlay, "PersistentVolumeClaim").keys()


def test_who_serves_has_three_probes_and_is_once_ready_before_it_counts() -> None:
    for overlay, name, pod in pods():
        if name in {"migrate", "backup"}:
            continue
        container = pod["containers"][0]
        start, alive, ready = (container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness"))
        assert alive == ready
        # Where a dependency of all is away nobody is sent away for it: a room says more by its answer than by its absence.
        assert (start["path"], alive["path"]) == (("/", "/") if name == "front-door" else ("/readyz", "/healthz")), (
            overlay
        )


def test_only_the_nightly_job_may_write_to_the_backup() -> None:
    given = {
        (name, source["secret"]["name"])
        for _, name, pod in pods()
        for volume in pod["volumes"]
        for source in volume.get("projected", {}).get("sources", ())
        if source["secret"]["name"].startswith("cairn-backup")
    }
    assert given == {("backup", "cairn-backup"), ("sync", "cairn-backup-reader")}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_selector_finds_what_it_is_for(overlay: str) -> None:
    labels = [
        each["spec"]["template"]["metadata"]["labels"]
        for each in of_kind(overlay, "Deployment", "StatefulSet").values()
    ]
    for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
        for name, document in of_kind(overlay, kind).items():
            selector = document["spec"].get("podSelector") or document["spec"]["selector"]
            wanted = selector.get("matchLabels", selector)
            assert [found for found in labels if wanted.items() <= found.items()], (kind, name)
    for name, scaler in of_kind(overlay, "HorizontalPodAutoscaler").items():
        target = scaler["spec"]["scaleTargetRef"]
        assert "replicas" not in of_kind(overlay, target["kind"])[target["name"]]["spec"], name
    backend = of_kind(overlay, "Ingress")["cairn"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    ports = of_kind(overlay, "Service")[backend["name"]]["spec"]["ports"]
    assert backend["port"]["name"] in {port["name"] for port in ports}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_from_outside_reaches_anything_but_the_front_door(overlay: str) -> None:
    found = policies(overlay)
    assert "ingress" not in found["nobody"]
    assert found["nobody"]["podSelector"] == {"matchLabels": {"app.kubernetes.io/part-of": "cairn"}}
    for name, policy in found.items():
        if name in {"nobody", "monitoring", "front-door"}:
            continue
        for rule in policy["ingress"]:
            assert all(components(peer) for peer in rule["from"]), f"{name} is open to more than our services"
    assert {service["spec"].get("type", "ClusterIP") for service in of_kind(overlay, "Service").values()} == {
        "ClusterIP"
    }
    door = found["front-door"]["ingress"]
    assert [list(peer) for rule in door for peer in rule["from"]] == [["namespaceSelector"]]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_block_storage_is_reached_by_three_rooms_and_the_front_door_reaches_four(overlay: str) -> None:
    found = policies(overlay)
    reach_blocks = set().union(
        *(components(peer) for rule in found["block-storage"]["ingress"] for peer in rule["from"])
    )
    assert reach_blocks == {"chunker", "sync", "worker"}
    assert (
        set().union(*(components(peer) for rule in found["front-door"]["egress"] for peer in rule["to"])) == FRONT_ROOMS
    )
    reached = set().union(*(components(peer) for rule in found["chunker"]["egress"] for peer in rule["to"]))
    assert reached == {"metadata", "block-storage", "identity"}


def test_who_is_two_has_a_budget_and_is_scaled_and_a_store_on_disk_is_one() -> None:
    scaled = of_kind("production", "HorizontalPodAutoscaler")
    assert scaled.keys() == of_kind("production", "PodDisruptionBudget").keys()
    assert scaled.keys() == of_kind("production", "Deployment").keys() - {"beat"}
    assert all(each["spec"]["minReplicas"] >= 2 for each in scaled.values())
    disk = of_kind("single-node", "StatefulSet")["block-storage"]
    assert disk["spec"]["replicas"] == 1
    assert "block-storage" not in of_kind("single-node", "Deployment")
    # A budget for one would keep its node from ever being emptied.
    assert of_kind("single-node", "PodDisruptionBudget", "HorizontalPodAutoscaler") == {}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_address_of_browsers_is_one(overlay: str) -> None:
    public = of_kind(overlay, "ConfigMap")["cairn-settings"]["data"]["CAIRN_PUBLIC_URL"]
    ingress = of_kind(overlay, "Ingress")["cairn"]["spec"]
    assert {f"https://{host}" for tls in ingress["tls"] for host in tls["hosts"]} == {public}
    assert {f"https://{rule['host']}" for rule in ingress["rules"]} == {public}


def test_no_secret_stands_in_the_files() -> None:
    assert [each["metadata"]["name"] for _, each in ALL if each["kind"] == "Secret"] == []
    for overlay, name, pod in pods():
        for variable in pod["containers"][0].get("env", ()):
            assert "@" not in variable["value"], (overlay, name)
