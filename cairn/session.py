"""One run of a user's verb: the signed-in client, and every way it may end as an exit status with a sentence."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from cairn.exit_codes import ExitCode, exit_code
from cairn.terminal import note, say_json, shown
from foundation.problems import Problem

if TYPE_CHECKING:
    from client import CairnClient, ClientSettings


# The member of a problem that tells which groups were done before it.
DONE = "groups_done"


@contextmanager
def ending() -> Iterator[None]:
    """Problems become a line on standard error and an exit status; Ctrl-C becomes 130."""
    try:
        yield
    except Problem as problem:
        tell(problem)
        raise typer.Exit(ExitCode.PARTLY if DONE in problem.members else exit_code(problem)) from None
    except KeyboardInterrupt:
        note("cairn: interrupted; run the same command again to go on")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except BrokenPipeError:
        # Whoever read our answer has had enough. What Python still holds for standard output has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise typer.Exit(ExitCode.DONE) from None


def wants_json() -> bool:
    return "--json" in sys.argv[1:]


def tell(problem: Problem) -> None:
    """On standard error: a sentence and the paths in conflict, or for programs the problem document on one line."""
    if wants_json():
        say_json(problem.document(), sys.stderr)
        return
    note(f"cairn: {shown(problem)}")
    conflicts = problem.members.get("conflicts")
    for conflict in conflicts if isinstance(conflicts, list) else ():
        if isinstance(conflict, dict) and conflict.get("path") and conflict.get("detail") != str(problem):
            note(f"cairn: {shown(conflict['path'])}: {_reason(conflict)}")
    groups = problem.members.get(DONE)
    for group in groups if isinstance(groups, list) else ():
        if isinstance(group, dict):
            count, place, id = (shown(group.get(name, "")) for name in ("files", "bucket", "group"))
            note(f"cairn: {count} files were done before; to undo: cairn undo --bucket {place} {id}")


def _reason(conflict: Mapping[str, Any]) -> str:
    if conflict.get("obstacle"):
        return f"{shown(conflict['obstacle'])} is in the way"
    slug = conflict.get("problem", "")
    return shown(conflict.get("detail") or ("it was changed meanwhile" if slug == "version-conflict" else slug))


@contextmanager
def signed_in(jobs: int | None = None, *, is_patient: bool = True) -> Iterator["CairnClient"]:
    """The client of the server that the environment or `cairn login` names; not `is_patient`: it is asked once, and not waited for.

    Ends as `ending` does.
    """
    with ending():
        from cairn.credentials import signed_in_at
        from client import CairnClient

        url, token = signed_in_at(os.environ)
        with CairnClient(url, token, client_settings(jobs, is_patient=is_patient)) as client:
            yield client


def client_settings(jobs: int | None = None, *, is_patient: bool = True) -> "ClientSettings":
    """As CAIRN_RETRY_SECONDS and `jobs` say."""
    from client import ClientSettings, RetryPolicy

    text = os.environ.get("CAIRN_RETRY_SECONDS", "")
    if text and not (text.isascii() and text.isdigit()):
        raise typer.BadParameter("CAIRN_RETRY_SECONDS is a whole number of seconds")
    retry = RetryPolicy(budget_seconds=float(text)) if text else RetryPolicy()
    if not is_patient:
        return ClientSettings(timeout_seconds=10, retry=RetryPolicy(budget_seconds=0))
    return ClientSettings(jobs=jobs, retry=retry) if jobs else ClientSettings(retry=retry)
