"""Stickiness: on how many days people come."""

from __future__ import annotations

from typing import Literal

from headwater.questions.common import Common
from headwater.questions.selection import Events, Selection


class Stickiness(Common):
    """How many people did something on exactly one, two, three, … days (weeks, months).

    Attributes:
        events: what they did.
        interval: what is counted.
    """

    question: Literal["stickiness"] = "stickiness"
    events: Selection = Events(call="any")
    interval: Literal["hour", "day", "week", "month"] = "day"
