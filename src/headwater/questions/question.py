"""A question about populations: one of nine kinds, read from JSON and written to it."""

from __future__ import annotations

import difflib
from typing import Annotated, Any

from pydantic import Discriminator, Tag, TypeAdapter, ValidationError

from headwater.errors import BadRequest
from headwater.questions.attribution import Attribution
from headwater.questions.funnel import Funnel
from headwater.questions.lifecycle import Lifecycle
from headwater.questions.lists import PeopleList
from headwater.questions.overlap import Overlap
from headwater.questions.paths import Paths
from headwater.questions.retention import Retention
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
    mistakes = [_mistake(kind, one) for one in error.errors(include_url=False)[:5]]
    return "; ".join(mistakes) + "."


def _mistake(kind: type[Any], one: Any) -> str:
    tags = {"this", "previous", "last", "ever", "between"}
    place = [part for at, part in enumerate(one["loc"]) if not (at and part in tags)]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)[1:]
    message = one["msg"].removeprefix("Value error, ")
    if one["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(place[-1]), kind.model_fields, n=1)
        message = "there is no such field" + (f" (did you mean {near[0]!r}?)" if near else "")
    if one["type"] == "missing":
        message = "it is required"
    return f"{where or 'the question'}: {message}"


QUESTION: TypeAdapter[Question] = TypeAdapter(Question)
