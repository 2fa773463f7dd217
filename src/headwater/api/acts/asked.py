"""What every act is given, and the errors that acts share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from headwater.api.services import Services
from headwater.errors import BadRequest, HeadwaterError, NotFound
from headwater.language.plan import hash_of, write_plan
from headwater.language.subjects import EACH, VISITOR
from headwater.workspace import WorkspaceConfig


class NotYet(HeadwaterError):
    """The plan is understood, and this server cannot carry it out yet."""

    status = 501
    code = "not_yet"

    def __init__(self, missing: str, plan: Any) -> None:
        self.missing = missing
        self.plan = plan
        super().__init__(
            f"This is understood, but this server cannot do it yet: it has no {missing}. The plan "
            "is in the answer; keep it, and carry it out once the server can."
        )

    def as_json(self) -> dict[str, Any]:
        """Answer the body that callers get, with what is missing and the plan."""
        plan = {"plan": write_plan(self.plan), "hash": hash_of(self.plan)}
        return {**super().as_json(), "missing": self.missing, **plan}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One order to carry out a plan.

    Attributes:
        id: names the order: facts recorded twice under one id are recorded once.
        visitor: whom `visitor` stands for, an identifier.
        config: the workspace's configuration when the order came.
    """

    services: Services
    workspace: str
    id: str
    config: WorkspaceConfig
    visitor: str | None = None

    @property
    def now(self) -> int:
        """The present, in milliseconds."""
        return self.services.clock.now()

    @property
    def zone(self) -> ZoneInfo:
        """The workspace's time zone."""
        return ZoneInfo(self.config.time_zone)

    @property
    def today(self) -> date:
        """The present day in the workspace's time zone."""
        return datetime.fromtimestamp(self.now / 1000, UTC).astimezone(self.zone).date()

    def who(self, subject: str) -> str:
        """Answer the identifier of somebody in a plan.

        Raises:
            BadRequest: it is the current visitor, and the order does not say who that is.
        """
        if subject == VISITOR:
            if self.visitor is None:
                raise BadRequest(
                    "This is about the current visitor; say who that is in 'visitor', such as "
                    "anonymous_id:a-1, or name somebody in the text."
                )
            return self.visitor
        if subject == EACH:
            raise BadRequest("'each' stands for a person of a list, and there is no list here.")
        return subject


def nobody(identifier: str) -> NotFound:
    """Answer the error for an identifier that nobody has."""
    return NotFound(f"Nobody is known by {identifier[:200]!r} in this workspace.")
