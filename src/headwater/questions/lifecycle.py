"""Lifecycle: who is new, who stays, who comes back, who leaves."""

from __future__ import annotations

from typing import Literal

from headwater.questions.common import Common
from headwater.questions.selection import Events, Selection


class Lifecycle(Common):
    """How many people are new, returning, resurrected and dormant in each period.

    In a period, who did it is `new` where never before, `returning` where also in the period
    before, else `resurrected`; `dormant` is who did it in the period before, and not in this one.

    Attributes:
        events: what they did.
        interval: how long a period is.
    """

    question: Literal["lifecycle"] = "lifecycle"
    events: Selection = Events(call="any")
    interval: Literal["day", "week", "month"] = "week"
