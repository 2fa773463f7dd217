"""How names are written: texts are compared as they are, and people write them in several ways."""

from __future__ import annotations

from typing import Any


def said_as(value: Any) -> list[Any]:
    """Answer the ways that a name is written, as texts are compared as they are."""
    if not isinstance(value, str):
        return [value]
    low = value.lower()
    ways = {value, low, value[:1].upper() + value[1:], low.replace(" ", "_"), low.replace(" ", "-")}
    return sorted(ways)
