"""docs/api.md: the specification as a page to read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
SPECIFICATION = PROJECT / "docs" / "openapi.json"
PAGE = PROJECT / "docs" / "api.md"
_HEAD = """# The HTTP API

Every route of the server, made from its specification (`/openapi.json`, here [openapi.json](openapi.json)) by `make docs`.
Errors are RFC 9457 documents; [problems.md](problems.md) lists their types. Sign in with `Authorization: Bearer TOKEN`.
`{bucket}` is a bucket's id, or the name of one of your own; `{path}` is percent-encoded and may contain `/`.
"""


def specification_text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def page(document: dict[str, Any]) -> str:
    """All operations, by their tag, in the order of the specification."""
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            section = "\n".join(_section(method.upper(), path, operation))
            by_tag.setdefault(operation.get("tags", ["other"])[0], []).append(section)
    parts = [_HEAD]
    for tag, sections in by_tag.items():
        parts += [f"\n## {tag.capitalize()}\n", *sections]
    return "\n".join(parts) + "\n"


def _section(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"\n### `{method} {path}`\n"
    yield f"{operation['summary']}."
    if description := operation.get("description"):
        yield f"\n{description}"
    yield from _parameters([one for one in operation.get("parameters", []) if one["in"] != "path"])
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"\nBody, `{media}`" + (":" if "example" in content else ".")
        yield from _example(content)
    answers = {status: one for status, one in operation["responses"].items() if status < "4"}
    yield (
        "\nAnswers "
        + ", ".join(f"{status}" for status in answers)
        + ":" * any("example" in content for one in answers.values() for content in one.get("content", {}).values())
    )
    for answer in answers.values():
        for content in answer.get("content", {}).values():
            yield from _example(content)
    errors = [f"{status} {one['description']}" for status, one in operation["responses"].items() if "4" <= status < "6"]
    if errors:
        yield "\nErrors: " + "; ".join(errors) + "."


def _parameters(parameters: list[dict[str, Any]]) -> Iterator[str]:
    if not parameters:
        return
    yield "\n| parameter | in | | default |\n|---|---|---|---|"
    for one in parameters:
        default = one.get("schema", {}).get("default")
        shown = "" if default in (None, "") else f"`{json.dumps(default)}`"
        yield f"| `{one['name']}` | {one['in']} | {one.get('description', '').replace('|', '&#124;')} | {shown} |"


def _example(content: dict[str, Any]) -> Iterator[str]:
    if "example" in content:
        yield "```json\n" + json.dumps(content["example"], indent=2, ensure_ascii=False) + "\n```"
