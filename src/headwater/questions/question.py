"""A question about populations: one of nine kinds, read from JSON and written to it."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Any

from pydantic import Discriminator, Tag, TypeAdapter, ValidationError

from headwater.audiences.mistakes import in_words, no_such_field
from headwater.errors import BadRequest
from headwater.questions.attribution import Attribution
from headwater.questions.funnel import Exclusion, Funnel
from headwater.questions.lifecycle import Lifecycle
from headwater.questions.lists import PeopleList
from headwater.questions.overlap import Overlap
from headwater.questions.paths import Paths
from headwater.questions.retention import Retention
from headwater.questions.selection import Breakdown, Events, Series
from headwater.questions.stickiness import Stickiness
from headwater.questions.trend import Trend

KINDS: dict[str, type[Any]] = {
    "trend": Trend,
    "funnel": Funnel,
    "retention": Retention,
    "paths": Paths,
    "list": PeopleList,
    "stickiness": Stickiness,
    "lifecycle": Lifecycle,
    "attribution": Attribution,
    "overlap": Overlap,
}


def _kind(given: Any) -> Any:
    return given.get("question") if isinstance(given, dict) else getattr(given, "question", None)


Question = Annotated[
    Annotated[Trend, Tag("trend")]
    | Annotated[Funnel, Tag("funnel")]
    | Annotated[Retention, Tag("retention")]
    | Annotated[Paths, Tag("paths")]
    | Annotated[PeopleList, Tag("list")]
    | Annotated[Stickiness, Tag("stickiness")]
    | Annotated[Lifecycle, Tag("lifecycle")]
    | Annotated[Attribution, Tag("attribution")]
    | Annotated[Overlap, Tag("overlap")],
    Discriminator(_kind),
]
"""Any question."""


class QuestionInvalid(BadRequest):
    """The question cannot be understood."""

    code = "invalid_question"


def read_question(given: Any) -> Question:
    """Answer the question that JSON (already parsed) asks.

    Raises:
        QuestionInvalid: it says what is wrong, where, and what to do.
    """
    if not isinstance(given, dict):
        raise QuestionInvalid(
            'A question is a JSON object such as {"question": "trend", "series": [{"events": '
            '"Order Completed"}], "over": "last 30 days"}.'
        )
    kind = given.get("question")
    if not isinstance(kind, str) or kind not in KINDS:
        raise QuestionInvalid(_no_kind(kind))
    try:
        question: Question = KINDS[kind].model_validate(given)
    except ValidationError as error:
        raise QuestionInvalid(_told(KINDS[kind], error)) from error
    return question


def write_question(question: Question) -> dict[str, Any]:
    """Answer a question as JSON, without what it leaves to defaults."""
    written: dict[str, Any] = QUESTION.dump_python(question, mode="json", exclude_defaults=True)
    return {"question": question.question, **written}


def _no_kind(kind: Any) -> str:
    names = ", ".join(KINDS)
    if kind is None:
        return f"'question' is missing: say which of {names}."
    near = difflib.get_close_matches(str(kind), KINDS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"There is no question {str(kind)[:40]!r}; there are {names}.{hint}"


def _told(kind: type[Any], error: ValidationError) -> str:
    every = error.errors(include_url=False)
    # Of a list with a mistake inside, pydantic also says that it is too short.
    mistakes = [
        _mistake(kind, one)
        for one in every
        if one["type"] != "too_short" or not any(_is_inside(other, one) for other in every)
    ]
    return "; ".join(mistakes[:5]) + "."


def _is_inside(one: Any, other: Any) -> bool:
    return len(one["loc"]) > len(other["loc"]) and (one["loc"][: len(other["loc"])] == other["loc"])


def _mistake(kind: type[Any], one: Any) -> str:
    tags = {"this", "previous", "last", "ever", "between"}
    place = [part for at, part in enumerate(one["loc"]) if not (at and part in tags)]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)[1:]
    if one["type"] == "extra_forbidden":
        parts = (_PARTS[part] for part in reversed(place[:-1]) if part in _PARTS)
        return f"{where}: {no_such_field(str(place[-1]), next(parts, kind).model_fields)}"
    if one["type"] == "missing":
        return f"{where}: it is required"
    message = in_words(one)
    if one["type"] == "value_error" and (inside := _INSIDE.match(message)):
        message = message[inside.end() :]
        where = _joined(where, inside[1])
    return f"{where or 'the question'}: {message}"


def _joined(where: str, inside: str) -> str:
    """Answer the place of what a part of a question tells with a place of its own."""
    if inside == "path":  # what any path calls itself
        return where
    name = where.rpartition(".")[2]
    if name in {inside, inside.partition("[")[0]}:
        return where.removesuffix(name) + inside
    return f"{where}.{inside}" if where else inside


_INSIDE = re.compile(r"([a-z_]+(?:\[\d+\])?(?:\.[a-z_]+(?:\[\d+\])?)*): ")
_PARTS: dict[Any, type[Any]] = {
    "series": Series,
    "by": Series,
    "breakdown": Breakdown,
    "exclusions": Exclusion,
    **dict.fromkeys(("events", "steps", "anchor", "conversion", "start", "back"), Events),
}
"""What a question's parts are read as, by their names."""

QUESTION: TypeAdapter[Question] = TypeAdapter(Question)
