"""What operators ask of one JSON value, as SQL; `audiences/comparing.py` says what each means.

All of it is TRUE or FALSE, never null, so that a `NOT` around it says the opposite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.audiences.comparisons import Operator, is_number
from headwater.questions.sql import moments
from headwater.questions.sql.dialect import Dialect
from headwater.questions.sql.text import all_of, any_of, json_path, quoted


@dataclass(frozen=True, slots=True)
class Held:
    """A value that is asked: what is at a path in a JSON column.

    Attributes:
        now: SQL for the instant, in milliseconds, that moving dates are relative to.
        zone: whose calendar dates without an offset, and periods, are of.
    """

    dialect: Dialect
    column: str
    names: Sequence[str]
    now: str
    zone: str

    @property
    def label(self) -> str:
        """The text of it; null where there is no value, or null."""
        return f"({self.column} ->> {json_path(self.names)})"

    @property
    def text(self) -> str:
        """The text; null where it is no text."""
        return f"CASE WHEN {self.is_kind('text')} THEN {self.label} END"

    @property
    def number(self) -> str:
        """The number; null where it is none."""
        return self.dialect.number(self.column, self.names)

    def is_kind(self, kind: Any) -> str:
        """Answer SQL that is true where it is of this kind."""
        return self.dialect.kind_is(self.column, self.names, kind)


def asked(held: Held, operator: Operator, value: Any) -> str:
    """Answer SQL for whether an operator is true of a value."""
    if operator in moments.OPERATORS:
        return moments.asked(held, operator, value)
    return _ASKING[operator](held, value)


def _is_true(sql: str) -> str:
    return f"(({sql}) IS TRUE)"


def _there(held: Held) -> str:
    return f"({held.label} IS NOT NULL)"


def _among(held: Held, wanted: Sequence[Any]) -> str:
    texts = [quoted(one) for one in wanted if isinstance(one, str)]
    numbers = [repr(one) for one in wanted if is_number(one)]
    tests = [held.is_kind(str(one).lower()) for one in wanted if isinstance(one, bool)]
    if texts:
        tests.append(all_of([f"{held.label} IN ({', '.join(texts)})", held.is_kind("text")]))
    if numbers:
        tests.append(f"{held.number} IN ({', '.join(numbers)})")
    return _is_true(any_of(tests))


def _begins(text: str, value: str) -> str:
    return f"substr({text}, 1, {len(value)}) = {quoted(value)}"


def _compared(sign: str) -> Callable[[Held, Any], str]:
    return lambda held, value: _is_true(f"{held.number} {sign} {value!r}")


def _in_text(test: Callable[[str, str], str]) -> Callable[[Held, Any], str]:
    return lambda held, value: _is_true(test(held.text, value))


def _includes(held: Held, value: Any) -> str:
    found = held.dialect.has_element(held.column, held.names, value)
    return _is_true(f"{held.is_kind('list')} AND {found}")


def _includes_not(held: Held, value: Any) -> str:
    return all_of([_is_true(held.is_kind("list")), f"NOT {_includes(held, value)}"])


_ASKING: Mapping[str, Callable[[Held, Any], str]] = {
    "exists": lambda held, _: _there(held),
    "absent": lambda held, _: f"(NOT {_there(held)})",
    "equals": lambda held, value: _among(held, [value]),
    "not_equals": lambda held, value: f"({_there(held)} AND NOT {_among(held, [value])})",
    "one_of": _among,
    "none_of": lambda held, value: f"({_there(held)} AND NOT {_among(held, value)})",
    "greater_than": _compared(">"),
    "at_least": _compared(">="),
    "less_than": _compared("<"),
    "at_most": _compared("<="),
    "between": lambda held, value: _is_true(f"{held.number} BETWEEN {value[0]!r} AND {value[1]!r}"),
    "contains": _in_text(lambda text, value: f"instr({text}, {quoted(value)}) > 0"),
    "not_contains": _in_text(lambda text, value: f"instr({text}, {quoted(value)}) = 0"),
    "starts_with": _in_text(_begins),
    "ends_with": _in_text(lambda text, value: f"substr({text}, -{len(value)}) = {quoted(value)}"),
    "matches": lambda held, value: _is_true(held.dialect.text_fits(held.text, value)),
    "includes": _includes,
    "not_includes": _includes_not,
    "includes_any": lambda held, value: any_of([_includes(held, one) for one in value]),
    "includes_all": lambda held, value: "(" + all_of([_includes(held, one) for one in value]) + ")",
}  # fmt: skip
