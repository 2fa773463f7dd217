"""The step of any feature: `Feature.add` at work."""

from __future__ import annotations

from headwater.audiences.features import Feature, Seen, State, Step
from headwater.audiences.watching import Watched


def general_step(feature: Feature, roles: int, who: Watched) -> Step:
    """Answer the step of any feature."""
    id_, add, touched = feature.id, feature.add, who.telling()

    def step(held: dict[str, State], seen: Seen) -> tuple[int, ...] | None:
        before = held.get(id_)
        after = add(before, seen, roles)
        if after is None:
            return None
        held[id_] = after
        return touched(before, after, seen)

    return step
