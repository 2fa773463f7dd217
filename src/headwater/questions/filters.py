"""Conditions on one event and on a person, as far as questions need them themselves."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from headwater.questions.value import Value

Operator = Literal[
    "equals", "not_equals", "in", "not_in", "contains", "starts_with", "ends_with",
    "greater", "at_least", "less", "at_most", "exists", "not_exists",
]  # fmt: skip

_WITHOUT_VALUE = frozenset({"exists", "not_exists"})
_OF_LISTS = frozenset({"in", "not_in"})
_OF_NUMBERS = frozenset({"greater", "at_least", "less", "at_most"})


class Comparison(Value):
    """An operator and what it compares with."""

    operator: Operator = "equals"
    value: Any = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.operator in _WITHOUT_VALUE and self.value is not None:
            raise ValueError(f"{self.operator} compares with nothing: leave 'value' out")
        if self.operator in _OF_LISTS and not isinstance(self.value, list):
            raise ValueError(f"{self.operator} needs a list of values")
        if self.operator in _OF_NUMBERS and (
            isinstance(self.value, bool) or not isinstance(self.value, int | float)
        ):
            raise ValueError(f"{self.operator} needs a number")
        return self


class PropertyFilter(Comparison):
    """A condition on one of an event's properties, or on its context."""

    property: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    context: Annotated[str, Field(min_length=1, max_length=500)] | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.property is None) == (self.context is None):
            raise ValueError("name either a 'property' or a path in 'context'")
        return self


class TraitFilter(Comparison):
    """A condition on one of a person's traits."""

    trait: Annotated[str, Field(min_length=1, max_length=500)]
