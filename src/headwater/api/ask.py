"""Plain language over HTTP: a text in, a plan shown or carried out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from headwater.actors.registry import Role
from headwater.api.access import Reader
from headwater.api.acts import carry_out, missing_for
from headwater.api.acts.asked import Asked, nobody
from headwater.api.ask_languages import Languages
from headwater.api.ask_names import Names
from headwater.api.ask_reach import reach_of
from headwater.api.authentication import Caller
from headwater.api.fields import Identifier, Json, LongText, Order, Text, View
from headwater.api.proposer import propose
from headwater.api.services import Services
from headwater.errors import BadRequest, Conflict, NotFound
from headwater.language.chains import read_chain
from headwater.language.language import Understanding
from headwater.language.names_in_use import NamesInUse
from headwater.language.plan import (
    effect_of,
    hash_of,
    needs_confirmation,
    read_plan,
    write_plan,
)
from headwater.language.plan_parts import Effect
from headwater.language.plan_words import in_words
from headwater.language.refusal import NotUnderstood

_ROLES: dict[Effect, Role] = {
    "reads": "read", "records": "write", "sends": "write", "merges": "write",
    "defines": "admin", "routes": "admin", "erases": "admin",
}  # fmt: skip

# Files take the server's time and disk, as in the admin API.
_ROLES_OF: dict[str, Role] = {"export_events": "admin", "export_person": "admin"}

_TEXT = "What you want, such as 'user-123 signed up' or 'signups this week'."


class AskOrder(Order):
    """A text, a plan, or the hash of a plan that was shown; one of them.

    `params` are the values that `{name}` in the text stands for. `steps` chain what is to be
    done with the people that the text names. `visitor` says who the current visitor is, where a
    text names nobody. `id` names the order: sent again under the same id, facts are one.
    """

    text: Annotated[LongText | None, Field(description=_TEXT)] = None
    params: Annotated[dict[Text, Json], Field(max_length=100)] = Field(default_factory=dict)
    steps: Annotated[list[dict[str, Json]], Field(max_length=50)] = Field(default_factory=list)
    plan: dict[str, Json] | None = None
    hash: Annotated[str | None, Field(max_length=64)] = None
    visitor: Identifier | None = None
    id: Annotated[str | None, Field(min_length=1, max_length=64)] = None


class AskView(View):
    """A plan, what it does and to how many, and, once carried out, what came of it.

    `hash` names exactly this plan. `effect` is `reads`, `records`, `merges`, `erases`, `sends`,
    `routes` or `defines`. `missing` says what this server would need to carry it out; `proposed`
    that a model made it, and that it was only shown.
    """

    plan: dict[str, Any]
    words: str
    effect: Effect
    hash: str
    reach: dict[str, Any]
    notes: list[str]
    definitions: dict[str, dict[str, Any]]
    missing: str | None
    proposed: bool
    executed: bool
    result: dict[str, Any] | None


class Asking:
    """Reads, shows and carries out what is asked; the routes and the MCP server share it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._languages = Languages()
        self._names = Names()
        self._kept = services.plans

    async def ask(self, caller: Caller, order: AskOrder, *, only_plan: bool) -> AskView:
        """Answer the plan of an order, carried out unless only the plan is wanted.

        What the grammar does not know a model may propose, where one is configured; that is only
        shown.

        Raises:
            NotUnderstood, Ambiguous: see `Language.read`.
            Conflict: the plan rests on a guess and needs its hash to be carried out.
            NotYet: this server cannot carry it out.
        """
        asked = self._asked(caller, order)
        try:
            plan, understood = await self._plan(asked, order)
        except NotUnderstood as refusal:
            return await self._proposed(asked, order, refusal)
        if only_plan:
            self._kept.keep(asked.workspace, plan, now=asked.now)
            return await self._view(plan, understood, asked)
        caller.require(_ROLES_OF.get(plan.do, _ROLES[effect_of(plan)]))
        view = await self._view(plan, understood, asked)
        if order.hash is None and view.missing is None:
            self._check_confirmed(view, asked, plan)
        result = await carry_out(plan, asked)
        return view.model_copy(update={"executed": True, "result": result})

    def _check_confirmed(self, view: AskView, asked: Asked, plan: Any) -> None:
        """Raise `Conflict` where a plan has to be shown before it is carried out."""
        if plan.do == "erase" and not view.reach["people"]:
            raise nobody(plan.who)
        if view.effect == "erases":
            why = "This cannot be taken back"
        elif view.notes and needs_confirmation(plan):
            why = f"This was understood with a guess ({'; '.join(view.notes)})"
        else:
            return
        name = self._kept.keep(asked.workspace, plan, now=asked.now)
        known_by = ", ".join(view.reach.get("identifiers", ()))
        raise Conflict(
            f"{why}: {view.words} "
            + (f"They are known by {known_by}. " if known_by else "")
            + f"Confirm it by sending its hash, {name}.",
            code="confirm",
        )

    async def _proposed(self, asked: Asked, order: AskOrder, refusal: NotUnderstood) -> AskView:
        """Answer the plan that a model proposes: shown, never carried out but by its hash."""
        model = self._services.model
        if model is None or not order.text or order.steps:
            raise refusal
        try:
            plan = await propose(
                model, self._services.http, order.text, order.params, today=asked.today
            )
        except NotUnderstood as error:
            raise NotUnderstood(
                f"{refusal.message} {error.message}", part=refusal.part, nearest=refusal.nearest
            ) from error
        self._kept.keep(asked.workspace, plan, now=asked.now)
        note = f"proposed by {model.name}; send its hash to have it done"
        view = await self._view(plan, Understanding({}, (note,)), asked)
        return view.model_copy(update={"proposed": True})

    def _asked(self, caller: Caller, order: AskOrder) -> Asked:
        config = self._services.config(caller.workspace)
        if config is None:
            raise NotFound(f"There is no workspace {caller.workspace[:80]!r}.")
        return Asked(
            services=self._services,
            workspace=caller.workspace,
            id=order.id or self._services.random.uuid(),
            config=config,
            visitor=order.visitor,
        )

    async def _understood(self, asked: Asked, order: AskOrder) -> Understanding:
        """Answer what a text means; names in the data are looked up where it has unknown words."""
        known = self._names.known(asked.workspace)

        def read(names: NamesInUse | None) -> Understanding:
            language = self._languages.of(asked.config, names)
            text, today = order.text or "", asked.today
            return read_chain(language, text, order.params, order.steps, today=today)

        try:
            understood = read(known)
            if not understood.is_guess:
                return understood
        except NotUnderstood:
            names = await self._names.looked_up(asked)
            if names is None or names == known:
                raise
            return read(names)
        names = await self._names.looked_up(asked)
        return understood if names is None or names == known else read(names)

    async def _plan(self, asked: Asked, order: AskOrder) -> tuple[Any, Understanding]:
        if order.text is not None and order.plan is None and order.hash is None:
            understood = await self._understood(asked, order)
            return read_plan(understood.document), understood
        if order.text is not None or (order.plan is None and order.hash is None):
            raise BadRequest(
                "Send a 'text', a 'plan', or the 'hash' of a plan that was shown; a plan may bring "
                "its hash along."
            )
        if order.plan is None:
            plan = self._kept.get(asked.workspace, order.hash or "", now=asked.now)
            return plan, Understanding({})
        plan = read_plan(order.plan)
        if order.hash is not None and hash_of(plan) != order.hash:
            raise Conflict(
                f"The plan's hash is {hash_of(plan)}, not {order.hash}: it is not the plan that "
                "was shown."
            )
        return plan, Understanding({})

    async def _view(self, plan: Any, understood: Understanding, asked: Asked) -> AskView:
        document = write_plan(plan)
        return AskView(
            plan=document,
            words=in_words(document),
            effect=effect_of(plan),
            hash=hash_of(plan),
            reach=await reach_of(plan, asked),
            notes=list(understood.notes),
            definitions={name: dict(one) for name, one in understood.definitions.items()},
            missing=missing_for(plan),
            proposed=False,
            executed=False,
            result=None,
        )


def ask_routes(services: Services) -> APIRouter:
    """Answer the route `/v1/ask`."""
    routes = APIRouter(prefix="/v1/ask", tags=["language"])
    asking = Asking(services)

    @routes.post("")
    async def ask(
        caller: Reader,
        order: AskOrder,
        *,
        plan: Annotated[
            bool, Query(description="Show the plan, and do nothing.", alias="plan")
        ] = False,
    ) -> AskView:
        """Say it in plain language, and have it done, or shown first with `?plan=true`."""
        return await asking.ask(caller, order, only_plan=plan)

    return routes
