"""Plans that were shown, kept by their hash until they are carried out or forgotten."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from headwater.errors import NotFound
from headwater.language.plan import hash_of

_KEPT = 10_000
_MILLISECONDS = 3_600_000


class KeptPlans:
    """The latest plans of all workspaces, each for an hour; a restart forgets them."""

    def __init__(self) -> None:
        self._plans: OrderedDict[tuple[str, str], tuple[Any, int]] = OrderedDict()

    def keep(self, workspace: str, plan: Any, *, now: int) -> str:
        """Keep a plan and answer its hash."""
        name = hash_of(plan)
        self._plans[workspace, name] = (plan, now)
        self._plans.move_to_end((workspace, name))
        while len(self._plans) > _KEPT:
            self._plans.popitem(last=False)
        return name

    def get(self, workspace: str, name: str, *, now: int) -> Any:
        """Answer the plan of a hash.

        Raises:
            NotFound: it was never shown here, or too long ago.
        """
        found = self._plans.get((workspace, name))
        if found is None or now - found[1] > _MILLISECONDS:
            raise NotFound(
                f"There is no plan {name[:40]!r}: it is over an hour old, or was made elsewhere. "
                "Ask for it again with ?plan=true, or send the plan itself along with its hash."
            )
        return found[0]
