"""The step of each feature: one of its own where that pays, the general one where not."""

from __future__ import annotations

from headwater.audiences.features import Feature, Step
from headwater.audiences.features_moments import Chain, EndEvent
from headwater.audiences.figures import Figure, LogFigure, WholeFigure
from headwater.audiences.steps_counts import count_step
from headwater.audiences.steps_figures import figure_step
from headwater.audiences.steps_general import general_step
from headwater.audiences.steps_moments import chain_step, end_step
from headwater.audiences.watching import Watched


def step_of(feature: Feature, roles: int, who: Watched) -> Step:
    """Answer what lets events in these roles into a feature's state.

    Args:
        feature: whose state it is.
        roles: bit by bit, which of the feature's feeds the events fit.
        who: who is to be decided after it, and when.
    """
    own: Step | None = None
    if isinstance(feature, Chain):
        own = chain_step(feature, roles, who)
    elif isinstance(feature, EndEvent):
        own = end_step(feature, roles, who)
    elif isinstance(feature, Figure):
        own = count_step(feature, roles, who)
        if own is None and isinstance(feature, WholeFigure | LogFigure):
            own = figure_step(feature, who)
    return general_step(feature, roles, who) if own is None else own
