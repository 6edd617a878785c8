"""The specification as the service really answers: every error is a problem, every part of a path is described."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from foundation.problems import Invalid, Problem, problem_classes

PROBLEM_TYPE = "application/problem+json"
_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457. Members beyond these depend on the type; docs/problems.md lists all types.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:cairn:problem:not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_SCHEMA = {"$ref": "#/components/schemas/Problem"}
_NAME = re.compile(r"{(\w+)}")
_SLUG = re.compile(r"`([a-z0-9-]+)`")

_FRAMEWORK_REFUSAL = "Validation Error"

# `METHOD /path` → {request?, status, answer?}: one real exchange of each operation.
Examples = Mapping[str, Mapping[str, Any]]


# What FastAPI takes as the `responses` of a route.
Responses = dict[int | str, dict[str, Any]]


def problems(*kinds: type[Problem]) -> Responses:
    """The error list of a route, by status, each problem by its slug and title."""
    found: Responses = {}
    for kind in sorted(kinds, key=lambda kind: kind.status):
        before = found.get(kind.status, {}).get("description")
        described = f"`{kind.slug}`: {kind.title}"
        found[kind.status] = {"description": f"{before}; {described}" if before else described}
    return found


def describe(app: FastAPI) -> None:
    """Have `app` describe itself so; the document is made when it is first asked for.

    `app.state.examples`, where it is set before that, are the Examples shown.
    """
    made_by_framework = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _corrected(made_by_framework(), getattr(app.state, "examples", {}))
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to change the document.


def _corrected(document: dict[str, Any], examples: Examples) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for framework_shape in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework_shape, None)
    schemas["Problem"] = _PROBLEM_SCHEMA
    kinds = {kind.slug: kind for kind in problem_classes()}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _describe_errors(operation["responses"], kinds)
            _describe_path(path, operation.setdefault("parameters", []))
            _show(operation, examples.get(f"{method.upper()} {path}", {}))
    return document


def _describe_errors(responses: dict[str, Any], kinds: Mapping[str, type[Problem]]) -> None:
    """Every error with the documents that it may be, by their slugs, which its description names."""
    for status, response in responses.items():
        if int(status) >= 400:
            if response["description"] == _FRAMEWORK_REFUSAL:
                response.update(problems(Invalid)[Invalid.status])
            named = [kinds[slug] for slug in _SLUG.findall(response["description"]) if slug in kinds]
            response["content"] = _problems(named)
    described = "Any other problem, such as `unavailable`."
    responses["default"] = {"description": described, "content": _problems([kinds["unavailable"]])}


def _problems(kinds: list[type[Problem]]) -> dict[str, Any]:
    shown = {kind.slug: {"value": kind().document()} for kind in kinds}
    return {PROBLEM_TYPE: {"schema": _SCHEMA} | ({"examples": shown} if shown else {})}


def _show(operation: dict[str, Any], example: Mapping[str, Any]) -> None:
    """Put one real exchange where readers and generators of clients look for it."""
    if "request" in example:
        operation["requestBody"]["content"]["application/json"]["example"] = example["request"]
    if "answer" in example:
        content = operation["responses"][str(example["status"])].setdefault("content", {})
        content.setdefault("application/json", {"schema": {}})["example"] = example["answer"]


def _describe_path(path: str, parameters: list[dict[str, Any]]) -> None:
    """Parts that a route reads from the raw address, which the framework does not see."""
    named = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
    for name in _NAME.findall(path):
        if name not in named:
            described = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            parameters.append(described | {"description": "Percent-encoded UTF-8; may contain `/`."})
