"""Funnels: how many people went through steps, one after the other."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from headwater.questions.common import Common
from headwater.questions.ranges import Duration
from headwater.questions.selection import Breakdown, Selection
from headwater.questions.value import Value


class Exclusion(Value):
    """An event that must not lie between two steps: it ends the attempt. A name is enough.

    Attributes:
        after: the number of the step after which it counts, from 1.
        before: the number of the step before which it counts; else the last step's.
    """

    events: Selection
    after: Annotated[int, Field(ge=1)] = 1
    before: Annotated[int, Field(ge=2)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_name(cls, given: Any) -> Any:
        return {"events": given} if isinstance(given, str) else given


class Funnel(Common):
    """How many people went through the steps in order, and how long they took.

    An attempt begins with an event of the first step in the range. It gets to a step with an
    event after the previous step's, at most `within` seconds after its beginning, with no
    exclusion in between; other events may lie between. Events of the same millisecond count in
    the order of the steps, exclusions after them. A person counts for each step that any of their
    attempts gets to. The time to a step is that from the beginning of the latest attempt when it
    is first got to.

    Attributes:
        steps: two to twelve.
        within: how long an attempt may take; later steps may lie after the range's end.
        breakdown: a funnel for each value: of a person, or of the first step's event
            (the person's first such event in the range).
    """

    question: Literal["funnel"] = "funnel"
    steps: Annotated[tuple[Selection, ...], Field(min_length=2, max_length=12)]
    within: Duration = 7 * 86_400
    exclusions: Annotated[tuple[Exclusion, ...], Field(max_length=8)] = ()
    breakdown: Breakdown | None = None

    @model_validator(mode="after")
    def _lie_between_steps(self) -> Self:
        for one in self.exclusions:
            before = len(self.steps) if one.before is None else one.before
            if not one.after < before <= len(self.steps):
                raise ValueError(
                    f"an exclusion after step {one.after} and before step {before} lies "
                    f"between no two of the {len(self.steps)} steps"
                )
        return self
