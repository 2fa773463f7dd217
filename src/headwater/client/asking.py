"""What is asked of a server in plain language, and what its answers are; nothing here is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from headwater.client.errors import ClientError, InvalidEvent
from headwater.client.templates import bound
from headwater.client.values import plain


class AskRefused(ClientError):
    """The server did not do what was asked.

    Attributes:
        code: its reason, for programs: `not_understood`, `ambiguous`, `not_yet`, `confirm`, …
        status: the HTTP status of its answer.
        details: the whole answer: `part` and `nearest`, `readings`, `missing`, `plan`.
    """

    def __init__(self, message: str, *, code: str, status: int, details: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.details = details


class Each:
    """Stands for each person of a list while what is done for each is written down.

    It is bound like any value: `users.map(lambda user: headwater("win back {user}", user=user))`.
    """

    def __str__(self) -> str:
        raise InvalidEvent(
            "each person of a list is bound, never put into the text: write "
            'headwater("win back {user}", user=user), or a t-string'
        )

    def __format__(self, spec: str) -> str:
        return str(self)

    def __repr__(self) -> str:
        return "Each()"


@dataclass(frozen=True, slots=True)
class Saying:
    """One phrase, its values, and the steps that are chained to it."""

    text: str
    params: Mapping[str, Any]
    steps: tuple[Mapping[str, Any], ...] = ()
    visitor: str | None = None
    dry_run: bool = False

    @classmethod
    def of(cls, said: Any, params: dict[str, Any], *, visitor: str | None, dry_run: bool) -> Saying:
        """Answer what a text or t-string says.

        Raises:
            InvalidEvent: it is neither, or a value has no JSON form.
        """
        text, values = bound(said, params)
        written = {name: _written(value, name) for name, value in values.items()}
        return cls(text, written, visitor=visitor, dry_run=dry_run)

    def then(self, step: Mapping[str, Any]) -> Saying:
        """Answer the saying with one more step."""
        return replace(self, steps=(*self.steps, step))

    def body(self, *, order: str) -> dict[str, Any]:
        """Answer the body of the request; `order` names it, so that repeating it does nothing."""
        body: dict[str, Any] = {"text": self.text, "id": order}
        if self.params:
            body["params"] = dict(self.params)
        if self.steps:
            body["steps"] = list(self.steps)
        if self.visitor is not None:
            body["visitor"] = self.visitor
        return body


def _written(value: Any, name: str) -> Any:
    if isinstance(value, Each):
        return {"$": "each"}
    return plain(value, f"{{{name}}}")


def wait_step(duration: str | float | timedelta) -> dict[str, Any]:
    """Answer the step that waits: `3 days`, seconds, or a timedelta."""
    if isinstance(duration, timedelta):
        duration = duration.total_seconds()
    return {"wait": duration if isinstance(duration, str) else int(duration)}


def each_step(
    steps: Sequence[Mapping[str, Any]],
    made: Callable[[Each], Any],
    saying_of: Callable[[Any], Saying],
) -> dict[str, Any]:
    """Answer the step that does for each what a function says of one of them.

    The function is called once, here, with a stand-in; what it answers is the plan.
    """
    said = made(Each())
    several = said if isinstance(said, (list, tuple)) else [said]
    phrases = [saying_of(one) for one in several]
    if not phrases or any(phrase.steps for phrase in phrases):
        raise InvalidEvent("what is done for each is one phrase or a list of them, without steps")
    kind = "then" if any("each" in step or "then" in step for step in steps) else "each"
    return {kind: [{"text": one.text, "params": dict(one.params)} for one in phrases]}


class People(list[dict[str, Any]]):
    """The people whom a phrase names, the most active first; each with its `id`.

    Attributes:
        plan: what was asked, as JSON.
    """

    def __init__(self, people: Sequence[dict[str, Any]], plan: Mapping[str, Any]) -> None:
        super().__init__(people)
        self.plan = plan


@dataclass(frozen=True, slots=True)
class Table:
    """The answer to a question: rows of cells under names of columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    exact: bool
    as_of: str
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Answer each row by the names of its columns."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan that was shown and not carried out.

    Attributes:
        plan: as JSON.
        words: what it will do.
        effect: what that does to the world.
        hash: names exactly this plan: `handle.carry_out(shown)` does it.
        reach: how many people, which destinations.
        notes: what was corrected or assumed.
        definitions: business words in it, and their meaning.
        missing: what the server would need to do it; None where it can.
        proposed: a language model made it, as the grammar did not know the text.
    """

    plan: Mapping[str, Any]
    words: str
    effect: str
    hash: str
    reach: Mapping[str, Any]
    notes: tuple[str, ...]
    definitions: Mapping[str, Any]
    missing: str | None
    proposed: bool = False


def read_answer(body: Mapping[str, Any]) -> Any:
    """Answer what a phrase is worth: a `Shown`, people, a number, a table, or what was done."""
    if not body["executed"]:
        names = ("plan", "words", "effect", "hash", "reach", "definitions", "missing")
        proposed = bool(body.get("proposed"))
        return Shown(
            **{name: body[name] for name in names}, notes=tuple(body["notes"]), proposed=proposed
        )
    result, do = body["result"], body["plan"]["do"]
    if do == "count_people":
        return result["count"]
    if do in {"list_people", "ask"}:
        table = Table(
            columns=tuple(one["name"] for one in result["columns"]),
            rows=tuple(tuple(row) for row in result["rows"]),
            exact=result["exact"],
            as_of=result["as_of"],
            notes=tuple(result["notes"]),
        )
        return table if do == "ask" else People([_person(row) for row in table], body["plan"])
    return result


def _person(row: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in row.items() if name != "person" and value is not None}
    return {"id": row["person"], **rest}


def refused(status: int, body: Any) -> AskRefused:
    """Answer the error for an answer that is none."""
    if isinstance(body, Mapping) and isinstance(body.get("message"), str):
        code = str(body.get("code", "error"))
        return AskRefused(body["message"], code=code, status=status, details=body)
    message = f"The server answered {status}, and not as Headwater does: is the address right?"
    return AskRefused(message, code="no_headwater", status=status, details={})
