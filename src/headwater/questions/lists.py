"""Lists: which people, the most active first."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headwater.questions.common import Common
from headwater.questions.selection import Path, Series


class PeopleList(Common):
    """People by what is measured of their events in the range, those who have none left out.

    Attributes:
        by: what they are put in order by; equal ones by id. Not `people` nor `per_person`.
        order: `most` or `least` first.
        traits: which of their traits to show.
        limit: how many people to answer.
    """

    question: Literal["list"] = "list"
    by: Series = Series()
    order: Literal["most", "least"] = "most"
    traits: Annotated[tuple[Path, ...], Field(max_length=20)] = ()
    limit: Annotated[int, Field(ge=1, le=10_000)] = 25
