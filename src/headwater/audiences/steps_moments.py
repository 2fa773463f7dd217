"""Steps of chains of events and of first and last events: what `Feature.add` says, sooner."""

from __future__ import annotations

from headwater.audiences.features import Seen, State, Step
from headwater.audiences.features_moments import Chain, EndEvent
from headwater.audiences.steps_general import general_step
from headwater.audiences.watching import Watched


def chain_step(feature: Chain, roles: int, who: Watched) -> Step:
    """Answer the step of a chain: times, and what happened at each."""
    id_, oldest_of, touched = feature.id, feature.window.oldest, who.telling()

    def step(held: dict[str, State], seen: Seen) -> tuple[int, ...] | None:
        at = seen.at
        oldest = oldest_of(seen.now)
        if oldest is not None and at <= oldest:
            return None
        own, state = str(at), held.get(id_)
        if state is None:
            held[id_] = state = {own: roles}
            return touched(None, state, seen)
        had = state.get(own, 0)
        if had | roles == had:
            return None
        # Most come in the order of their times, so the first is the oldest: what comes late and
        # grows old behind it goes with it.
        if oldest is not None and int(next(iter(state))) <= oldest:
            held[id_] = state = {time: each for time, each in state.items() if int(time) > oldest}
        state[own] = had | roles
        return touched(state, state, seen)

    return step


def end_step(feature: EndEvent, roles: int, who: Watched) -> Step:
    """Answer the step of a first or last event, which most events are not."""
    if roles != 1:
        return general_step(feature, roles, who)
    id_, passes, last, touched = feature.id, feature.passes, feature.last, who.telling()

    def step(held: dict[str, State], seen: Seen) -> tuple[int, ...] | None:
        at, message_id, before = seen.at, seen.message_id, held.get(id_)
        anchor = None
        if before is not None:
            own, anchor = before
            if own is not None:
                known = own[0]
                if at == known:
                    if message_id == own[1] or (message_id > own[1]) is not last:
                        return None
                elif (at > known) is not last:
                    return None
        held[id_] = after = [[at, message_id, passes(seen.event, at)], anchor]
        return touched(before, after, seen)

    return step
