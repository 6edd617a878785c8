"""Which exit status a problem ends with."""

import pytest

from cairn.errors import DataFolderTooNew
from cairn.exit_codes import ExitCode, exit_code, refused_code
from client import AddressInvalid, AnswerInvalid, LocalFileChanged, NoSuchFile, PartDamaged, ServerUnreachable
from foundation.problems import Forbidden, Invalid, PreconditionFailed, Problem, Unauthenticated
from metadata import PathTaken, QuotaExceeded, VersionConflict


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Unauthenticated, 4),
        (Forbidden, 4),
        (NoSuchFile, 5),
        (PathTaken, 6),
        (VersionConflict, 6),
        (PreconditionFailed, 6),
        (ServerUnreachable, 3),
        (AnswerInvalid, 3),
        (AddressInvalid, 2),
        (PartDamaged, 1),
        (QuotaExceeded, 1),
        (Invalid, 1),
        # Nobody else stands against these.
        (LocalFileChanged, 1),
        (DataFolderTooNew, 1),
    ],
    ids=lambda value: value.slug if isinstance(value, type) else str(value),
)
def test_each_kind_of_problem_has_its_status(kind: type[Problem], code: int) -> None:
    assert exit_code(kind()) == code


def test_what_is_done_in_part_is_told_apart_from_what_failed() -> None:
    assert (refused_code(0), refused_code(1)) == (ExitCode.FAILED, ExitCode.PARTLY)
