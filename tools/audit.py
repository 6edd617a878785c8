"""`python -m tools.audit`: no locked version of what Cairn stands on has a vulnerability that osv.dev knows of.

Exit status 1 if one has, 0 if none has. Where osv.dev is not reached nothing is checked, which is told, and is no failure.
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

PROJECT = Path(__file__).resolve().parents[1]
ACCEPTED = Path(__file__).with_name("accepted_vulnerabilities.txt")
# OSV's batch query takes a thousand: https://google.github.io/osv.dev/post-v1-querybatch/
BATCH = 1000
_SECONDS = 15
_REQUIREMENT = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", re.MULTILINE)

Package = tuple[str, str, str]


def locked() -> list[Package]:
    """Ecosystem, name and version of everything that the server runs on and of all that the page is built with."""
    python = [
        ("PyPI", name, version) for name, version in _REQUIREMENT.findall((PROJECT / "requirements.txt").read_text())
    ]
    lock = json.loads((PROJECT / "frontend" / "package-lock.json").read_text())
    packages = ((path.rpartition("node_modules/")[2], each) for path, each in lock["packages"].items() if path)
    return sorted({*python, *(("npm", each.get("name", name), each["version"]) for name, each in packages)})


def accepted() -> frozenset[str]:
    """Ids of vulnerabilities that were looked at, each with its reason behind it."""
    lines = ACCEPTED.read_text().splitlines()
    return frozenset(line.split()[0] for line in lines if line and not line.startswith("#"))


def vulnerable(packages: Sequence[Package], address: str) -> Iterator[tuple[Package, list[str]]]:
    """Those with known vulnerabilities, and their ids. Raises OSError if the service cannot be asked, ValueError for what is no answer."""
    for start in range(0, len(packages), BATCH):
        asked = packages[start : start + BATCH]
        results = _asked(asked, address)
        if len(results) != len(asked):
            raise ValueError("another number of answers than of questions")
        for package, result in zip(asked, results, strict=True):
            if ids := [each["id"] for each in result.get("vulns", ())]:
                yield package, ids


def main() -> None:
    address = os.environ.get("OSV_ADDRESS", "https://api.osv.dev")
    packages, allowed = locked(), accepted()
    try:
        found = [
            (package, [each for each in ids if each not in allowed]) for package, ids in vulnerable(packages, address)
        ]
    except (OSError, ValueError, KeyError) as error:
        sys.stdout.write(f"cairn: dependencies were NOT checked: {address} cannot be asked ({error})\n")
        return
    wrong = [(package, ids) for package, ids in found if ids]
    for (ecosystem, name, version), ids in wrong:
        sys.stderr.write(f"{ecosystem} {name} {version}: {', '.join(ids)}\n")
    if wrong:
        sys.exit(
            "`make lock` takes newer versions; what does not concern us goes to tools/accepted_vulnerabilities.txt."
        )
    sys.stdout.write(f"cairn: {len(packages)} dependencies have no known vulnerability\n")


def _asked(packages: Sequence[Package], address: str) -> list[dict[str, Any]]:
    queries = [
        {"package": {"ecosystem": ecosystem, "name": name}, "version": version} for ecosystem, name, version in packages
    ]
    request = Request(  # noqa: S310 — the address is https, or a test's own.
        f"{address}/v1/querybatch", json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 — as above.
        results: list[dict[str, Any]] = json.load(answer)["results"]
    return results


if __name__ == "__main__":
    main()
