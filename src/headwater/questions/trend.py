"""Trends: how much of something there was, by interval."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headwater.questions.common import Common
from headwater.questions.ranges import Interval
from headwater.questions.selection import Breakdown, Series


class Trend(Common):
    """How much of something there was, by interval or over the whole range.

    Attributes:
        series: what is measured, each a line.
        interval: what a row stands for; None for one row over the whole range.
        breakdown: a line for each value of it.
        compare: with the stretch of the same length before, or the same days a year before;
            adds columns `previous` and `change` (in percent).
    """

    question: Literal["trend"] = "trend"
    series: Annotated[tuple[Series, ...], Field(min_length=1, max_length=10)]
    interval: Interval | None = "day"
    breakdown: Breakdown | None = None
    compare: Literal["previous_period", "previous_year"] | None = None
