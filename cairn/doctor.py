"""`cairn doctor`: looks at everything the server stands on, and says what to do about what it finds. Only what it is told to changes."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cairn.doctor_host import Finding, host_findings
from cairn.errors import NothingToExamine
from cairn.examined import Examined
from foundation.problems import Problem
from sync import Audit, Progress, audit

_SKEW = timedelta(seconds=60)

_ADVICE = {
    "missing": "Files that need them cannot be read in full. Put back the store's copy or backup that has them; or upload the files again,"
    " which heals them. `cairn verify` names the files.",
    "damaged": "Reading refuses them. Put back a right copy; or upload the files again, which heals them.",
    "degraded": "`cairn doctor --refill` writes the copies that are absent; the server does so too, daily.",
    "unknown": "The store, or a copy of it, does not answer: look at its disk or server, then ask again.",
    "back": "They are marked as lost, but are there again: `cairn doctor --adopt` reads them and takes them back.",
}


@dataclass(slots=True)
class Report:
    findings: list[Finding] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    audit: Audit | None = None
    truths: Problem | None = None  # why nothing may be erased

    def document(self) -> dict[str, Any]:
        counts = {"audit": asdict(self.audit)} if self.audit else {}
        return {**self.facts, **counts, "findings": [asdict(finding) for finding in self.findings]}


def examine(examined: Examined, progress: Progress, *, deep: bool) -> Report:
    """Everything, whatever is found on the way. Raises NothingToExamine where there is no data to look at."""
    if not examined.is_there:
        raise NothingToExamine(f"{examined.settings.data} holds no data of a server. Set CAIRN_DATA to its folder.")
    report = Report(facts={"data": str(examined.settings.data), "server_is_running": examined.is_running})
    report.findings += host_findings(examined.settings)
    for name, look in (("database", _database), ("secret", _secret), ("installation", _truths), ("store", _store)):
        try:
            report.findings += look(examined, report)
        except Problem as problem:
            report.findings.append(Finding(name, str(problem), "Nothing that depends on it could be looked at."))
            if name == "database":
                return report
    try:
        report.audit = audit(examined.catalogue.installation, examined.store, progress, deep=deep)
    except Problem as problem:
        report.findings.append(Finding("blocks", str(problem), _ADVICE["unknown"]))
        return report
    report.findings += _blocks(report.audit)
    return report


Look = Callable[[Examined, Report], Iterator[Finding]]


def _database(examined: Examined, report: Report) -> Iterator[Finding]:
    clock = examined.catalogue.installation.clock()
    skew = clock - datetime.now(UTC)
    report.facts["clock_skew_seconds"] = round(skew.total_seconds(), 1)
    if abs(skew) > _SKEW:
        yield Finding(
            "clock",
            f"The database's clock and this machine's differ by {abs(skew).total_seconds():.0f} seconds.",
            "Let both follow a time server: tokens end by this machine's clock, uploads by the database's.",
        )


def _secret(examined: Examined, _report: Report) -> Iterator[Finding]:
    if not examined.has_secret:
        yield Finding(
            "secret",
            f"There is no {examined.settings.data / 'secret'}, and CAIRN_SECRET is not set.",
            "Put the file back from the backup. Without it the next start makes a new one, and nobody can sign in with it.",
        )
        return
    try:
        examined.identity.ready()
    except Problem as problem:
        if problem.slug != "secret-mismatch":
            raise
        yield Finding(
            "secret", str(problem), "Put back the secret that belongs to this database: it is in the same backup."
        )


def _truths(examined: Examined, report: Report) -> Iterator[Finding]:
    ours = examined.catalogue.installation.read()
    report.facts["installation"] = str(ours.installation) if ours else None
    report.facts["generation"] = ours.number if ours else None
    try:
        examined.truths.look()
    except Problem as problem:
        report.truths = problem
        yield Finding(
            "installation",
            str(problem),
            "If there is a newer copy of what is older, put that back, and all is well again. Otherwise stop the server and run"
            " `cairn doctor --adopt`.",
        )


def _store(examined: Examined, _report: Report) -> Iterator[Finding]:
    if examined.is_running:
        return  # It was opened to be read only, which says nothing about writing.
    try:
        examined.store.ready()
    except Problem as problem:
        yield Finding(
            "store",
            str(problem),
            "Mount the disk, or make the folder writable. A disk that is lost for good is replaced by an empty folder in its"
            " place and `cairn doctor --refill FOLDER`.",
        )


def _blocks(found: Audit) -> Iterator[Finding]:
    for kind, advice in _ADVICE.items():
        if number := getattr(found, kind):
            told = {"back": "back again", "unknown": "not to be seen"}.get(kind, kind)
            yield Finding("blocks", f"{number} of {found.registered} registered blocks are {told}.", advice)
    if found.unregistered:
        yield Finding(
            "blocks",
            f"{found.unregistered} of {found.stored} names in the store are not registered, and no upload is open for them.",
            "Uploads that were broken off leave some; the sweeper takes them. After a restore of an older database they are what"
            " only the newer one knew: find that one before anything is adopted.",
        )
