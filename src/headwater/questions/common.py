"""What every question has: a time range, whom it is about, whose calendar it follows."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from headwater.questions.conditions import People
from headwater.questions.ranges import Last, Range
from headwater.questions.value import Value


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"{name[:60]!r} is no time zone; name it as the IANA does: 'Europe/Berlin'"
        ) from error
    return name


Zone = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_is_zone)]
"""The IANA name of a time zone."""


class Common(Value):
    """What every question has.

    Attributes:
        over: the time range.
        zone: whose calendar days, weeks and months follow; else the workspace's.
        people: only about people of whom this condition is true now.
        include_bots: count events that are marked as a bot's or a prerenderer's
            (`context.bot` is there and not false), which are left out otherwise.
    """

    over: Range = Last(last=30, unit="day")
    zone: Zone | None = None
    people: People | None = None
    include_bots: bool = False
