"""What a value can be asked: the operators that traits, properties and figures share.

Every operator but `absent` is false where there is no value (absent or null); to have people
without one count too, put a `not` around the positive question. Types are strict, as in JSON: the
text "5" is not the number 5, and `true` is not 1. Texts are compared as they are, case included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, with_config

from headwater.audiences.periods import is_duration, is_instant

NumberOperator = Literal[
    "equals", "not_equals", "greater_than", "at_least", "less_than", "at_most", "between"
]
"""What figures can be asked; `between` includes both of its ends."""

Operator = Literal[
    "exists",
    "absent",
    "equals",
    "not_equals",
    "one_of",
    "none_of",
    "greater_than",
    "at_least",
    "less_than",
    "at_most",
    "between",
    "contains",
    "not_contains",
    "starts_with",
    "ends_with",
    "matches",
    "includes",
    "not_includes",
    "includes_any",
    "includes_all",
    "before",
    "after",
    "within_last",
    "before_last",
    "within_next",
    "after_next",
    "in_period",
]
"""What a value can be asked; docs/audiences.md has a line for each."""

Period = Literal[
    "today",
    "yesterday",
    "tomorrow",
    "this_week",
    "last_week",
    "next_week",
    "this_month",
    "last_month",
    "next_month",
    "this_quarter",
    "last_quarter",
    "next_quarter",
    "this_year",
    "last_year",
    "next_year",
]
"""Days, weeks (from Monday), … of the workspace's calendar."""

exact = with_config(ConfigDict(extra="forbid"))
"""Read from JSON, a value with a field that it does not have is a mistake."""

NO_VALUE = frozenset({"exists", "absent"})
LIST_VALUE = frozenset({"one_of", "none_of", "includes_any", "includes_all"})
NUMBER_VALUE = frozenset({"greater_than", "at_least", "less_than", "at_most"})
TEXT_VALUE = frozenset({"contains", "not_contains", "starts_with", "ends_with", "matches"})
INSTANT_VALUE = frozenset({"before", "after"})
DURATION_VALUE = frozenset({"within_last", "before_last", "within_next", "after_next"})

_AN_INSTANT = (
    "takes a date or time, such as '2026-01-31'; for one that moves there are before_last,"
    " within_last, within_next and after_next"
)
_LONGEST_PATH = 200
_LONGEST_LIST = 1000
_STEP = re.compile(r"(?:[^.\\]|\\.)+")


def steps(path: str) -> tuple[str, ...]:
    r"""Answer the names that a dotted path goes through; `\.` is a dot inside a name.

    Raises:
        ValueError: it is empty, has an empty name, or is longer than 200 characters.
    """
    if not path or len(path) > _LONGEST_PATH:
        raise ValueError(
            f"path: should be 1 to {_LONGEST_PATH} characters, such as 'address.city'."
        )
    names = _STEP.findall(path)
    if ".".join(names) != path:
        raise ValueError(
            f"path: {path!r} has an empty name; write 'address.city', and a dot inside a name "
            "as '\\.'."
        )
    return tuple(re.sub(r"\\(.)", r"\1", name) for name in names)


def step(name: str) -> str:
    r"""Answer a name as one step of a dotted path, with `\` before each dot and backslash in it."""
    return re.sub(r"[.\\]", r"\\\g<0>", name)


def look_up(value: Any, names: tuple[str, ...]) -> Any:
    """Answer what is at a path inside of objects; None where there is nothing."""
    for name in names:
        # Asking for the exact type first: of an abstract one it takes several times as long.
        if type(value) is not dict and not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


_EMPTY: Mapping[str, Any] = MappingProxyType({})


def reader(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Any]:
    """Answer `look_up` for one path, made for the commonest: a property of an event."""
    if len(names) != 2:
        return lambda event: look_up(event, names)
    outer, inner = names

    def read(event: Mapping[str, Any]) -> Any:
        try:  # which costs nothing where there is an object, as there nearly always is
            return event.get(outer, _EMPTY).get(inner)
        except AttributeError:
            return None

    return read


@exact
@dataclass(frozen=True, slots=True)
class Comparison:
    r"""One question about one value of an event or an account.

    Attributes:
        path: dotted, from the event's root: `properties.total`, `context.campaign.name`; of an
            account from its traits: `plan`. A dot inside a name is written `\.`.
        operator: what is asked.
        value: what to compare with; see `check_value`. In an event's filter the moving dates
            (`within_last`, …, `in_period`) are relative to the event's own time, so that what an
            event was stays what it was.
    """

    path: str
    operator: Operator
    value: Any = None
    type: Literal["comparison"] = "comparison"

    def __post_init__(self) -> None:
        steps(self.path)
        check_value(self.operator, self.value)
        object.__setattr__(self, "value", frozen(self.value))


@exact
@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these are true of the event."""

    filters: tuple[Filter, ...]
    type: Literal["all_of"] = "all_of"


@exact
@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these is true of the event."""

    filters: tuple[Filter, ...]
    type: Literal["any_of"] = "any_of"


@exact
@dataclass(frozen=True, slots=True)
class NoneOf:
    """Not one of these is true of the event."""

    filters: tuple[Filter, ...]
    type: Literal["none_of"] = "none_of"


Filter = Annotated[Comparison | AllOf | AnyOf | NoneOf, Field(discriminator="type")]
"""A question about one event, or one account."""


def paths_of(filters: Iterable[Filter]) -> frozenset[tuple[str, ...]]:
    """Answer the paths, from an event's root, of all that questions ask."""
    found: set[tuple[str, ...]] = set()
    for one in filters:
        if isinstance(one, Comparison):
            found.add(steps(one.path))
        else:
            found |= paths_of(one.filters)
    return frozenset(found)


def check_value(operator: str, value: Any) -> None:
    """Raise ValueError, naming `value` and the fix, where a value does not suit its operator."""
    if operator in NO_VALUE:
        _require(value is None, operator, "takes no value; leave it out")
    elif operator in LIST_VALUE:
        suits = isinstance(value, (list, tuple)) and 0 < len(value) <= _LONGEST_LIST
        _require(suits, operator, "takes a list of 1 to 1,000 values")
        for one in value:
            _require(_is_scalar(one), operator, "takes texts, numbers and true or false")
    elif operator in NUMBER_VALUE:
        _require(is_number(value), operator, "takes a number")
    elif operator == "between":
        suits = isinstance(value, (list, tuple)) and len(value) == 2 and all(map(is_number, value))
        _require(suits, operator, "takes a list of two numbers, such as [10, 20]")
        _require(value[0] <= value[1], operator, "takes the smaller number first")
    elif operator in TEXT_VALUE:
        _require(isinstance(value, str) and value != "", operator, "takes a text")
    elif operator in INSTANT_VALUE:
        _require(is_instant(value), operator, _AN_INSTANT)
    elif operator in DURATION_VALUE:
        _require(is_duration(value), operator, "takes a duration, such as '7d' or '12h'")
    elif operator == "in_period":
        _require(value in get_args(Period), operator, f"takes one of {_listed(get_args(Period))}")
    else:
        _require(_is_scalar(value), operator, "takes a text, a number, true or false")


def frozen(value: Any) -> Any:
    """Answer a value that can be hashed: lists as tuples."""
    return tuple(value) if isinstance(value, list) else value


def is_number(value: Any) -> bool:
    """Tell whether a value is a number of JSON; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, bool, int, float))


def _require(suits: bool, operator: str, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not suits:
        raise ValueError(f"value: {operator!r} {what}.")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)
