"""Walks through every operation of a running server and keeps one exchange of each: the examples of the specification are real."""

import json
import re
from pathlib import Path
from typing import Any

import httpx

PROJECT = Path(__file__).resolve().parents[1]
FILE = PROJECT / "cairn" / "api_examples.json"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_MOMENT = "2026-01-02T03:04:05.678901Z"
_CHANGING = {
    "token", "access_token", "refresh_token", "id_token", "device_code", "user_code", "verification_uri_complete",
    "redirect_to", "link", "next_cursor", "x", "y", "kid", "worker",
}  # fmt: skip
_MOMENTS = {"iat", "exp"}


class Recorder:
    """An API client that keeps the first exchange of each operation."""

    def __init__(self, http: httpx.Client) -> None:
        """`http`: its base URL is the server's root."""
        self._http = http
        self.exchanges: dict[str, dict[str, Any]] = {}

    def peek(self, path: str) -> Any:
        """What is there, kept nowhere."""
        return self._http.get(path).raise_for_status().json()

    def call(
        self,
        operation: str,
        *,
        body: Any = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, Any] | None = None,
        is_shown: bool = True,
        **names: Any,
    ) -> Any:
        """Make a request of `METHOD /path/{name}` and keep it; its answer. Raises RuntimeError for an error.

        `is_shown` False: the answer depends on the moment, and is not kept.
        """
        method, _, template = operation.partition(" ")
        path = template.format_map(names)
        response = self._http.request(method, path, json=body, content=content, headers=headers, params=query)
        if response.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
        is_json = response.content and response.headers.get("content-type") == "application/json"
        answer = response.json() if is_json else None
        kept: dict[str, Any] = {"status": response.status_code}
        if body is not None:
            kept["request"] = body
        if answer is not None and is_shown and method != "HEAD":
            kept["answer"] = answer
        self.exchanges.setdefault(operation, kept)
        return answer


def masked(exchanges: dict[str, dict[str, Any]], names: dict[str, str]) -> dict[str, Any]:
    """The same for every walk: ids numbered as they come, one time, no secrets; `names` are put in the place of others."""
    text = json.dumps(exchanges, ensure_ascii=False)
    for name, instead in names.items():
        text = text.replace(name, instead)
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"0199c7a0-0000-7000-8000-{len(numbers) + 1:012x}")

    text = _TIME.sub(_MOMENT, _UUID.sub(numbered, text))
    document: dict[str, Any] = json.loads(text, object_hook=_without_secrets)
    return document


def _without_secrets(members: dict[str, Any]) -> dict[str, Any]:
    """Nor what depends on the moment: when a worker read a file, how far a round of proof is, how quick the machine is."""
    if "verified_at" in members:
        members["verified_at"] = _MOMENT
        if "sync_status" in members:
            members["sync_status"] = "completed"
        if "sync" in members:
            members["sync"] = None
    if "is_capped" in members:
        members["checking"] = 0
    if members.keys() == {"round", "last_round"}:
        return dict.fromkeys(members)
    if members.get("state") == "slow":
        members["state"] = "up"
    members |= dict.fromkeys(_MOMENTS & members.keys(), 1767319384)
    return {key: "…" if key in _CHANGING and isinstance(value, str) else value for key, value in members.items()}


def written(exchanges: dict[str, Any]) -> str:
    return json.dumps(exchanges, indent=1, ensure_ascii=False) + "\n"
