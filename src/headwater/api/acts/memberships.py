"""A condition at the end of a destination's filter: of which audiences it is told who enters.

`Audience Entered` and `Audience Exited` of all other audiences do not pass it; what is no such
event does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from headwater.actors.audience_events import ENTERED, EXITED

TOLD = (ENTERED, EXITED)
"""The events that tell of memberships."""

_BEGINS = '(!(event in ["Audience Entered", "Audience Exited"]) or properties.audience_key in '
_CONDITION = re.compile(re.escape(_BEGINS) + r"(\[[^\]]*\])\)")


def told_of(filter_: str | None) -> tuple[str, ...] | None:
    """Answer the keys of the audiences that a filter lets through; None: it says nothing of it."""
    found = _CONDITION.search(filter_ or "")
    return tuple(json.loads(found[1])) if found else None


def telling(filter_: str | None, keys: Iterable[str]) -> str | None:
    """Answer a filter that lets these audiences through; without any, one that says nothing."""
    present = _CONDITION.search(filter_ or "")
    listed = list(dict.fromkeys(keys))
    condition = f"{_BEGINS}{json.dumps(listed)})" if listed else ""
    if present is None:
        if not condition:
            return filter_
        is_empty = filter_ is None or filter_.strip() == "all"
        return condition if is_empty else f"({filter_}) and {condition}"
    assert filter_ is not None  # noqa: S101 - it was searched
    before, behind = filter_[: present.start()], filter_[present.end() :]
    if condition:
        return before + condition + behind
    rest = before.removesuffix(" and ") + (behind if before else behind.removeprefix(" and "))
    return rest or None
