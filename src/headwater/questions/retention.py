"""Retention: of those who did something in a period, how many did something in the next ones."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headwater.questions.common import Common
from headwater.questions.ranges import Last, Range
from headwater.questions.selection import Breakdown, Events, Selection


class Retention(Common):
    """Of the people who did X in a period, how many did Y in it and in each of the next ones.

    Periods are the calendar's, whatever the order of X and Y inside one. Each period of the range
    is a cohort; returns count up to now. Periods that have not ended yet are marked.

    Attributes:
        start: X.
        back: Y; else X again.
        interval: how long a period is.
        periods: how many next ones.
        first_time: a person is only in the cohort of their first X ever.
        breakdown: by what is known of the person.
    """

    question: Literal["retention"] = "retention"
    start: Selection = Events(call="any")
    back: Selection | None = None
    interval: Literal["day", "week", "month"] = "week"
    periods: Annotated[int, Field(ge=1, le=100)] = 8
    first_time: bool = False
    breakdown: Breakdown | None = None
    over: Range = Last(last=9, unit="week")
