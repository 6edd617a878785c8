"""`python -m tools.secret_scan`: no file that git knows holds what looks like a secret. What only looks so is in known_secrets.txt."""

import hashlib
import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
KNOWN = Path(__file__).with_name("known_secrets.txt")

# Kinds that say by themselves what they are.
_KINDS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*(?:\\n)?[A-Za-z0-9+/=]{32,}"),
    "AWS key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,})"),
    "Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    "Google key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "Stripe key": re.compile(r"\b[rs]k_live_[0-9A-Za-z]{20,}"),
    "token of Cairn's": re.compile(r"\bcairn(?:session|invitation|refresh)?_[A-Za-z0-9_-]{40,}"),
    "JWT": re.compile(r"\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}"),
    "password in an address": re.compile(r"://[\w.-]+:(?P<value>[A-Za-z0-9+/_-]{12,})@"),
}
# Anything else is one only if it is named so and is as disorderly as chance makes it.
_NAMED = re.compile(
    r"(?i)(?:secret|passw(?:or)?d|token|api_?key|private_?key)\w*[\"']?\s*(?::\s*str\s*)?[:=]+\s*b?[\"'](?P<value>[A-Za-z0-9+/=_-]{20,})[\"']"
)
_HEX = re.compile(r"[0-9a-fA-F]+")
# Bits a character: of 20 random characters of base64 hardly ever less, of words hardly ever more.
_BITS, _HEX_BITS = 3.9, 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    file: str
    line: int
    kind: str
    value: str

    @property
    def mark(self) -> str:
        """By which known_secrets.txt knows it, wherever it stands, without saying it."""
        return hashlib.sha256(self.value.encode()).hexdigest()[:16]


def findings(file: str, text: str) -> Iterator[Finding]:
    """Everything in `text` that looks like a secret."""
    for kind, pattern in _KINDS.items():
        for found in pattern.finditer(text):
            yield _finding(file, text, kind, found)
    for found in _NAMED.finditer(text):
        if _is_disorderly(found["value"]):
            yield _finding(file, text, "named as a secret", found)


def known() -> frozenset[str]:
    """The marks of what only looks like one, each with its reason behind it."""
    lines = (line.split(maxsplit=1) for line in KNOWN.read_text().splitlines() if line and not line.startswith("#"))
    return frozenset(mark for mark, _reason in lines)


def scanned() -> list[Finding]:
    """In every file that git tracks, or would."""
    listed = subprocess.run(
        # Whoever checks may be somebody else than whoever cloned; nothing but names is read.
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
    )
    names = [name for name in listed.stdout.decode().split("\0") if name and (PROJECT / name).is_file()]
    return [found for name in names for found in findings(name, _text(PROJECT / name))]


def main() -> None:
    allowed = known()
    wrong = [found for found in scanned() if found.mark not in allowed]
    for found in wrong:
        sys.stderr.write(f"{found.file}:{found.line}: {found.kind} ({found.mark})\n")
    if wrong:
        sys.exit(
            "If it is one: take it out, and make a new one. If not: its mark and a reason go to tools/known_secrets.txt."
        )


def _finding(file: str, text: str, kind: str, found: re.Match[str]) -> Finding:
    value = found.groupdict().get("value") or found[0]
    return Finding(file, text.count("\n", 0, found.start()) + 1, kind, value)


def _is_disorderly(value: str) -> bool:
    length = len(value)
    bits = -sum(count / length * math.log2(count / length) for count in Counter(value).values())
    return bits > (_HEX_BITS if _HEX.fullmatch(value) else _BITS)


def _text(file: Path) -> str:
    content = file.read_bytes()
    return "" if b"\0" in content[:8192] else content.decode(errors="replace")


if __name__ == "__main__":
    main()
