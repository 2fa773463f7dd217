"""How rows change their person: parcels are set aside, pulled page by page, then dropped.

A parcel never changes, so its pages can be asked for in any number of tries. The puller takes a
page and moves its cursor in one transaction, so each page is taken once.
"""

from __future__ import annotations

from headwater.actors import audience_moving
from headwater.actors.identity_joining import hear
from headwater.actors.identity_messages import (
    Adopt,
    Adopted,
    Drop,
    Dropped,
    Page,
    Pull,
    Repoint,
    Repointed,
)
from headwater.actors.identity_state import Account, Actor, Forward, Root
from headwater.actors.identity_storage import PAGE, Turn
from headwater.profiles import traits


def name_of_rows(state: Actor | None, parcel: str, holder: str) -> str:
    """Answer the name under which a parcel's rows lie: a frozen person's are under its own."""
    return holder if isinstance(state, Forward) and state.parcel == parcel else parcel


def answer_pull(turn: Turn, request: Pull) -> Page:
    """Answer a parcel's rows after the cursor."""
    rows = name_of_rows(turn.state(request.to), request.parcel, request.to)
    events = turn.page(rows, request.cursor)
    return Page(
        parcel=request.parcel,
        cursor=request.cursor,
        events=events,
        traits=turn.all_traits(rows) if request.cursor == "" else [],
        next=events[-1][0] if len(events) == PAGE else None,
        history=turn.history(rows) if request.cursor == "" else [],
        parts=audience_moving.parts(turn, rows) if request.cursor == "" else [],
        members=audience_moving.members(turn, rows) if request.cursor == "" else [],
    )


def settle_page(turn: Turn, actor: str, page: Page) -> None:
    """Take a page over, unless it was taken already; an event that is here too came twice."""
    root = turn.root(actor)
    if root.imports.get(page.parcel) != page.cursor:
        return
    known = turn.known([(actor, event[0]) for event in page.events])
    turn.add_moved(actor, [event for event in page.events if (actor, event[0]) not in known])
    turn.meet(actor, [event for event in page.events if (actor, event[0]) in known])
    take_traits(turn, actor, page)
    twice = {event[2] for event in page.events if (actor, event[0]) in known}
    audience_moving.take_over(turn, actor, page, twice)
    root.imports[page.parcel] = page.next
    turn.put(actor, root)


def take_traits(turn: Turn, actor: str, page: Page) -> None:
    """Take over a page's traits, and what is known of events that only the lake has."""
    for via, part in page.traits:
        held = turn.traits(actor, via)
        for name, (value, timestamp, message_id) in part.items():
            traits.write(held, {name: value}, (timestamp, message_id))
        turn.put_traits(actor, via)
    for via, history in page.history:
        turn.add_history(actor, via, history)


def answer_drop(turn: Turn, request: Drop) -> Dropped:
    """Forget a parcel; one that is gone already stays so."""
    rows = name_of_rows(turn.state(request.to), request.parcel, request.to)
    turn.drop(rows)
    thaw(turn, request.to, rows)
    return Dropped(parcel=request.parcel)


def thaw(turn: Turn, actor: str, rows: str) -> None:
    """Be a mere forward from now on, where the rows that are gone were a frozen person's."""
    state = turn.state(actor)
    if isinstance(state, Forward) and rows == actor:
        state.frozen, state.parcel = None, ""
        turn.put(actor, state)


def settle_dropped(turn: Turn, actor: str, reply: Dropped) -> None:
    """Close an import whose source is gone."""
    root = turn.root(actor)
    if root.imports.get(reply.parcel, "") is None:
        del root.imports[reply.parcel]
        turn.put(actor, root)


def answer_adopt(turn: Turn, request: Adopt) -> Adopted:
    """Become a root again with one half of a split, unless that was done already."""
    state = turn.state(request.to)
    leaving = request.leaving
    asker = f"split {request.actor}"
    heard = state.heard.get(asker) if state else None
    if heard and heard[0] >= leaving.number:
        return Adopted(number=leaving.number)
    base = state or Actor()
    root = Root(
        standing=leaving.standing,
        ids=leaving.ids,
        former=leaving.former,
        edges=leaving.edges,
        blocked=leaving.blocked,
        parted=leaving.parted,
        imports={leaving.parcel: ""},
        repoint=[identifier for identifier in leaving.ids if identifier != leaving.root],
        talks=base.talks + 1,
        heard=base.heard,
        parcels=base.parcels,
        departed={
            identifier: to
            for identifier, to in {**base.departed, **leaving.departed}.items()
            if identifier not in leaving.ids
        },
    )
    hear(root, asker, (leaving.number, "adopted", ""))
    turn.put(request.to, root)
    audience_moving.restore(turn, request.to, leaving.members)
    return Adopted(number=leaving.number)


def settle_adopted(turn: Turn, actor: str, reply: Adopted) -> None:
    """Close a split whose other half is a person again."""
    root = turn.root(actor)
    if root.leaving and root.leaving.number == reply.number:
        root.leaving = None
        turn.put(actor, root)


def answer_repoint(turn: Turn, request: Repoint) -> Repointed:
    """Forward to the root that a split gave this identifier to."""
    state = turn.state(request.to)
    asker = f"repoint {request.actor}"
    heard = state.heard.get(asker) if state else None
    if not (heard and heard[0] >= request.number) and not isinstance(state, (Root, Account)):
        state = state or Forward(to=request.actor)
        state.to = request.actor
        hear(state, asker, (request.number, "repointed", ""))
        turn.put(request.to, state)
    return Repointed(actor=request.to)


def settle_repointed(turn: Turn, actor: str, reply: Repointed) -> None:
    """Note that one more identifier knows its root."""
    root = turn.root(actor)
    identifier = reply.actor.partition("/")[2]
    if identifier in root.repoint:
        root.repoint = [waiting for waiting in root.repoint if waiting != identifier]
        turn.put(actor, root)
