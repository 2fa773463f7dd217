"""The names that a workspace's data uses, asked for where a text has words that nobody knows."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from headwater.api.acts.asked import Asked
from headwater.errors import HeadwaterError
from headwater.language.names_in_use import NamesInUse
from headwater.questions.question import read_question

FRESH = 5_000
"""For how long (ms) names are not looked up again, so that nonsense costs little."""

_KEPT = 100
_LATELY = {"last": 90, "unit": "day"}
_EVENTS: dict[str, Any] = {
    "question": "trend",
    "over": _LATELY,
    "interval": None,
    "series": [{"events": {"call": "track"}}],
    "breakdown": {"by": "event", "limit": 500},
}
_PLANS: dict[str, Any] = {
    "question": "trend",
    "over": _LATELY,
    "interval": None,
    "series": [{"measure": "people", "events": {"call": "any"}}],
    "breakdown": {"by": "trait", "name": "plan", "limit": 50},
}


class Names:
    """Keeps the names of the workspaces that were spoken in last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[NamesInUse, int]] = OrderedDict()

    def known(self, workspace: str) -> NamesInUse | None:
        """Answer the names as they were found last; None where nobody has looked."""
        kept = self._kept.get(workspace)
        return None if kept is None else kept[0]

    async def looked_up(self, asked: Asked) -> NamesInUse | None:
        """Answer the names as they are now; None where they were looked up a moment ago.

        Where questions cannot be answered there are none.
        """
        kept = self._kept.get(asked.workspace)
        if kept is not None and asked.now - kept[1] < FRESH:
            return None
        try:
            found = NamesInUse(await _first(_EVENTS, asked), await _first(_PLANS, asked))
        except HeadwaterError:
            found = kept[0] if kept is not None else NamesInUse()
        self._kept[asked.workspace] = (found, asked.now)
        self._kept.move_to_end(asked.workspace)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found


async def _first(question: dict[str, Any], asked: Asked) -> tuple[str, ...]:
    """Answer the texts by which a question's answer is told apart."""
    table = await asked.services.questions.answer(asked.workspace, read_question(dict(question)))
    place = next((at for at, one in enumerate(table.columns) if one.kind == "text"), None)
    if place is None:
        return ()
    texts = (str(row[place]) for row in table.rows if row[place] is not None)
    return tuple(sorted({one for one in texts if one not in {"(none)", "(other)"}}))
