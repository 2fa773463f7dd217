"""Overlap: how many people are in which of some audiences at once."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from headwater.questions.conditions import People
from headwater.questions.selection import Name
from headwater.questions.value import Value


class Overlap(Value):
    """How many people are in each combination of audiences right now; a row for each.

    Attributes:
        audiences: their ids.
        people: only about people of whom this condition is true now.
    """

    question: Literal["overlap"] = "overlap"
    audiences: Annotated[tuple[Name, ...], Field(min_length=2, max_length=8)]
    people: People | None = None

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if len(set(self.audiences)) < len(self.audiences):
            raise ValueError("name each audience once")
        return self
