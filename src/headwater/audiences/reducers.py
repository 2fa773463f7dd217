"""How events become a figure: each keeps what it has seen in a small value that JSON can hold.

What two reducers have seen, merged, is what one would have seen of all the events, whatever their
order. So a person's figure is the merge of those of their identifiers, and a split gives each
half its own back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any, ClassVar, Protocol

from headwater.audiences.comparisons import is_number

Item = Any
"""One event in a log: its time, or where the reducer needs more a list, the time first."""

_LONGEST_VALUE = 200
# Numbers of JSON lie between 1e-324 and 1e308; sums of them are exact with so many digits.
_EXACT = Context(prec=5000)
_NOTHING = Decimal(0)


# The same prices come again and again.
@lru_cache(maxsize=8192, typed=True)
def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))


class Reducer(Protocol):
    """A way to make a figure of events."""

    name: ClassVar[str]

    def admits(self, value: Any) -> bool:
        """Tell whether an event with this value of the property counts."""
        ...

    def item(self, at: int, value: Any, message_id: str) -> Item:
        """Answer the event as it is kept in a log."""
        ...

    def empty(self) -> Any:
        """Answer what has been seen at first."""
        ...

    def add(self, seen: Any, item: Item) -> Any:
        """Answer what has been seen with one more event."""
        ...

    def merge(self, seen: Any, other: Any) -> Any:
        """Answer what both have seen together."""
        ...

    def thin(self, items: list[Item]) -> list[Item]:
        """Leave out of a log, by time, what no window without an upper end can need."""
        ...

    def result(self, seen: Any) -> Any:
        """Answer the figure; None where there is none."""
        ...


def plain(value: Any) -> Any:
    """Answer a value as it is kept: 1.0 as 1, long texts cut to their beginning and a digest."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and len(value) > _LONGEST_VALUE:
        return f"{value[:_LONGEST_VALUE]}…{sha256(value.encode()).hexdigest()[:16]}"
    return value


def key_of(value: Any) -> str:
    """Answer a text that is the same for equal values alone."""
    return json.dumps(value, ensure_ascii=False)


def is_scalar(value: Any) -> bool:
    """Tell whether a value is a text, a number or a boolean."""
    return isinstance(value, (str, bool, int, float))


def number(value: Decimal) -> int | float:
    """Answer a decimal as a number of JSON."""
    return int(value) if value == value.to_integral_value() else float(value)


@dataclass(frozen=True, slots=True)
class Count:
    """How many events; with `most`, no more than that: beyond it, nobody asks how many."""

    most: int | None = None
    name: ClassVar[str] = "count"

    def admits(self, value: Any) -> bool:  # noqa: ARG002 - see Reducer
        """Every event counts."""
        return True

    def item(self, at: int, value: Any, message_id: str) -> Item:  # noqa: ARG002 - see Reducer
        """Its time is enough."""
        return at

    def empty(self) -> int:
        """None so far."""
        return 0

    def add(self, seen: int, item: Item) -> int:  # noqa: ARG002 - see Reducer
        """One more."""
        return self.merge(seen, 1)

    def merge(self, seen: int, other: int) -> int:
        """Both."""
        return seen + other if self.most is None else min(seen + other, self.most)

    def thin(self, items: list[Item]) -> list[Item]:
        """The newest are enough to tell whether there are so many after any moment."""
        return items if self.most is None else items[-self.most :]

    def result(self, seen: int) -> int:
        """The count."""
        return seen


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of numbers, exact in their decimal form, and how many; `average` divides them."""

    average: bool = False
    name: ClassVar[str] = "sum"

    def admits(self, value: Any) -> bool:
        """Numbers alone."""
        return is_number(value)

    def item(self, at: int, value: Any, message_id: str) -> Item:  # noqa: ARG002 - see Reducer
        """Time and number."""
        return [at, plain(value)]

    def empty(self) -> list[Any]:
        """Nothing, of no numbers."""
        return ["0", 0]

    def add(self, seen: list[Any], item: Item) -> list[Any]:
        """One more number."""
        return self.merge(seen, [str(_decimal(item[1])), 1])

    def merge(self, seen: list[Any], other: list[Any]) -> list[Any]:
        """Both."""
        total = _EXACT.add(Decimal(seen[0]), Decimal(other[0]))
        return [str(_EXACT.normalize(total)), seen[1] + other[1]]

    def thin(self, items: list[Item]) -> list[Item]:
        """All are needed."""
        return items

    def result(self, seen: list[Any]) -> Decimal | None:
        """The sum, which of nothing is 0; or the average, which of nothing is none."""
        if not self.average:
            return Decimal(seen[0])
        return Context(prec=50).divide(Decimal(seen[0]), Decimal(seen[1])) if seen[1] else None


@dataclass(frozen=True, slots=True)
class Extreme:
    """The greatest number, or the smallest."""

    greatest: bool
    name: ClassVar[str] = "extreme"

    def admits(self, value: Any) -> bool:
        """Numbers alone."""
        return is_number(value)

    def item(self, at: int, value: Any, message_id: str) -> Item:  # noqa: ARG002 - see Reducer
        """Time and number."""
        return [at, plain(value)]

    def empty(self) -> Any:
        """None so far."""
        return None

    def add(self, seen: Any, item: Item) -> Any:
        """The greater one."""
        return self.merge(seen, item[1])

    def merge(self, seen: Any, other: Any) -> Any:
        """The greater of both."""
        if seen is None or other is None:
            return other if seen is None else seen
        return max(seen, other) if self.greatest else min(seen, other)

    def thin(self, items: list[Item]) -> list[Item]:
        """One that is older and not greater than another is never the greatest."""
        kept: list[Item] = []
        for item in reversed(items):
            if not kept or self.merge(kept[-1][1], item[1]) != kept[-1][1]:
                kept.append(item)
        return kept[::-1]

    def result(self, seen: Any) -> Any:
        """The number."""
        return seen


def reduce_items(reducer: Reducer, items: Sequence[Item]) -> Any:
    """Answer what has been seen once these events have."""
    if reducer.name == "count":
        return len(items)
    if reducer.name == "sum":  # adding texts one by one would parse each sum anew
        total = _NOTHING
        for item in items:
            total = _EXACT.add(total, _decimal(item[1]))
        return [total, len(items)]
    seen = reducer.empty()
    for item in items:
        seen = reducer.add(seen, item)
    return seen
