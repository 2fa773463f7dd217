"""What the two databases say differently. Everything else is written once, for both.

Both have the same relations; a person's events never lie in two databases:

    events(person, message_id, timestamp, type, name, properties, traits, context, bot)
    people(person, traits, first_seen, last_seen)
    memberships(audience, person, since)
    accounts(person, account, traits)           a row for each account that a person is in

`properties`, `traits` and `context` are JSON text; `bot` is null where nothing marks the event as
a bot's. Times are TIMESTAMP in UTC in DuckDB, and integers (milliseconds) in SQLite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

JsonKind = Literal["text", "true", "false", "list"]
Scalar = str | bool | int | float


class Dialect(Protocol):
    """Writes what DuckDB and SQLite say differently."""

    name: str

    def milliseconds(self, column: str) -> str:
        """Answer a column with a time as an integer."""
        ...

    def instant(self, at: int) -> str:
        """Answer a literal to compare with a column that holds a time."""
        ...

    def divided(self, number: str, by: int) -> str:
        """Answer the quotient of an integer that is not negative, rounded down."""
        ...

    def month_number(self, clock: str) -> str:
        """Answer year * 12 + month of milliseconds since 1970-01-01."""
        ...

    def label(self, column: str, names: Sequence[str]) -> str:
        """Answer what is at a path in a JSON column, as text: a text as it is, else its JSON."""
        ...

    def number(self, column: str, names: Sequence[str]) -> str:
        """Answer the JSON number at a path as a double, null where there is none."""
        ...

    def scalar(self, column: str, names: Sequence[str]) -> str:
        """Answer a text that is the same for equal texts, numbers or booleans; else null."""
        ...

    def as_json(self, text: str) -> str:
        """Answer a text as a JSON column, so that it can be asked like what is inside of one."""
        ...

    def kind_is(self, column: str, names: Sequence[str], kind: JsonKind) -> str:
        """Answer SQL that is true where a value of this kind is at a path."""
        ...

    def text_fits(self, text: str, pattern: str) -> str:
        """Answer SQL that is true of texts that fit a pattern of `*` and `?` as a whole."""
        ...

    def has_element(self, column: str, names: Sequence[str], wanted: Scalar) -> str:
        """Answer SQL that is true where the list at a path has this among its elements."""
        ...

    def whole(self, number: str) -> str:
        """Answer a number's integer part."""
        ...

    def bound(self, values: Mapping[str, str], expression: str) -> str:
        """Answer an expression in which names stand for values that are worked out once."""
        ...

    def clock(self, text: str) -> str:
        """Answer the milliseconds that a date or time shows, as if in UTC; else null.

        A text with `Z` or an offset has none.
        """
        ...

    def absolute(self, text: str) -> str:
        """Answer the milliseconds of a time with `Z` or an offset; else null."""
        ...

    def quantile(self, number: str, share: float) -> str | None:
        """Answer the aggregate of a quantile with interpolation, None where there is none."""
        ...

    def bits(self, number: str, condition: str) -> str:
        """Answer the aggregate that sets the bits with these numbers (0 to 59), 0 where none."""
        ...
