"""How one person becomes two again: one edge of the tree of evidence is taken away.

What arrived under an identifier goes with it, what was attached on the strength of an
identifier too; so a split gives both people exactly what they had before the merge, and each of
them what came to their own identifiers since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from headwater.actors import audience_moving
from headwater.actors.identity_state import Edge, Leaving, Parted, Root, Standing
from headwater.actors.identity_storage import Turn
from headwater.errors import Conflict, NotFound


def split(turn: Turn, actor: str, link: str, *, at: int) -> str:
    """Undo the merge that a link made; answer the actor of the root that is restored.

    `at` is when, in milliseconds: until then the two were one.

    The other half is on its way when this returns: the root has it in `leaving` until the
    restored one has taken it over. Then each half tells its identifiers whom to forward to.

    Raises:
        NotFound: this person has no such merge.
        Conflict: a merge or split of this person is still under way.
    """
    root = turn.state(actor)
    # On the edge it may have become part of another since it was found.
    if not isinstance(root, Root) or root.pending:
        raise Conflict("This person is still being merged or split; try again in a moment.")
    workspace, _, own = actor.partition("/")
    edge = _merge(root, link)
    rest = [kept for kept in root.edges if kept is not edge]
    first_side = component(rest, edge.first)
    gone = component(rest, edge.second) if own in first_side else first_side
    restored = min((root.former[name], name) for name in gone if name in root.former)
    near, far = (edge.second, edge.first) if edge.first in gone else (edge.first, edge.second)
    members = audience_moving.members(turn, actor)
    parted = [*root.parted, Parted(edge, at)]
    _set_aside(turn, actor, gone)
    audience_moving.restore(turn, actor, [])
    root.leaving = Leaving(
        root=restored[1],
        number=root.parcels,
        standing=restored[0],
        ids={name: root.ids[name] for name in root.ids if name in gone},
        former=_of(root.former, gone - {restored[1]}),
        edges=[kept for kept in rest if kept.first in gone],
        blocked={near: far, **_blocked_by(root, gone)},
        departed=dict.fromkeys((name for name in root.ids if name not in gone), actor),
        parcel=f"{actor}#{root.parcels}",
        members=members,
        parted=[one for one in parted if one.touches(gone)],
    )
    _keep_rest(root, gone, rest)
    root.parted = [one for one in parted if one.touches(root.ids)]
    root.blocked[far] = near
    other = f"{workspace}/{restored[1]}"
    root.departed = {**root.departed, **dict.fromkeys(gone, other)}
    # Some of those that stay may have come by way of one that goes, and forward through it.
    root.repoint = [name for name in root.ids if name != own]
    root.talks += 1
    turn.put(actor, root)
    return other


def _set_aside(turn: Turn, actor: str, gone: set[str]) -> None:
    """Move the rows of one half into a parcel, for the other root to pull."""
    root = turn.root(actor)
    root.parcels += 1
    turn.relabel(actor, f"{actor}#{root.parcels}", gone)


def _of(held: Mapping[str, Standing], names: set[str]) -> dict[str, Standing]:
    return {name: standing for name, standing in held.items() if name in names}


def _blocked_by(root: Root, gone: set[str]) -> dict[str, str]:
    return {theirs: ours for theirs, ours in root.blocked.items() if ours in gone}


def _merge(root: Root, link: str) -> Edge:
    edge = next((edge for edge in root.edges if edge.id == link), None)
    if edge is None:
        raise NotFound(
            f"This person has no link {link!r}; GET /v1/people/{{identifier}}/links and "
            "`headwater who … --why` list theirs."
        )
    if edge.merged is None:
        raise NotFound(
            f"The link {link!r} merged nobody: {edge.second} had no person of its own before it."
        )
    return edge


def _keep_rest(root: Root, gone: set[str], rest: Iterable[Edge]) -> None:
    root.ids = {name: facts for name, facts in root.ids.items() if name not in gone}
    root.former = _of(root.former, set(root.former) - gone)
    root.edges = [edge for edge in rest if edge.first not in gone]
    root.blocked = {theirs: ours for theirs, ours in root.blocked.items() if ours not in gone}


def component(edges: Iterable[Edge], start: str) -> set[str]:
    """Answer the identifiers that edges connect with one of them."""
    neighbours: dict[str, list[str]] = {}
    for edge in edges:
        neighbours.setdefault(edge.first, []).append(edge.second)
        neighbours.setdefault(edge.second, []).append(edge.first)
    found, waiting = {start}, [start]
    while waiting:
        for name in neighbours.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found
