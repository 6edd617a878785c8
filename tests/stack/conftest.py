"""A stack of the whole file, as it was started for the first time, and a browser."""

from collections.abc import Iterator

import pytest

from tests.page.conftest import browser
from tests.stack.native_stack import NativeStack, native_stack

__all__ = ["browser"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    # A folder whose name has a space, as people's have.
    with native_stack(tmp_path_factory.mktemp("a stack")) as started:
        started.start()
        started.sign_in()
        yield started
