"""Why a text became no plan: what was not understood, or which of several things is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.errors import BadRequest


class NotUnderstood(BadRequest):
    """The text is not understood.

    Attributes:
        part: the words that were not, as they stand in the text; empty where it is all of it.
        nearest: phrases like it that are understood.
    """

    code = "not_understood"

    def __init__(self, message: str, *, part: str = "", nearest: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.part = part
        self.nearest = tuple(nearest)

    def as_json(self) -> dict[str, Any]:
        """Answer the body that callers get, with the part and what is near."""
        return {**super().as_json(), "part": self.part, "nearest": list(self.nearest)}


class Ambiguous(BadRequest):
    """The text can mean several things.

    Attributes:
        readings: the plan documents that it can mean, likeliest first.
    """

    code = "ambiguous"

    def __init__(self, message: str, *, readings: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(message)
        self.readings = tuple(readings)

    def as_json(self) -> dict[str, Any]:
        """Answer the body that callers get, with the readings to choose from."""
        return {**super().as_json(), "readings": [dict(one) for one in self.readings]}
