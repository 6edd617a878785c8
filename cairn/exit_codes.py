"""What the command's exit status says (docs/cli.md)."""

from enum import IntEnum

from foundation.problems import Problem


class ExitCode(IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_ASKED = 3
    NOT_ALLOWED = 4
    NOT_FOUND = 5
    CONFLICT = 6
    PARTLY = 7
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.DONE: "all is well",
    ExitCode.FAILED: "something was refused, failed or is damaged, and is named",
    ExitCode.USAGE: "the command makes no sense",
    ExitCode.NOT_ASKED: "the server could not be asked: away, busy, or not a Cairn server",
    ExitCode.NOT_ALLOWED: "not signed in, or not allowed",
    ExitCode.NOT_FOUND: "no such file, folder, bucket or group",
    ExitCode.CONFLICT: "something else has that place, or somebody changed it meanwhile",
    ExitCode.PARTLY: "some of it is done; what is not is named, and the same command goes on with it",
    ExitCode.INTERRUPTED: "interrupted",
}

_BY_STATUS = {
    401: ExitCode.NOT_ALLOWED,
    403: ExitCode.NOT_ALLOWED,
    404: ExitCode.NOT_FOUND,
    409: ExitCode.CONFLICT,
    412: ExitCode.CONFLICT,
    429: ExitCode.NOT_ASKED,
}
_BY_SLUG = {
    "address-invalid": ExitCode.USAGE,
    "setting-invalid": ExitCode.USAGE,
    "block-damaged": ExitCode.FAILED,
    "part-damaged": ExitCode.FAILED,
    "content-damaged": ExitCode.FAILED,
    "quota-exceeded": ExitCode.FAILED,
    "backup-damaged": ExitCode.FAILED,
    "backup-foreign": ExitCode.FAILED,
    "backup-too-new": ExitCode.FAILED,
    "hold-lapsed": ExitCode.FAILED,
    "restore-refused": ExitCode.FAILED,
    # Of this machine: nobody else is in the way.
    "credentials-not-kept": ExitCode.FAILED,
    "data-folder-foreign": ExitCode.FAILED,
    "data-folder-too-new": ExitCode.FAILED,
    "local-file-changed": ExitCode.FAILED,
    "local-target-refused": ExitCode.FAILED,
    "server-runs": ExitCode.FAILED,
}


def exit_code(problem: Problem) -> ExitCode:
    """What a verb that ended with `problem` exits with."""
    if problem.slug in _BY_SLUG:
        return _BY_SLUG[problem.slug]
    if problem.status >= 500:
        return ExitCode.NOT_ASKED
    return _BY_STATUS.get(problem.status, ExitCode.FAILED)


def refused_code(done: int) -> ExitCode:
    """Of a command that names what was refused, beside `done` others."""
    return ExitCode.PARTLY if done else ExitCode.FAILED
