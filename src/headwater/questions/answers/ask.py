"""Asks any question: the table of kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headwater.questions.answers.attribution import ask_attribution
from headwater.questions.answers.funnel import ask_funnel
from headwater.questions.answers.lifecycle import ask_lifecycle
from headwater.questions.answers.lists import ask_list
from headwater.questions.answers.overlap import ask_overlap
from headwater.questions.answers.paths import ask_paths
from headwater.questions.answers.retention import ask_retention
from headwater.questions.answers.stickiness import ask_stickiness
from headwater.questions.answers.trend import ask_trend
from headwater.questions.asking import Asking, Circumstances
from headwater.questions.question import Question

_ASKING: Mapping[str, Callable[[Any, Circumstances], Asking]] = {
    "trend": ask_trend,
    "funnel": ask_funnel,
    "retention": ask_retention,
    "paths": ask_paths,
    "list": ask_list,
    "stickiness": ask_stickiness,
    "lifecycle": ask_lifecycle,
    "attribution": ask_attribution,
    "overlap": ask_overlap,
}


def ask(question: Question, circumstances: Circumstances) -> Asking:
    """Answer the conversation that gets a question's answer.

    It yields a `Query`, is sent the rows that each database answered, and returns the table.

    Raises:
        BadRequest: the question asks what cannot be asked; says what to change.
    """
    return _ASKING[question.question](question, circumstances)
