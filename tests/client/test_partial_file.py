"""A file that is being written beside its place."""

import errno
import os
from pathlib import Path

import pytest

from client.answers import file_from
from client.partial_file import partial_file
from tests.client.documents import file_document


def test_a_system_that_refuses_advice_has_the_file_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: int) -> None:
        raise OSError(errno.ENOSYS, "not here")

    monkeypatch.setattr(os, "posix_fadvise", refused, raising=False)
    monkeypatch.setattr(os, "POSIX_FADV_DONTNEED", 4, raising=False)
    file = file_from(file_document("a", b"data"), "studio")
    with partial_file(tmp_path / "a", file) as part:
        part.write(0, b"data")
        part.begin_to_settle(0, 4)
        part.publish(file)
    assert (tmp_path / "a").read_bytes() == b"data"
