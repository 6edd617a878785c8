"""The specification as the service really answers: every error is a problem, every part of a path is described."""

import re
from typing import Any

from fastapi import FastAPI

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
_PROBLEM = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_NAME = re.compile(r"{(\w+)}")


def describe(app: FastAPI) -> None:
    """Have `app` describe itself so; the document is made when it is first asked for."""
    made_by_framework = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _corrected(made_by_framework())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to change the document.


def _corrected(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for framework_shape in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework_shape, None)
    schemas["Problem"] = _PROBLEM_SCHEMA
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _describe_errors(operation["responses"])
            _describe_path(path, operation.setdefault("parameters", []))
    return document


def _describe_errors(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if int(status) >= 400:
            response["content"] = _PROBLEM
    responses["default"] = {"description": "Any other problem, such as `unavailable`.", "content": _PROBLEM}


def _describe_path(path: str, parameters: list[dict[str, Any]]) -> None:
    """Parts that a route reads from the raw address, which the framework does not see."""
    named = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
    for name in _NAME.findall(path):
        if name not in named:
            described = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            parameters.append(described | {"description": "Percent-encoded UTF-8; may contain `/`."})
