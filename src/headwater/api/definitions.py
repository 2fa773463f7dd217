"""The business's words over HTTP: what each means, and how to change it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from headwater.actors.workspace import WorkspaceActor
from headwater.api.access import Admin, Reader
from headwater.api.acts.asked import Asked
from headwater.api.ask_languages import Languages
from headwater.api.fields import IdPath, Json, LongText, Order, View
from headwater.api.services import Services
from headwater.audiences.audience import read_condition, text_of
from headwater.audiences.conditions_reading import read, to_json
from headwater.errors import BadRequest, NotFound
from headwater.language.condition_words import people_in_words
from headwater.language.conditions import settled


class DefinitionView(View):
    """A word, the condition on people that it means, and the same in plain words.

    `is_own` says that this workspace has set it; else it is as shipped.
    """

    word: str
    means: dict[str, Any]
    words: str
    is_own: bool


class DefinitionsView(View):
    """All words that mean people."""

    definitions: list[DefinitionView]


class DefinitionOrder(Order):
    """What a word means: people in plain language, or a condition; one of them."""

    text: Annotated[LongText | None, Field(description="Such as 'users inactive for 60 days'.")] = (
        None
    )
    condition: dict[str, Json] | None = None


def definition_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/definitions`."""
    routes = APIRouter(prefix="/v1/definitions", tags=["language"])
    languages = Languages()

    async def shown(workspace: str) -> list[DefinitionView]:
        config = _config(services, workspace)
        own = config.words
        return [
            _view(word, to_json(read(settled(dict(meaning)))), is_own=word in own)
            for word, meaning in sorted(languages.of(config).definitions.items())
        ]

    @routes.get("")
    async def definitions(caller: Reader) -> DefinitionsView:
        """List the words that mean people, and what each means."""
        return DefinitionsView(definitions=await shown(caller.workspace))

    @routes.put("/{word}")
    async def set_definition(caller: Admin, word: IdPath, order: DefinitionOrder) -> DefinitionView:
        """Have a word mean these people in every phrase from now on."""
        config = _config(services, caller.workspace)
        if (order.text is None) == (order.condition is None):
            raise BadRequest(
                "Send either a 'text', such as 'users inactive for 60 days', or a 'condition'."
            )
        if order.text is not None:
            asked = Asked(services=services, workspace=caller.workspace, id="", config=config)
            read_text = languages.of(config).read(
                order.text, today=asked.today, wants="list_people"
            )
            meaning = text_of(read(read_text.document["people"]))
        else:
            meaning = text_of(read(order.condition, is_new=True))
        kept = await services.workspaces.write(
            caller.workspace, WorkspaceActor.set_word, word, meaning
        )
        return _view(kept, to_json(read_condition(meaning)), is_own=True)

    @routes.delete("/{word}")
    async def reset_definition(caller: Admin, word: IdPath) -> DefinitionsView:
        """Have a word mean what it was shipped with, or nothing."""
        await services.workspaces.write(caller.workspace, WorkspaceActor.reset_word, word)
        return DefinitionsView(definitions=await shown(caller.workspace))

    return routes


def _config(services: Services, workspace: str) -> Any:
    config = services.config(workspace)
    if config is None:
        raise NotFound(f"There is no workspace {workspace[:80]!r}.")
    return config


def _view(word: str, means: dict[str, Any], *, is_own: bool) -> DefinitionView:
    return DefinitionView(word=word, means=means, words=people_in_words(means), is_own=is_own)
