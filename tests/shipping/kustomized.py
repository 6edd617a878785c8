"""An overlay of kubernetes/ as kustomize resolves it: the parts that ours use, refused where they use more.

Names of config maps get no hash here; else the documents are those of `kubectl kustomize`.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]

# By what the elements of a list are told apart when a patch is merged into it; any other list is replaced.
_MERGED_BY = {"containers": "name", "env": "name", "volumes": "name", "volumeMounts": "mountPath"}
_KNOWN = {"apiVersion", "kind", "namespace", "resources", "images", "configMapGenerator", "patches"}


def documents(overlay: Path) -> list[Document]:
    """Raises ValueError for a part of the format that is not known here, a patch of nothing, a name that is there twice."""
    given = yaml.safe_load((overlay / "kustomization.yaml").read_text())
    if unknown := given.keys() - _KNOWN:
        raise ValueError(f"{overlay}: {unknown} is not known here")
    found = list(_resources(overlay, given.get("resources", ())))
    for generator in given.get("configMapGenerator", ()):
        _generate(overlay, generator, found)
    for patch in given.get("patches", ()):
        found = _patched(overlay, patch, found)
    for document in found:
        _adopt(document, given)
    names = [_identity(document) for document in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{overlay}: {twice} is there twice")
    return found


def pod_of(document: Document) -> Mapping[str, Any] | None:
    """The pod that a Deployment, StatefulSet, Job or CronJob starts, None for all else."""
    spec = document.get("spec", {})
    if document["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    template: Mapping[str, Any] | None = spec.get("template")
    return None if template is None else template["spec"]


def _resources(folder: Path, names: Sequence[str]) -> Iterator[Document]:
    for name in names:
        place = folder / name
        if place.is_dir():
            yield from documents(place)
        else:
            yield from filter(None, yaml.safe_load_all(place.read_text()))


def _generate(folder: Path, generator: Mapping[str, Any], found: list[Document]) -> None:
    lines = [line for file in generator["envs"] for line in (folder / file).read_text().splitlines() if line.strip()]
    data = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    before = [each for each in found if _identity(each) == ("ConfigMap", generator["name"])]
    if generator.get("behavior", "create") == "merge":
        before[0]["data"] |= data
    else:
        found.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generator["name"]}, "data": data})


def _patched(folder: Path, given: Mapping[str, Any], found: list[Document]) -> list[Document]:
    patch = yaml.safe_load((folder / given["path"]).read_text())
    target = given.get("target")
    fits = [
        each for each in found if (each["kind"] == target["kind"] if target else _identity(each) == _identity(patch))
    ]
    if not fits:
        raise ValueError(f"{folder / given['path']} is a patch of nothing")
    if patch.get("$patch") == "delete":
        return [each for each in found if each not in fits]
    for document in fits:
        own = document["metadata"]["name"]
        _merge(document, copy.deepcopy(patch))
        document["metadata"]["name"] = own
    return found


def _merge(into: Any, patch: Mapping[str, Any]) -> None:
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        elif key in _MERGED_BY and key in into:
            _merge_list(into[key], value, _MERGED_BY[key])
        else:
            into[key] = value


def _merge_list(into: list[Any], patch: Sequence[Any], by: str) -> None:
    for element in patch:
        before = [each for each in into if each[by] == element[by]]
        if before:
            _merge(before[0], element)
        else:
            into.append(element)


def _adopt(document: Document, given: Mapping[str, Any]) -> None:
    if namespace := given.get("namespace"):
        document["metadata"]["namespace"] = namespace
    pod = pod_of(document)
    for image in given.get("images", ()):
        for container in pod["containers"] if pod else ():
            if container["image"].partition(":")[0] == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"


def _identity(document: Document) -> tuple[str, str]:
    return document["kind"], document["metadata"]["name"]
