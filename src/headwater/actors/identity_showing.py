"""All that one identity actor, with a database of its own, holds on people beside their events."""

from __future__ import annotations

from headwater.actors.erased_people import ErasedPeople
from headwater.actors.everything_held import held_by_actors, outbox_held
from headwater.actors.identity_erasing import trace
from headwater.actors.identity_showing_calls import HeldShown, ShowHeld
from headwater.ports import Sql
from headwater.workspace import WorkspaceConfig


def show_held(sql: Sql, actor: str, call: ShowHeld) -> HeldShown:
    """Answer what an actor holds."""
    workspace = actor.partition("/")[0]
    people = ErasedPeople(workspace, call.identifiers)
    found = trace(sql, actor, call.identifiers)
    rows = sql.execute("SELECT body FROM identity WHERE actor = ?", (actor,))
    others = actor not in people.actors
    config = WorkspaceConfig(workspace, identity=call.rules)
    return HeldShown(
        held={**held_by_actors(sql, people), "deliveries": outbox_held(sql, people, config)},
        names_them=others and any(people.scrubbed(body) is not None for (body,) in rows),
        groups=found.groups,
        named=found.named,
    )
