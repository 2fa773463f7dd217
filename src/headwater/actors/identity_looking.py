"""What readers see of an identity actor with a database of its own."""

from __future__ import annotations

from headwater.actors import audience_reading, identity_reading, identity_timeline
from headwater.actors.configurations import Configurations
from headwater.actors.identity_bonds import bonds
from headwater.actors.identity_calls import (
    Call,
)
from headwater.actors.identity_history import Span
from headwater.actors.identity_looking_calls import (
    Locate,
    LookAccount,
    LookBonds,
    LookEvents,
    LookLinks,
    LookMembers,
    LookMembership,
    LookPast,
    LookPerson,
    LookTimeline,
    Past,
    PastPage,
    Seen,
)
from headwater.actors.identity_messages import Request
from headwater.actors.identity_network import hop
from headwater.actors.identity_past import hot_page
from headwater.actors.identity_state import Root
from headwater.actors.identity_step import Step
from headwater.audiences.membership import Membership
from headwater.ports import Sql
from headwater.workspace import WorkspaceConfig

_OfPeople = (
    Locate
    | LookPerson
    | LookLinks
    | LookTimeline
    | LookPast
    | LookBonds
    | LookEvents
    | LookMembership
)
_PAGE = 200


def look(step: Step, call: Call, known: Configurations) -> Seen:
    """Answer what a reader asks an actor for."""
    sql, turn, name = step.sql, step.turn, step.name
    workspace, _, own = name.partition("/")
    if isinstance(call, LookAccount | LookMembers):
        return _look_at_account(sql, workspace, own, call)
    assert isinstance(call, _OfPeople)  # noqa: S101 - the rest
    if (onward := hop(turn, name, call.identifier)) is not None:
        # Where a split is to be handed over yet, whoever is redirected helps it on.
        return Seen(moved=onward, asks=step.asks())
    root = turn.state(name)
    if isinstance(call, LookTimeline) and root is not None:
        return _look_at_timeline(step, call, step.asks() if isinstance(root, Root) else [])
    return _look_at_root(step, call, known, root) if isinstance(root, Root) else Seen()


def _look_at_root(step: Step, call: Call, known: Configurations, root: Root) -> Seen:
    sql, name = step.sql, step.name
    workspace, _, own = name.partition("/")
    asks = step.asks()
    if isinstance(call, LookPerson):
        person = identity_reading.person(sql, workspace, own)
        shown = audience_reading.with_computed(sql, person, step.policy.audiences)
        return Seen(asks=asks, root=name, person=shown)
    if isinstance(call, LookLinks):
        return Seen(asks=asks, root=name, links=identity_reading.explain(sql, workspace, own))
    if isinstance(call, LookPast):
        return Seen(asks=asks, root=name, past=_past(root, {}))
    if isinstance(call, LookBonds):
        return Seen(asks=asks, root=name, bonds=bonds(name, root))
    if isinstance(call, LookEvents):
        return _look_at_events(step, call, root, asks)
    if isinstance(call, LookMembership):
        config = known.config(workspace) or WorkspaceConfig(workspace)
        return Seen(asks=asks, root=name, membership=_membership(step, call, config))
    return Seen(asks=asks, root=name)


def _look_at_timeline(step: Step, call: LookTimeline, asks: list[Request]) -> Seen:
    sql, name, root = step.sql, step.name, step.turn.state(step.name)
    days = _days(step)
    if not days or not isinstance(root, Root):
        page = identity_timeline.timeline(
            sql, name, which=call.which, limit=call.limit, cursor=call.cursor
        )
        return Seen(asks=asks, page=page, root=name)
    hot = identity_timeline.events_after(
        sql, name, which=call.which, limit=call.limit, cursor=call.cursor
    )
    past = _past(root, days)
    past.hot.extend((place, dict(event)) for place, event in hot)
    return Seen(asks=asks, root=name, past=past)


def _look_at_events(step: Step, call: LookEvents, root: Root, asks: list[Request]) -> Seen:
    if not root.ids.keys() >= set(call.names):  # a split has come between: ask anew
        return Seen(asks=asks, root=step.name)
    events, after = hot_page(step.sql, step.name, call.names, after=call.after, most=_PAGE)
    # With the days as of this very page: what is let go before the next one was in this one.
    return Seen(
        asks=asks,
        root=step.name,
        past=_past(root, _days(step)),
        events=PastPage([event for event in events if event.received_at <= call.at], after),
    )


def _days(step: Step) -> dict[int, Span]:
    """Answer the days of which the lake has events that are not here."""
    days: dict[int, Span] = {}
    for _, one in step.turn.history(step.name):
        for day, span in one.days.items():
            days[day] = days[day].with_all(span) if day in days else span
    return days


def _past(root: Root, days: dict[int, Span]) -> Past:
    # A split leaves a block on both sides; who was on the far side may hold the root that the two
    # once had together, under which the lake has events of this one.
    return Past(sorted(root.ids), sorted(root.blocked), days)


def _membership(step: Step, call: LookMembership, config: WorkspaceConfig) -> Membership | None:
    one = next((one for one in config.audiences if one.id == call.audience), None)
    if one is None:
        return None
    return audience_reading.membership(
        step.sql,
        step.policy.audiences,
        one,
        step.name,
        now=step.now,
        config=config,
        with_clauses=call.explain and one.enabled,
    )


def _look_at_account(sql: Sql, workspace: str, own: str, call: LookAccount | LookMembers) -> Seen:
    group = own.removeprefix("=account:")
    if isinstance(call, LookAccount):
        return Seen(account=identity_reading.account(sql, workspace, group))
    return Seen(
        members=identity_reading.members(sql, workspace, group, after=call.after, limit=call.limit)
    )
