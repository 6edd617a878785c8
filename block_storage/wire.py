"""What block storage's routes read."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from foundation.blocks import BlockName
from foundation.http_wire import Wire
from foundation.problems import Invalid

MAX_NAMES = 5000


class Looks(Wire):
    """Names and sizes in bytes."""

    blocks: Annotated[tuple[tuple[str, Annotated[int, Field(ge=0)]], ...], Field(max_length=MAX_NAMES)]


class Names(Wire):
    names: Annotated[tuple[str, ...], Field(max_length=MAX_NAMES)]


def names_from(field: str, texts: Sequence[str]) -> list[BlockName]:
    """Raises Invalid, which names `field`, unless each is a block's name."""
    try:
        return [BlockName.parse(text) for text in texts]
    except ValueError as error:
        raise Invalid(f"{field}: {error}", errors=[{"field": field, "message": str(error)}]) from error
