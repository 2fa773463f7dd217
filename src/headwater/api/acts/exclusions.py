"""Conditions at the end of a destination's filter, by which it does not get one kind of event.

They stand beside whatever the filter says itself, so that each can be taken away again.
"""

from __future__ import annotations

import re

_AT_THE_END = re.compile(r"\(type != \"\w+\" or (?:event|name) != \"(?:[^\"\\]|\\.)*\"\)\Z")


def exclusion(call: str, name: str) -> str:
    """Answer the condition, in FQL, that is false of one kind of event alone."""
    field = "event" if call == "track" else "name"
    # In FQL quotes and backslashes alone are escaped.
    text = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'(type != "{call}" or {field} != "{text}")'


def excluding(filter_: str | None, call: str, name: str) -> str:
    """Answer a filter that keeps one kind of event away, too."""
    condition = exclusion(call, name)
    if filter_ is None or filter_.strip() == "all":
        return condition
    if _AT_THE_END.search(filter_):
        return f"{filter_} and {condition}"
    return f"({filter_}) and {condition}"


def excludes(filter_: str | None, call: str, name: str) -> bool:
    """Tell whether a filter has such a condition."""
    return filter_ is not None and exclusion(call, name) in filter_


def including(filter_: str | None, call: str, name: str) -> str | None:
    """Answer a filter without such a condition; what else it says stays."""
    condition = exclusion(call, name)
    if filter_ is None or filter_ == condition:
        return None
    return filter_.removeprefix(f"{condition} and ").replace(f" and {condition}", "")
