"""One run of `cairn doctor`: the report, then what was asked for, with a yes."""

import sys
import time
from pathlib import Path

import typer

from block_storage import FilesystemBlockStore
from cairn.doctor import Report, examine
from cairn.errors import ServerRuns
from cairn.examined import Examined, examined
from cairn.exit_codes import ExitCode
from cairn.settings import ServerSettings
from cairn.terminal import note, say, say_json, shown
from sync import adopt, mend_copies

_EVERY_SECONDS = 1.0
_ADOPT = """
Adopting declares that this database and this store, as they are now, are the installation:
  - {missing} registered blocks that are missing are marked so; files that need them tell it.
  - {unregistered} names in the store that this database does not know are NOT erased now, but the sweeper takes them, at the
    earliest an hour after the next start, and erases them CAIRN_DEAD_NAME_DAYS ({days:g}) days later. If a newer
    database exists, its files are in them: put it back instead of adopting.
  - What the store says of another installation is replaced. If another server uses this store, they would erase each other's files.
No other server may run on this database or store meanwhile.
"""


def run(settings: ServerSettings, *, deep: bool, adopts: bool, refills: str | None, yes: bool, as_json: bool) -> None:
    """Exits with 0 if all is well, or was made well, 1 if something was found."""
    with examined(settings) as seen:
        if (adopts or refills is not None) and seen.is_running:
            raise ServerRuns(
                "A server runs on this data. Stop it first; without --adopt and --refill the doctor only looks."
            )
        if refills:
            _replace(seen, refills, yes=yes)
        steps = _Steps("names looked at")
        report = examine(seen, steps, deep=deep)
        done: dict[str, object] = {}
        if refills is not None and report.audit:
            done["copies_written"] = _refill(seen)
        if adopts:
            done["generation"] = _adopt(seen, report, yes=yes)
    if as_json:
        say_json(report.document() | done)
    else:
        _tell(report, done)
    raise typer.Exit(ExitCode.FAILED if report.findings and not adopts else ExitCode.DONE)


def _tell(report: Report, done: dict[str, object]) -> None:
    if report.audit:
        found = report.audit
        say(
            f"{found.registered} registered blocks, {found.present} there; {found.stored} names in the store,"
            f" {found.dead} dead ones wait to be erased."
        )
        for kind, names in found.examples.items():
            for name in names:
                say(f"  {kind}: {name}")
    for finding in report.findings:
        say(f"{finding.check}: {shown(finding.found)}\n  → {shown(finding.advice)}")
    if not report.findings:
        say("All is well.")
    for what, result in done.items():
        say(f"{what.replace('_', ' ')}: {result}")


def _adopt(seen: Examined, report: Report, *, yes: bool) -> int:
    if report.audit is None:
        raise ServerRuns("Nothing was adopted: the database or the store could not be looked at.")
    note(
        _ADOPT.format(
            missing=report.audit.missing, unregistered=report.audit.unregistered, days=seen.settings.dead_name_days
        )
    )
    _confirm("Adopt?", yes=yes)
    # What was written of a newer database must not be taken for this one's: it begins anew, first of all.
    seen.catalogue.manifests.restart()
    steps = _Steps("blocks judged")
    return adopt(seen.catalogue.installation, seen.catalogue.blocks, seen.store, report.audit, steps).number


def _replace(seen: Examined, folder: str, *, yes: bool) -> None:
    store = seen.store
    if not isinstance(store, FilesystemBlockStore):
        raise typer.BadParameter("--refill is for a store in folders.")
    path = folder.rstrip("/") or "/"
    note(f"{path} lies on the file system that is mounted at {_mount_of(Path(path))}. Is the new disk mounted there?")
    _confirm(f"Make {path} a copy of the store?", yes=yes)
    try:
        store.replace_copy(path)
    except ValueError as error:
        raise typer.BadParameter(f"--refill: {error}") from error


def _refill(seen: Examined) -> int:
    if not isinstance(seen.store, FilesystemBlockStore):
        raise typer.BadParameter("--refill is for a store in folders.")
    steps = _Steps("pages of blocks mended")
    return mend_copies(seen.store, lambda _seconds=0.0: steps(1))


def _mount_of(path: Path) -> Path:
    path = path.resolve()
    while not path.is_mount():
        path = path.parent
    return path


def _confirm(question: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True, err=True)


class _Steps:
    """A line on standard error at most once a second."""

    def __init__(self, what: str) -> None:
        self._what, self._count, self._next = what, 0, time.monotonic() + _EVERY_SECONDS

    def __call__(self, number: int) -> None:
        self._count += number
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_SECONDS
            sys.stderr.write(f"{self._count} {self._what}\n")
