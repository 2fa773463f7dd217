"""A plan: what a text means, typed, before anything happens.

JSON goes in by `read_plan` and comes out by `write_plan`, without what is left to defaults; the
same plan always has the same hash. The grammar's readings, a model's proposals and a program's
own plans all pass through these types.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field, TypeAdapter, ValidationError

from headwater.errors import BadRequest
from headwater.language import plan_events, plan_messages, plan_people
from headwater.language.plan_parts import CONFIRMED, Effect, Part, People, PlanBase

SinglePlan = Annotated[
    plan_people.Record
    | plan_people.Identify
    | plan_people.Link
    | plan_people.Merge
    | plan_people.ShowPerson
    | plan_people.ListPeople
    | plan_people.CountPeople
    | plan_people.DefineAudience
    | plan_people.DefineWord
    | plan_people.ExportPerson
    | plan_people.Erase
    | plan_people.Suppress
    | plan_people.Unsuppress
    | plan_people.DefineTrait
    | plan_people.ListDefinitions
    | plan_events.Ask
    | plan_events.RouteEvents
    | plan_events.StopRouting
    | plan_events.ListRoutes
    | plan_events.SyncAudience
    | plan_events.StopSync
    | plan_events.SyncEvents
    | plan_events.ExportEvents
    | plan_events.ExportPeople
    | plan_events.Replay
    | plan_events.DeliveryStatus
    | plan_messages.Send
    | plan_messages.StartJourney
    | plan_messages.PreviewTemplate
    | plan_messages.WriteContent
    | plan_messages.Predict
    | plan_messages.BestTime
    | plan_messages.CompareContent
    | plan_messages.Improve,
    Field(discriminator="do"),
]
"""Any plan that is one act."""


class Notify(Part):
    """Send each of them this text."""

    notify: Annotated[str, Field(min_length=1, max_length=4000)]


class Wait(Part):
    """Wait before the next step; in seconds."""

    wait: Annotated[int, Field(ge=1, le=366 * 86_400)]


class Each(Part):
    """Do this for each of them; `each` in the plans stands for the person."""

    each: Annotated[tuple[SinglePlan, ...], Field(min_length=1, max_length=20)]


class Then(Part):
    """Do this with each outcome of the step before; `each` in the plans stands for it."""

    then: Annotated[tuple[SinglePlan, ...], Field(min_length=1, max_length=20)]


class Chain(PlanBase):
    """Steps for people: one plan, carried out on the server as a whole."""

    effect: ClassVar[Effect] = "sends"
    needs: ClassVar[str | None] = "journeys"
    do: Literal["chain"] = "chain"
    people: People
    steps: Annotated[tuple[Notify | Wait | Each | Then, ...], Field(min_length=1, max_length=50)]


Plan = Annotated[SinglePlan | Chain, Field(discriminator="do")]
"""Any plan."""


class PlanInvalid(BadRequest):
    """The plan is not one that there is."""

    code = "invalid_plan"


@cache
def kinds() -> dict[str, type[PlanBase]]:
    """Answer every type of plan by its name."""
    types = [*get_args(get_args(SinglePlan)[0]), Chain]
    return {one.model_fields["do"].default: one for one in types}


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(Plan)


def read_plan(given: Any) -> Any:
    """Answer the typed plan that JSON (already parsed) describes.

    Raises:
        PlanInvalid: it says what is wrong, and where.
        BadRequest: a condition or a question in it is not valid.
    """
    do = given.get("do") if isinstance(given, dict) else None
    if not isinstance(do, str) or do not in kinds():
        near = difflib.get_close_matches(str(do), kinds(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise PlanInvalid(
            f"A plan is a JSON object whose 'do' says what to do, one of {', '.join(kinds())}; "
            f"{str(do)[:40]!r} is none.{hint}"
        )
    try:
        return _adapter().validate_python(given)
    except ValidationError as error:
        raise PlanInvalid(_told(error)) from error


def write_plan(plan: Any) -> dict[str, Any]:
    """Answer a plan as JSON, without what it leaves to defaults."""
    written: dict[str, Any] = _adapter().dump_python(plan, mode="json", exclude_defaults=True)
    return written


def hash_of(plan: Any) -> str:
    """Answer what names exactly this plan: 32 hexadecimal digits."""
    text = json.dumps(write_plan(plan), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def effect_of(plan: Any) -> Effect:
    """Answer what carrying out a plan does; of a chain, the strongest of its steps."""
    if not isinstance(plan, Chain):
        effect: Effect = plan.effect
        return effect
    found: list[Effect] = ["reads"]
    for step in plan.steps:
        if isinstance(step, Notify):
            found.append("sends")
        elif isinstance(step, (Each, Then)):
            found += [one.effect for one in (step.each if isinstance(step, Each) else step.then)]
    return max(found, key=_STRENGTH.index)


_STRENGTH: tuple[Effect, ...] = (
    "reads", "records", "defines", "routes", "sends", "merges", "erases",
)  # fmt: skip


def needs_confirmation(plan: Any) -> bool:
    """Tell whether a plan sends, erases, merges or routes."""
    return effect_of(plan) in CONFIRMED


def _told(error: ValidationError) -> str:
    mistakes = []
    for one in error.errors(include_url=False)[:5]:
        place = [part for part in one["loc"] if part not in kinds()]
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)[1:]
        message = one["msg"].removeprefix("Value error, ")
        if one["type"] == "extra_forbidden":
            message = "there is no such field"
        mistakes.append(f"{where or 'the plan'}: {message}")
    return "; ".join(mistakes) + "."
