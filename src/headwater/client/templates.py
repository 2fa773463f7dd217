"""Template strings of Python 3.14 as a text with named parameters: values are bound, never read."""

from __future__ import annotations

import re
from typing import Any

from headwater.client.errors import InvalidEvent

_NAME = re.compile(r"[A-Za-z_]\w*")


def is_template(given: object) -> bool:
    """Tell whether a value is a t-string (PEP 750), on whatever Python this runs."""
    return (
        not isinstance(given, str)
        and hasattr(given, "strings")
        and hasattr(given, "interpolations")
    )


def bound(given: Any, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Answer a text with `{name}` for each value, and the values by name.

    Args:
        given: a text, which stays as it is, or a t-string.
        params: values that were given by name; a t-string brings its own.

    Raises:
        InvalidEvent: it is neither, or a t-string formats or converts a value, which would make
            text of it.
    """
    if isinstance(given, str):
        return given, params
    if not is_template(given):
        raise InvalidEvent(
            f"what is said is of type {type(given).__name__}: give a text, or a t-string"
        )
    text, values = given.strings[0], dict(params)
    for interpolation, after in zip(given.interpolations, given.strings[1:], strict=True):
        if interpolation.conversion or interpolation.format_spec:
            raise InvalidEvent(
                f"{{{interpolation.expression}}} is converted or formatted: bind the value itself"
            )
        name = _free_name(str(interpolation.expression), interpolation.value, values)
        values[name] = interpolation.value
        text += f"{{{name}}}{after}"
    return text, values


def _free_name(expression: str, value: Any, taken: dict[str, Any]) -> str:
    name = expression if _NAME.fullmatch(expression) else "value"
    if name not in taken or taken[name] is value:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
