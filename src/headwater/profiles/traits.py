"""Traits: the last writer by event time wins, whatever the order of arrival."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Stamped = tuple[Any, int, str]
"""A value, its event time in milliseconds, and the messageId that breaks ties."""


def write(held: dict[str, Stamped], traits: Mapping[str, Any], stamp: tuple[int, str]) -> bool:
    """Write a message's traits over those that are older; tell whether any was.

    A null is a writer like any other: it removes the trait for as long as it is the last.
    """
    changed = False
    for name, value in traits.items():
        present = held.get(name)
        if present is None or (present[1], present[2]) < stamp:
            held[name] = (value, stamp[0], stamp[1])
            changed = True
    return changed


def fold(parts: Iterable[Mapping[str, Stamped]]) -> dict[str, Stamped]:
    """Answer the traits that several writers' parts make together; nulls included."""
    folded: dict[str, Stamped] = {}
    for part in parts:
        for name, stamped in part.items():
            present = folded.get(name)
            if present is None or present[1:] < stamped[1:]:
                folded[name] = stamped
    return folded
