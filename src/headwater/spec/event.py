"""A semantic event: a name that destinations know, and properties that were checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Check = Callable[[object], str | None]
"""Answers what is wrong with a value; None where nothing is."""


class InvalidProperty(ValueError):
    """A property is missing or is not what the spec says. The message names event and property."""


@dataclass(frozen=True, slots=True)
class SemanticEvent:
    """What `client.track(user_id, …)` takes in place of a name and properties.

    Attributes:
        context: what the spec wants beside the properties, as B2B's `groupId`.
    """

    name: str
    properties: Mapping[str, Any]
    context: Mapping[str, Any] = field(default_factory=dict)


def semantic(
    name: str,
    required: Mapping[str, Any],
    optional: Mapping[str, Any],
    *,
    checks: Mapping[str, Check],
    extra: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> SemanticEvent:
    """Answer the event; optional properties that are None are left out.

    Args:
        name: the event's, as destinations know it.
        required: properties that must be there; None is refused.
        optional: the spec's other properties; None means not given.
        checks: the property names that the spec has, with what their values may be.
        extra: properties of your own, beside those of the spec.
        context: what goes into the event's context.

    Raises:
        InvalidProperty: one is missing or wrong, or `extra` repeats one of the spec's.
        TypeError: the spec has no property of that name.
    """
    for key in optional:
        if key not in checks:
            known = ", ".join(sorted(checks.keys() - required.keys()))
            raise TypeError(
                f"{name} has no property {key!r} in the spec (it has {known}); "
                f"your own go into extra={{{key!r}: …}}"
            )
    properties: dict[str, Any] = {}
    for key, value in (*required.items(), *optional.items()):
        if value is None:
            if key in required:
                raise InvalidProperty(f"{name}: {key} is missing")
            continue
        if (wrong := checks[key](value)) is not None:
            raise InvalidProperty(f"{name}: {placed(key, wrong)}")
        properties[key] = value
    for key, value in (extra or {}).items():
        if key in checks:
            raise InvalidProperty(f"{name}: extra repeats {key}, which is an argument of its own")
        properties[key] = value
    return SemanticEvent(name, properties, context or {})


def placed(place: str, wrong: str) -> str:
    """Answer what is wrong with the place before it: `products[0].price is negative`."""
    return f"{place}{wrong}" if wrong.startswith(("[", ".")) else f"{place} {wrong}"
