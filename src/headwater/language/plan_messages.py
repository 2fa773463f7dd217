"""Plans about messages, journeys and predictions: typed now, carried out as they are built."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator

from headwater.language.plan_parts import Audience, Effect, Part, People, PlanBase, Words

Channel = Literal["email", "sms", "push", "whatsapp", "in_app", "slack", "webhook", "any"]


class Content(Part):
    """What a message says: a template by its name, a text word for word, or what it is about."""

    template: Words | None = None
    text: Words | None = None
    about: Words | None = None

    @model_validator(mode="after")
    def _says_one(self) -> Content:
        if sum(one is not None for one in (self.template, self.text, self.about)) != 1:
            raise ValueError("say one of 'template', 'text' and 'about'")
        return self


class Send(PlanBase):
    """Send a message to somebody, or to each of many."""

    effect: ClassVar[Effect] = "sends"
    needs: ClassVar[str | None] = "messages"
    do: Literal["send"] = "send"
    to: Audience
    channel: Channel = "any"
    content: Content | None = None


class StartJourney(PlanBase):
    """Start a sequence of messages for somebody, or for each of many."""

    effect: ClassVar[Effect] = "sends"
    needs: ClassVar[str | None] = "journeys"
    do: Literal["start_journey"] = "start_journey"
    journey: Words
    to: Audience


class PreviewTemplate(PlanBase):
    """Show a message as somebody would get it, without sending it."""

    needs: ClassVar[str | None] = "messages"
    do: Literal["preview_template"] = "preview_template"
    template: Words
    channel: Channel = "any"
    to: Audience | None = None


class WriteContent(PlanBase):
    """Write a draft.

    Attributes:
        kind: of what: `email`, `subject lines`, `announcement`.
        about: its topic.
        to: whom it is for.
    """

    needs: ClassVar[str | None] = "written content"
    do: Literal["write_content"] = "write_content"
    kind: Words
    about: Words | None = None
    to: Audience | None = None


class Predict(PlanBase):
    """List people by what they will likely do."""

    needs: ClassVar[str | None] = "predictions"
    do: Literal["predict"] = "predict"
    outcome: Words
    people: People


class BestTime(PlanBase):
    """Say when somebody is best written to."""

    needs: ClassVar[str | None] = "predictions"
    do: Literal["best_time"] = "best_time"
    channel: Channel = "any"
    to: Audience


class CompareContent(PlanBase):
    """Say which of several variants of a message does better."""

    needs: ClassVar[str | None] = "experiments"
    do: Literal["compare_content"] = "compare_content"
    part: Words
    people: People | None = None


class Improve(PlanBase):
    """Suggest how a journey could do better."""

    needs: ClassVar[str | None] = "journeys"
    do: Literal["improve"] = "improve"
    journey: Words
