"""Paths: what people do before or after something."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headwater.questions.common import Common
from headwater.questions.ranges import Duration
from headwater.questions.selection import Events, Selection


class Paths(Common):
    """The most usual ways from an event, or to it.

    Each person counts once: with their first such event in the range, and the events next to it.

    Attributes:
        anchor: where the paths begin or end.
        direction: what people do `after` it, or `before` it.
        steps: how many events besides the anchor.
        events: which events are steps; else track, page and screen.
        within: how far from the anchor a step may be.
        repeats: whether the same event several times in a row is several steps.
        limit: how many paths to answer.
    """

    question: Literal["paths"] = "paths"
    anchor: Selection
    direction: Literal["after", "before"] = "after"
    steps: Annotated[int, Field(ge=1, le=10)] = 3
    events: tuple[Selection, ...] = (
        Events(call="track"),
        Events(call="page"),
        Events(call="screen"),
    )
    within: Duration = 86_400
    repeats: bool = False
    limit: Annotated[int, Field(ge=1, le=1000)] = 25
