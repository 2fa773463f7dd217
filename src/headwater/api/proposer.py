"""Asks a language model, where one is configured, for what the grammar does not know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from headwater.language.proposals import plan_in, request_for
from headwater.language.refusal import NotUnderstood
from headwater.ports import Http, HttpFailure, HttpRequest
from headwater.settings import Settings

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Model:
    """An OpenAI-compatible endpoint: the address up to `/chat/completions`, a model, a key."""

    url: str
    name: str
    key: str | None = None


def model_of(settings: Settings) -> Model | None:
    """Answer the model that settings name; None where they name none."""
    if settings.model_url is None:
        return None
    return Model(settings.model_url, settings.model_name, settings.model_key)


async def propose(
    model: Model, http: Http, text: str, params: Mapping[str, Any], *, today: date
) -> Any:
    """Answer the typed plan that a model proposes for a text.

    Raises:
        NotUnderstood: it proposes none, or was not reached.
    """
    body = request_for(text, names=sorted(params), model=model.name, today=today)
    headers = {"content-type": "application/json"}
    if model.key:
        headers["authorization"] = f"Bearer {model.key}"
    address = f"{model.url.rstrip('/')}/chat/completions"
    request = HttpRequest("POST", address, headers, json.dumps(body).encode(), _SECONDS)
    try:
        response = await http.send(request)
    except HttpFailure as error:
        raise NotUnderstood(f"The model was not reached: {error}") from error
    if response.status != 200:
        raise NotUnderstood(f"The model's endpoint answered {response.status}.")
    return plan_in(response.body, params)
