"""What audiences keep with a person, through merges and splits.

States go with the identifier that their events came under, so both halves of a split have what is
theirs. Memberships are decided anew. Of two people who became one, entering is told of what the
winner was not in, leaving of what either was in. Of the half that a split restores, entering is
told of all that it is in, leaving of what the whole was in and the half is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from headwater.actors.audience_part import Part
from headwater.actors.identity_messages import Page

if TYPE_CHECKING:
    from headwater.actors.identity_storage import Turn


def parts(turn: Turn, rows: str) -> list[tuple[str, str]]:
    """Answer the states under a name by identifier, as JSON."""
    if turn.audiences.program(rows) is None:
        return []
    return [(via, part.to_json()) for via, part in turn.audiences.parts(rows).items()]


def members(turn: Turn, rows: str) -> list[str]:
    """Answer the audiences that the person under a name is in, or was made of people who were."""
    if turn.audiences.program(rows) is None:
        return []
    decided = turn.audiences.decided(rows)
    return sorted({*decided.members, *decided.inherited})


def take_over(turn: Turn, actor: str, page: Page, twice: Iterable[str]) -> None:
    """Take over the states of a page, at the actor that pulls it.

    Args:
        turn: of the actor.
        actor: who pulls.
        page: what was pulled.
        twice: identifiers of events of the page that the actor has already, under another one:
            the page's copy is gone, so these identifiers' states are made anew.
    """
    rows = turn.audiences
    program = rows.program(actor)
    if program is None:
        return
    for via, body in page.parts:
        part, own = Part.from_json(body), rows.parts(actor).get(via)
        if own is not None:
            # Calls have come by the forward before word of the merge did.
            for id_, mine in own.features.items():
                held = part.features.get(id_)
                if held is None:
                    part.features[id_] = mine
                elif id_ in program.features:
                    part.features[id_] = program.features[id_].fold([held, mine])
            part.version = min(part.version, own.version)
        rows.put_part(actor, via, part)
    for via in twice:
        part = rows.parts(actor).get(via) or Part(0)
        part.version = 0
        rows.put_part(actor, via, part)
    restore(turn, actor, page.members)


def restore(turn: Turn, actor: str, inherited: Iterable[str]) -> None:
    """Have everything decided anew once an actor is settled."""
    rows = turn.audiences
    if rows.program(actor) is None:
        return
    decided = rows.decided(actor)
    decided.version = 0
    decided.again = True
    decided.inherited = sorted({*decided.inherited, *inherited})
    rows.put_decided(actor)
    rows.touched.setdefault(actor, set())
