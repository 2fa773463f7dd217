"""What can be wrong with a filter: its text, or its evaluation on one event."""

from __future__ import annotations

from headwater.errors import BadRequest


class FilterError(BadRequest):
    """The filter is not valid."""

    code = "invalid_filter"

    @classmethod
    def at(cls, text: str, position: int, *, expected: str, hint: str = "") -> FilterError:
        """Make one that names the position, from 1, what is there, and what was expected."""
        found = f"`{text[position : position + 20]}`" if position < len(text) else "its end"
        message = (
            f"The filter is not valid at character {position + 1}: "
            f"expected {expected}, found {found}."
        )
        return cls(f"{message} {hint}".rstrip())


class EvaluationFailure(Exception):
    """An operator or function was given a type that it is not for."""
