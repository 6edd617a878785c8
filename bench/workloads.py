"""W1 to W7, each as its user would do it: the command line, or curl for plain HTTP. Every function returns seconds."""

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from tests.servers.cairn_server import SignedInServer


def timed_cairn(server: SignedInServer, *arguments: str) -> float:
    started = time.perf_counter()
    server.cairn(*arguments)
    return time.perf_counter() - started


def copy_up(server: SignedInServer, source: Path, bucket: str = "bench") -> float:
    """W1 and W2 native, W3 in a bucket of its own: one file up by `cairn cp`."""
    return timed_cairn(server, "cp", str(source), f"cairn:{bucket}/{uuid4()}")


def copy_folder_up(server: SignedInServer, source: Path) -> float:
    """W4."""
    return timed_cairn(server, "cp", "-r", str(source), f"cairn:bench/{uuid4()}")


def copy_folder_down(server: SignedInServer, path: str, target: Path) -> float:
    """W4's reverse."""
    return timed_cairn(server, "cp", "-r", f"cairn:bench/{path}", str(target))


def copy_down(server: SignedInServer, path: str, target: Path) -> float:
    return timed_cairn(server, "cp", f"cairn:bench/{path}", str(target))


def _curl(server: SignedInServer, *arguments: str) -> None:
    header = f"Authorization: Bearer {server.token}"
    command = ["curl", "-sS", "--fail", "-o", "/dev/null", "-H", header, *arguments]
    # Which names the certificate that is trusted, where there is one.
    subprocess.run(command, check=True, env=server.environment)


def plain_put(server: SignedInServer, source: Path, name: str | None = None) -> float:
    """W1 by one PUT. `name`: by which it can be read again."""
    started = time.perf_counter()
    _curl(server, "-T", str(source), "-H", "Expect:", content_url(server, name or str(uuid4())))
    return time.perf_counter() - started


def plain_get(server: SignedInServer, path: str) -> float:
    """W5."""
    started = time.perf_counter()
    _curl(server, content_url(server, path))
    return time.perf_counter() - started


def ranged_get(server: SignedInServer, path: str, size: int) -> float:
    """W5R: four ranges at once."""
    quarter = size // 4
    ranges = [f"{n * quarter}-{(n + 1) * quarter - 1 if n < 3 else size - 1}" for n in range(4)]
    started = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda part: _curl(server, "-r", part, content_url(server, path)), ranges))
    return time.perf_counter() - started


def many_clients(server: SignedInServer, sources: list[Path]) -> float:
    """W6: a client each."""
    started = time.perf_counter()
    with ThreadPoolExecutor(len(sources)) as pool:
        list(pool.map(lambda source: plain_put(server, source), sources))
    return time.perf_counter() - started


def list_all(server: SignedInServer, prefix: str) -> tuple[float, int]:
    """W7: one answer with all entries; seconds by curl's own clock, and how many entries there were."""
    url = f"{server.url}/api/v1/buckets/bench/files?limit=10000&prefix={prefix}"
    header = f"Authorization: Bearer {server.token}"
    command = ["curl", "-sS", "--fail", "-H", header, "-w", "\n%{time_total}", url]
    answer, seconds = subprocess.run(command, check=True, capture_output=True).stdout.rsplit(b"\n", 1)
    return float(seconds), len(json.loads(answer)["items"])


def content_url(server: SignedInServer, path: str) -> str:
    return f"{server.url}/api/v1/buckets/bench/content/{path}"
