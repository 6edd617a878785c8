"""What the command's exit status says (docs/cli.md)."""

from enum import IntEnum

from foundation.problems import Problem

EPILOG = (
    "Exit status: 0 all is well; 1 something was refused, failed or is damaged, and named; 2 the command makes no sense;"
    " 3 the server could not be asked; 4 not signed in, or not allowed; 5 no such file or bucket; 130 interrupted."
)


class ExitCode(IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_ASKED = 3
    NOT_ALLOWED = 4
    NOT_FOUND = 5
    INTERRUPTED = 130


_BY_STATUS = {401: ExitCode.NOT_ALLOWED, 403: ExitCode.NOT_ALLOWED, 404: ExitCode.NOT_FOUND, 429: ExitCode.NOT_ASKED}
_BY_SLUG = {
    "address-invalid": ExitCode.USAGE,
    "setting-invalid": ExitCode.USAGE,
    "block-damaged": ExitCode.FAILED,
    "part-damaged": ExitCode.FAILED,
    "content-damaged": ExitCode.FAILED,
}


def exit_code(problem: Problem) -> ExitCode:
    """What a verb that ended with `problem` exits with."""
    if problem.slug in _BY_SLUG:
        return _BY_SLUG[problem.slug]
    if problem.status >= 500:
        return ExitCode.NOT_ASKED
    return _BY_STATUS.get(problem.status, ExitCode.FAILED)
