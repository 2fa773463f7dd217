"""The actor that owns a workspace's settings, and answers them as one value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from headwater.actors.audience_settings import AudienceSettings
from headwater.actors.destination_settings import Destinations
from headwater.actors.erasures import Erasures
from headwater.actors.regulations import Regulations
from headwater.actors.rejected_events import RejectedEvents
from headwater.actors.sources import Sources
from headwater.actors.word_settings import Words
from headwater.actors.workspace_jobs import WorkspaceJobs
from headwater.errors import BadRequest
from headwater.workspace import IdentityRules, WorkspaceConfig

_TYPE_NAME = re.compile(r"[a-z0-9][a-z0-9_.]{0,63}")
_REGION = re.compile(r"[A-Z]{2}")
_REFUSED_AT_ONCE = 100


class WorkspaceActor(
    Sources,
    Destinations,
    AudienceSettings,
    Words,
    RejectedEvents,
    Regulations,
    Erasures,
    WorkspaceJobs,
):
    """All that one workspace has set, over `Sql`: one of it at a time, nothing awaited."""

    def identity_rules(self) -> IdentityRules:
        """Answer how this workspace tells people apart."""
        rows = self._sql.execute(
            "SELECT identity FROM workspace_settings WHERE workspace = ?", (self._workspace,)
        )
        if not rows or rows[0][0] is None:
            return IdentityRules()
        return _identity_rules().validate_json(rows[0][0])

    def set_identity_rules(self, rules: IdentityRules) -> IdentityRules:
        """Replace the rules for events from now on; people that are known stay as they are.

        Raises:
            BadRequest: a rule contradicts itself or another.
        """
        check_identity_rules(rules)
        if rules == self.identity_rules():
            return rules
        with self._sql.transaction():
            self._grow_version()
            self._sql.execute(
                "UPDATE workspace_settings SET identity = ? WHERE workspace = ?",
                (_identity_rules().dump_json(rules).decode(), self._workspace),
            )
        return rules

    def config(self) -> WorkspaceConfig:
        """Answer everything that collectors and consumers need to know, under its version."""
        return WorkspaceConfig(
            self._workspace,
            version=self.version(),
            identity=self.identity_rules(),
            sources=self.sources(),
            destinations=self.destinations(),
            time_zone=self.time_zone(),
            audiences=self.audiences(),
            computed_traits=self.computed_traits(),
            features=self.features(),
            words=self.words(),
            suppression=self.suppression(),
        )

    def texts_held(
        self, identifiers: Sequence[str], *, after: int = 0
    ) -> tuple[dict[str, list[dict[str, Any]]], int | None]:
        """Answer refused events and orders that name people, as `everything_held` has them.

        And the id of a refused event behind which to go on, None where there are no more.
        """
        from headwater.actors import erasing, everything_held  # noqa: PLC0415 - events need none
        from headwater.actors.erased_people import ErasedPeople  # noqa: PLC0415 - the same

        people = ErasedPeople(self._workspace, identifiers)
        refused = erasing.rejected_of(self._sql, people, self.config())
        left = sorted(id_ for id_ in refused if id_ > after)
        some = left[:_REFUSED_AT_ONCE]
        held = {
            "refused_events": list(everything_held.refused_held(self._sql, self._workspace, some)),
            "jobs": [] if after else list(everything_held.jobs_held(self._sql, people)),
        }
        return held, some[-1] if len(some) < len(left) else None

    def sift_texts(self, identifiers: Sequence[str], *, job: str) -> dict[str, int]:
        """Delete refused events and ended jobs that name erased people; answer how many of each.

        `job` is the erasure itself.
        """
        from headwater.actors import erasing  # noqa: PLC0415 - events need none of it
        from headwater.actors.erased_people import ErasedPeople  # noqa: PLC0415 - the same

        people, config = ErasedPeople(self._workspace, identifiers), self.config()
        rejected = erasing.rejected_of(self._sql, people, config)
        ended = erasing.jobs_of(self._sql, people, but=job)
        with self._sql.transaction():
            erasing.delete_texts(self._sql, self._workspace, rejected=rejected, jobs=ended)
        return {"rejected_events": len(rejected), "job": len(ended)}


def check_identity_rules(rules: IdentityRules) -> None:
    """Raise `BadRequest`, naming the type and the fix, for rules that cannot be meant."""
    names = [one.name for one in rules.types]
    if not names:
        raise BadRequest("types: at least one identifier type is needed, such as user_id.")
    for place, one in enumerate(rules.types):
        if not _TYPE_NAME.fullmatch(one.name):
            raise BadRequest(
                f"types[{place}].name: {one.name[:80]!r} is not 1 to 64 characters of a-z, 0-9, "
                "'_' and '.', starting with a letter or digit."
            )
        if one.name in names[:place]:
            raise BadRequest(f"types[{place}].name: {one.name!r} is there twice; remove one.")
        if one.limit < 1:
            raise BadRequest(
                f"types[{place}].limit: a person holds at least 1 {one.name}, not {one.limit}."
            )
    if rules.phone_region is not None and not _REGION.fullmatch(rules.phone_region):
        raise BadRequest(
            f"phone_region: {rules.phone_region[:80]!r} is not an ISO 3166 country in capitals, "
            "such as 'DE'; leave it out where numbers always start with '+'."
        )
    for name in ("custom_limit", "max_identifiers", "max_merges"):
        if getattr(rules, name) < 1:
            raise BadRequest(f"{name}: must be at least 1, not {getattr(rules, name)}.")


@cache
def _identity_rules() -> TypeAdapter[IdentityRules]:
    """Made at the first use: nothing is made at import."""
    return TypeAdapter(IdentityRules)
