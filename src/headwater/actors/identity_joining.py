"""How two identifiers become one person: links are judged one at a time, by those they touch.

A root has at most one request to join open (`Root.talk`). The asked actor decides in its own
transaction, on the asker's figures as they are in the request; and they stay so, because a root
that waits for an answer neither takes another identifier nor lets itself be frozen (`BUSY`).
Waiting points from higher standing to lower only, since a root of higher standing never waits to
answer but turns the request round (`REVERSED`); so no circle of waiting can form.
"""

from __future__ import annotations

import msgspec

from headwater.actors.identity_messages import Join, JoinAnswer
from headwater.actors.identity_state import (
    Account,
    Actor,
    Edge,
    Forward,
    Groups,
    Link,
    Refused,
    Root,
    Talk,
)
from headwater.actors.identity_storage import Turn
from headwater.commands import Command, Rekey
from headwater.profiles.resolution import Limits, Reason, Verdict, refusal

REFUSED_KEPT = 50
"""Refused links that a person remembers, newest last."""

HEARD_KEPT = 64
"""Askers whose last request an actor remembers."""


def order_join(turn: Turn, actor: str, first: str, second: str, *, order: str, at: int) -> None:
    """Have a root join the person of `second`, since somebody said so; `at` is in milliseconds."""
    root = turn.root(actor)
    root.links.append(Link(first, second, "merge", order, at, second))
    turn.put(actor, root)


def advance(turn: Turn, limits: Limits, actor: str) -> Join | None:
    """Answer the request to join that a root should now send; judge away what it need not ask."""
    root = turn.root(actor)
    workspace = actor.partition("/")[0]
    # While it repoints, the number that it repoints under must not change; and whom it has
    # parted from is not to be asked for before that half is a person again.
    while root.talk is None and root.links and not (root.repoint or root.leaving):
        link = root.links.pop(0)
        turn.put(actor, root)
        if link.target in root.ids or link.second in root.ids:
            continue
        if broken := refusal(link.reason, [limits.broken(root.ids, [link.second])]):
            _remember_refusal(root, link, broken)
            continue
        _ask(root, f"{workspace}/{link.target}", link)
    if root.talk is None:
        return None
    return Join(
        to=root.talk.to,
        actor=actor,
        number=root.talk.number,
        standing=root.standing,
        ids=list(root.ids),
        blocked=list(root.blocked),
        merges=len(root.former),
        link=root.talk.link,
    )


def _ask(root: Root, to: str, link: Link) -> None:
    root.talks += 1
    root.talk = Talk(number=root.talks, to=to, link=link)


def _ask_on(root: Root, to: str, link: Link) -> None:
    """Ask where a redirect points: there is somebody, or it would not have been one."""
    _ask(root, to, msgspec.structs.replace(link, only_known=False))


def _remember_refusal(root: Root, link: Link, reason: str) -> None:
    if reason != Reason.UNKNOWN:
        root.refused = [
            *root.refused,
            Refused(link.first, link.second, reason, link.message_id, link.at),
        ]
        root.refused = root.refused[-REFUSED_KEPT:]


def answer_join(turn: Turn, limits: Limits, request: Join) -> JoinAnswer:
    """Decide, at the asked actor, what becomes of a request to join."""
    state = turn.state(request.to)
    if state is None:
        return _answer_fresh(turn, request)
    heard = state.heard.get(request.actor)
    if heard and heard[0] >= request.number:
        return _answer_again(state, request, heard)
    verdict, detail = _judge(limits, state, request)
    if verdict is Verdict.BUSY:
        return JoinAnswer(actor=request.to, number=request.number, verdict=verdict)
    hear(state, request.actor, (request.number, verdict, detail))
    turn.put(request.to, state)
    person: Root | None = None
    if isinstance(state, Root):
        if verdict is Verdict.REVERSED:
            _take_over(state, request)
        elif verdict is Verdict.FROZEN:
            person = _freeze(turn, state, request)
    return JoinAnswer(
        actor=request.to, number=request.number, verdict=verdict, detail=detail, person=person
    )


def _answer_fresh(turn: Turn, request: Join) -> JoinAnswer:
    if request.link.only_known:
        return JoinAnswer(
            actor=request.to,
            number=request.number,
            verdict=Verdict.REFUSED,
            detail=Reason.UNKNOWN,
        )
    forward = Forward(to=request.actor)
    hear(forward, request.actor, (request.number, Verdict.JOINED, ""))
    turn.put(request.to, forward)
    return JoinAnswer(actor=request.to, number=request.number, verdict=Verdict.JOINED)


def _answer_again(state: Actor, request: Join, heard: tuple[int, str, str]) -> JoinAnswer:
    """Answer a repeated request as the first time; a late one is of no interest to anybody."""
    frozen = state.frozen if isinstance(state, Forward) else None
    return JoinAnswer(
        actor=request.to,
        number=heard[0],
        verdict=heard[1],
        detail=heard[2],
        person=frozen if heard[1] == Verdict.FROZEN else None,
    )


def together(first: Groups, second: Groups) -> Groups:
    """Answer the groups that one identifier was put in, in two places."""
    groups = dict(first)
    for group, stamp in second.items():
        groups[group] = max(groups.get(group, stamp), stamp)
    return groups


def hear(state: Actor, asker: str, answer: tuple[int, str, str]) -> None:
    """Remember the answer to an asker's request."""
    state.heard.pop(asker, None)
    state.heard[asker] = answer
    while len(state.heard) > HEARD_KEPT:
        del state.heard[next(iter(state.heard))]


def _judge(limits: Limits, state: Actor, request: Join) -> tuple[Verdict, str]:
    """The table of decisions, from top to bottom; the first that applies is the verdict."""
    target = request.link.target
    if isinstance(state, Account):
        return Verdict.REFUSED, Reason.UNKNOWN
    if target in state.departed:
        return Verdict.REDIRECT, state.departed[target]
    if isinstance(state, Forward):
        return Verdict.REDIRECT, state.to
    assert isinstance(state, Root)  # noqa: S101 - the last kind that there is
    if request.link.only_known:
        # While it was fresh it forgot that it was asked; so this question alone, which may come
        # twice, must not freeze it. It is known: the asker will ask in earnest.
        return Verdict.REDIRECT, request.to
    broken = [
        _blocked(state, request),
        limits.broken(request.ids, state.ids),
        _cap(limits, state, request),
    ]
    if rule := refusal(request.link.reason, broken):
        return Verdict.REFUSED, rule
    if state.standing < request.standing:
        return Verdict.REVERSED, ""
    if state.talk or state.leaving or state.repoint:
        return Verdict.BUSY, ""
    return Verdict.FROZEN, ""


def _blocked(state: Root, request: Join) -> Reason | None:
    parted = any(far in state.ids for far in request.blocked)
    return Reason.BLOCKED if parted or any(far in request.ids for far in state.blocked) else None


def _cap(limits: Limits, state: Root, request: Join) -> Reason | None:
    merges = len(state.former) + request.merges + 1
    return Reason.CAP if merges > limits.rules.max_merges else None


def _take_over(root: Root, request: Join) -> None:
    """Turn a request round: this root will ask the asker."""
    link = request.link
    target = request.actor.partition("/")[2]
    if not any(waiting.target == target for waiting in root.links):
        root.links.append(
            Link(
                first=link.second,
                second=link.first,
                reason=link.reason,
                message_id=link.message_id,
                at=link.at,
                target=target,
            )
        )


def _freeze(turn: Turn, root: Root, request: Join) -> Root:
    """Become a forward to the asker in one step; from here on this history does not change."""
    forward = Forward(
        to=request.actor,
        frozen=root,
        talks=root.talks,
        heard=root.heard,
        parcels=root.parcels + 1,
        departed=root.departed,
        parcel=f"{request.to}#{root.parcels + 1}",
    )
    root.heard, root.departed = {}, {}
    root.imports = {**root.imports, forward.parcel: ""}
    turn.put(request.to, forward)
    return root


def settle_join(turn: Turn, actor: str, reply: JoinAnswer) -> list[Command]:
    """Act, at the asker, on what the asked actor decided."""
    root = turn.root(actor)
    talk = root.talk
    if talk is None or talk.number != reply.number or reply.verdict == Verdict.BUSY:
        return []
    turn.put(actor, root)
    root.talk = None
    link = talk.link
    match reply.verdict:
        case Verdict.JOINED:
            _attach(root, link, link.second)
        case Verdict.REDIRECT if reply.detail == actor and link.target in root.departed:
            # A split gave it away, which it does not know yet.
            _ask_on(root, root.departed[link.target], link)
        case Verdict.REDIRECT if reply.detail == actor:
            # It points here already: the reply that said so the first time was lost.
            _attach(root, link, link.second)
        case Verdict.REDIRECT:
            _ask_on(root, reply.detail, link)
        case Verdict.REFUSED:
            _remember_refusal(root, link, reply.detail)
        case Verdict.FROZEN if reply.person:
            _absorb(root, link, reply)
            return [Rekey(loser=reply.actor, winner=actor)]
        case _:
            pass
    return []


def _attach(root: Root, link: Link, identifier: str) -> None:
    root.departed.pop(identifier, None)
    root.ids.setdefault(identifier, {})
    if not any(identifier in (edge.first, edge.second) for edge in root.edges):
        root.edges = [
            *root.edges,
            Edge(link.first, identifier, link.reason, link.message_id, link.at),
        ]


def _absorb(root: Root, link: Link, reply: JoinAnswer) -> None:
    """Take over a frozen person: all but its rows, which are pulled page by page."""
    person = reply.person
    assert person is not None  # noqa: S101 - the caller has looked
    for identifier, groups in person.ids.items():
        # Calls may have come by the forward before word of the merge did.
        root.ids[identifier] = together(root.ids.get(identifier, {}), groups)
        root.departed.pop(identifier, None)
    merged = reply.actor.partition("/")[2]
    edge = Edge(
        link.first,
        link.second,
        link.reason,
        link.message_id,
        link.at,
        merged=merged,
    )
    root.former = {**root.former, **person.former, merged: person.standing}
    root.edges = [*root.edges, *person.edges, edge]
    root.links = [*root.links, *person.links]
    root.imports = {**root.imports, **person.imports}
    blocked = {**root.blocked, **person.blocked}
    root.blocked = {far: near for far, near in blocked.items() if far not in root.ids}
    root.parted = list(dict.fromkeys([*root.parted, *person.parted]))
    root.refused = [*person.refused, *root.refused][-REFUSED_KEPT:]
    root.accounts = [*root.accounts, *person.accounts]
