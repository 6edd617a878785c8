"""A machine with the `cairn` command and a home of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.warm import run


@dataclass(frozen=True)
class Machine:
    """`home` is empty at first; nothing of the surroundings signs it in."""

    home: Path

    @property
    def kept(self) -> Path:
        return self.home / "cairn" / "credentials.json"

    @property
    def environment(self) -> Mapping[str, str]:
        left_out = {"CAIRN_URL", "CAIRN_TOKEN", "CAIRN_CLI_CLIENT_ID"}
        given = {name: value for name, value in os.environ.items() if name not in left_out}
        return given | {"XDG_CONFIG_HOME": str(self.home), "CAIRN_RETRY_SECONDS": "5"}

    def begin(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(arguments),
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def cairn(self, *arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return run(self.command(arguments), {**self.environment, **environment}, stdin, timeout=60)

    def keep(self, url: str, access_token: str, refresh_token: str, user_id: str, lasts: float = 600) -> None:
        """As a sign-in keeps it, without the wait for one."""
        renewal = {
            "refresh_token": refresh_token,
            "expires_at": time.time() + lasts,
            "issuer": url,
            "client_id": "cairn-cli",
        }
        self.kept.parent.mkdir(mode=0o700, exist_ok=True)
        self.kept.write_text(json.dumps({"url": url, "token": access_token, "user_id": user_id, "renewal": renewal}))

    def age(self) -> None:
        """The access token seems to have ended."""
        document = self.document()
        document["renewal"]["expires_at"] = 0
        self.kept.write_text(json.dumps(document))

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.kept.read_text())
        return document

    @staticmethod
    def command(arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "cairn", *arguments]
