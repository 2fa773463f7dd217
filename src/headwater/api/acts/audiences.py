"""Audiences kept from then on, and words that mean people."""

from __future__ import annotations

from typing import Any

from headwater.actors.workspace import WorkspaceActor
from headwater.api.acts.asked import Asked
from headwater.api.audiences import key_for
from headwater.audiences.audience import text_of
from headwater.language.plan_people import DefineAudience, DefineWord


async def define_audience(plan: DefineAudience, asked: Asked) -> dict[str, Any]:
    """Make an audience; everybody is looked at from now on, who is active at once.

    Raises:
        Conflict: there is one of that name.
    """
    made = await asked.services.workspaces.write(
        asked.workspace,
        WorkspaceActor.create_audience,
        now=asked.now,
        name=plan.name,
        key=key_for(plan.name),
        definition=text_of(plan.people),
    )
    return {"audience": {"id": made.id, "key": made.key, "name": made.name}}


async def define_word(plan: DefineWord, asked: Asked) -> dict[str, Any]:
    """Have a word mean these people in every phrase from now on."""
    word = await asked.services.workspaces.write(
        asked.workspace, WorkspaceActor.set_word, plan.word, text_of(plan.people)
    )
    return {"word": word}
