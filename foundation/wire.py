"""Shapes on the wire: strict in what they take (DESIGN.md 7)."""

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """Base of request bodies and answers: unknown fields are refused, nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
