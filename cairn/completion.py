"""Completion of places on the server, for the shells: quick, and silent whatever happens."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from itertools import pairwise

from cairn.remote_address import SCHEME, is_remote

VARIABLE = "_CAIRN_COMPLETE"
_TIMEOUT_SECONDS = 1.5
_MOST = 200
# Besides letters and digits. A shell reads anything else as more than a name, and some evaluate what they are offered.
_SAFE = frozenset("/._-+@%,=~:")


def places(incomplete: str) -> list[str]:
    """Buckets, folders and files that begin like `incomplete`; nothing if the server does not answer at once."""
    if not is_remote(incomplete):
        return [SCHEME] if SCHEME.startswith(incomplete) else []
    bucket, slash, path = incomplete.removeprefix(SCHEME).partition("/")
    # Whoever presses a key gets an answer or none, never an error.
    with suppress(Exception):
        return [place for place in _found(bucket, path if slash else None) if _is_safe(place)]
    return []


def places_or_files(incomplete: str) -> list[str]:
    """As `places`, once it is clear that no file of this machine is meant."""
    return places(incomplete) if incomplete.startswith(SCHEME[:3]) else []


def buckets(incomplete: str) -> list[str]:
    """Names of buckets, with or without the scheme."""
    prefix = "" if is_remote(incomplete) else SCHEME
    found = places((prefix + incomplete).partition("/")[0])
    return [name.removeprefix(prefix) for name in dict.fromkeys(place.partition("/")[0] for place in found)]


def run_completion(run: Callable[[], object]) -> None:
    """Answer the shell that asks through the environment."""
    prefix = _join_colons() if os.environ.get(VARIABLE) == "complete_bash" else ""
    output = StringIO()
    with redirect_stderr(StringIO()), redirect_stdout(output), suppress(Exception, SystemExit):
        run()
    for line in output.getvalue().splitlines():
        sys.stdout.write(line.removeprefix(prefix) + "\n")


def _found(bucket: str, path: str | None) -> Iterator[str]:
    from cairn.credentials import signed_in_at
    from client import CairnClient, ClientSettings, RetryPolicy

    settings = ClientSettings(
        jobs=1,
        connect_timeout_seconds=_TIMEOUT_SECONDS,
        timeout_seconds=_TIMEOUT_SECONDS,
        retry=RetryPolicy(budget_seconds=0),
    )
    url, token = signed_in_at(os.environ)
    with CairnClient(url, token, settings) as client:

        def beginning(bucket: str, path: str) -> list[str]:
            found = client.beginning(bucket, path, _MOST)
            paths = [*found.prefixes, *(file.path for file in found.files if not file.is_folder)]
            return [f"{SCHEME}{bucket}/{one}" for one in paths]

        if path is None:
            names = (one.address for one in client.buckets())
            yield from _deepened([f"{SCHEME}{name}/" for name in names if name.startswith(bucket)], beginning)
        else:
            yield from _deepened(beginning(bucket, path), beginning)


def _deepened(found: list[str], beginning: Callable[[str, str], Iterable[str]]) -> list[str]:
    """A single folder with what is in it: a shell that finds one word alone would put a blank behind it."""
    if len(found) == 1 and found[0].endswith("/"):
        bucket, _, path = found[0].removeprefix(SCHEME).partition("/")
        return [*found, *beginning(bucket, path)]
    return found


def _is_safe(place: str) -> bool:
    return all(letter.isalnum() or letter in _SAFE for letter in place)


def _join_colons() -> str:
    """Bash takes `cairn:work/a` for three words. Join them in the environment; what its answers must begin without."""
    words = os.environ.get("COMP_WORDS", "").split("\n")
    current = int(os.environ.get("COMP_CWORD", "0"))
    words = [*words[:current], words[current] if current < len(words) else ""]
    joined = [words[0]]
    prefix = ""
    for before, word in pairwise(words):
        if (word.startswith(":") or before.endswith(":")) and len(joined) > 1:
            prefix = (joined[-1] + word).rpartition(":")[0] + ":"
            joined[-1] += word
        else:
            prefix = ""
            joined.append(word)
    os.environ |= {"COMP_WORDS": "\n".join(joined), "COMP_CWORD": str(len(joined) - 1)}
    return prefix
