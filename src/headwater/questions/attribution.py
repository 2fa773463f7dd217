"""Attribution: which campaigns conversions are owed to."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headwater.questions.common import Common
from headwater.questions.ranges import Duration
from headwater.questions.selection import EventPath, Selection

CampaignField = Literal["source", "medium", "name", "term", "content"]


class Attribution(Common):
    """What conversions in the range are owed to: touches are events that came by a campaign.

    A touch is an event of the same person with any of the fields of `by` in `context.campaign`,
    not after the conversion and at most `within` seconds before it. A conversion without a touch
    is owed to "(none)".

    Attributes:
        conversion: what counts.
        value: the path of its number that is shared out, too: `properties.revenue`.
        model: all to the `first` or the `last` touch, or `linear`: the same to each.
        by: the fields of the campaign that rows are told apart by.
    """

    question: Literal["attribution"] = "attribution"
    conversion: Selection
    value: EventPath | None = None
    model: Literal["first", "last", "linear"] = "last"
    by: Annotated[tuple[CampaignField, ...], Field(min_length=1, max_length=5)] = (
        "source",
        "name",
    )
    within: Duration = 30 * 86_400
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
