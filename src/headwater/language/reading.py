"""What a rule answers: a plan document, and how far-fetched it is."""

from __future__ import annotations

from typing import Any, NamedTuple

Document = dict[str, Any]
"""A plan as JSON; `plan.read_plan` makes the typed plan of it."""


class Reading(NamedTuple):
    """One way to understand a text.

    Attributes:
        document: the plan.
        cost: 0 is what the grammar knows word for word; guesses and corrections add to it.
        notes: what people should know, such as that a word was corrected.
    """

    document: Document
    cost: int = 0
    notes: tuple[str, ...] = ()
