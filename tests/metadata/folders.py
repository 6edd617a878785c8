"""What one operation on a folder answers."""

from typing import Any

from metadata import (
    GroupResult,
)
from tests.metadata.catalogues import Desk


def done(desk: Desk, operation: Any) -> GroupResult:
    (result,) = desk.apply(operation)
    assert isinstance(result, GroupResult)
    return result
