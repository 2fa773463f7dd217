"""What a workspace has defined: computed traits made, and all of it listed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from headwater.actors.workspace import WorkspaceActor
from headwater.api.acts.asked import Asked
from headwater.api.audiences import key_for
from headwater.audiences.audience import Audience, ComputedTrait, text_of
from headwater.language.plan_people import DefineTrait, ListDefinitions


async def define_trait(plan: DefineTrait, asked: Asked) -> dict[str, Any]:
    """Make a computed trait; everybody's is computed from now on.

    Raises:
        Conflict: there is one of that name.
    """
    made = await asked.services.workspaces.write(
        asked.workspace,
        WorkspaceActor.create_computed_trait,
        now=asked.now,
        key=key_for(plan.name),
        name=plan.name,
        definition=text_of(plan.computation),
    )
    return {"trait": {"id": made.id, "key": made.key, "name": made.name}}


async def list_definitions(plan: ListDefinitions, asked: Asked) -> dict[str, Any]:
    """Answer each name with what it means, as JSON."""
    read = asked.services.workspaces.read
    if plan.of == "words":
        words = asked.config.words
        return {"defined": [{"name": one, "means": json.loads(words[one])} for one in words]}
    found: Sequence[Audience | ComputedTrait] = (
        await read(asked.workspace, WorkspaceActor.audiences)
        if plan.of == "audiences"
        else await read(asked.workspace, WorkspaceActor.computed_traits)
    )
    return {
        "defined": [
            {"id": one.id, "name": one.name, "key": one.key, "means": json.loads(one.definition)}
            for one in found
        ]
    }
