"""Python values as JSON has them."""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from headwater.client.errors import InvalidEvent
from headwater.client.values import MAX_DEPTH, instant, plain


class Plan(Enum):
    """An enum with text."""

    PRO = "pro"


class Level(IntEnum):
    """An enum that is a number."""

    TOP = 3


class Colour(StrEnum):
    """An enum that is text."""

    RED = "red"


class Point(NamedTuple):
    """A tuple with names."""

    x: int
    y: int


@dataclass(frozen=True)
class Item:
    """A dataclass with values that need converting."""

    sku: str
    price: Decimal


class Basket(BaseModel):
    """A pydantic model."""

    items: list[str]
    at: datetime


TABLE: list[tuple[object, object]] = [
    (None, None),
    (True, True),
    (3, 3),
    (2**63 - 1, 2**63 - 1),
    (1.5, 1.5),
    ("ü", "ü"),
    (Decimal("99.99"), 99.99),
    (Decimal("100.0"), 100),
    (Decimal("1E+3"), 1000),
    (Fraction(1, 4), 0.25),
    (datetime(2026, 11, 22, 9, 30, tzinfo=UTC), "2026-11-22T09:30:00.000Z"),
    (
        datetime(2026, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=2))),
        "2026-11-22T07:30:00.000Z",
    ),
    (datetime(1990, 5, 1), "1990-05-01T00:00:00"),  # noqa: DTZ001 - naive is what is tested
    (date(2026, 11, 22), "2026-11-22"),
    (time(9, 30), "09:30:00"),
    (timedelta(minutes=1.5), 90.0),
    (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
    (PurePosixPath("/a/b"), "/a/b"),
    (b"\x00\xff", "AP8="),
    (bytearray(b"a"), "YQ=="),
    (memoryview(b"a"), "YQ=="),
    (Plan.PRO, "pro"),
    (Level.TOP, 3),
    (Colour.RED, "red"),
    (Point(1, 2), [1, 2]),
    (Item("a", Decimal("1.5")), {"sku": "a", "price": 1.5}),
    (
        Basket(items=["a"], at=datetime(2026, 1, 1, tzinfo=UTC)),
        {"items": ["a"], "at": "2026-01-01T00:00:00.000Z"},
    ),
    ({3, 1, 2}, [1, 2, 3]),
    (frozenset({"b", "a"}), ["a", "b"]),
    ((1, [2]), [1, [2]]),
    (deque([1]), [1]),
    (OrderedDict(a=1), {"a": 1}),
    ({1: "a", UUID(int=1): "b", Plan.PRO: "c", date(2026, 1, 2): "d"}, None),
]


@pytest.mark.parametrize(("value", "expected"), TABLE[:-1])
def test_a_value_becomes_its_json_form(value: object, expected: object) -> None:
    """Each row of the module's table holds, and the result is what `json` takes."""
    result = plain({"key": value}, "properties")["key"]

    assert result == expected
    assert type(result) is type(expected)
    assert json.loads(json.dumps(result)) == expected


def test_keys_become_text() -> None:
    """Keys that have an obvious text form get it."""
    keys = plain(TABLE[-1][0], "properties")

    assert list(keys) == ["1", "00000000-0000-0000-0000-000000000001", "pro", "2026-01-02"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": [1, object()]}, "properties.a[1] is of type object"),
        ({"a": float("nan")}, "properties.a is not a finite number"),
        ({"a": float("inf")}, "properties.a is not a finite number"),
        ({"a": Decimal("sNaN")}, "properties.a is not a finite number"),
        ({"a": Decimal("1e999")}, "properties.a is not a finite number"),
        ({"a": 2**63}, "more than 64 bits: send it as text"),
        ({"a": "\ud800"}, "surrogate"),
        ({("a",): 1}, "a key of type tuple"),
        ({True: 1}, "a key of type bool"),
        ({"a": Item}, "of type type"),
        ({"a": Basket}, "of type ModelMetaclass"),
        ({"a": lambda: 1}, "of type function"),
        ({"a": (item for item in "ab")}, "of type generator"),
    ],
)
def test_a_value_without_json_form_is_named(value: object, words: str) -> None:
    """The message says where the value is, and what it is."""
    with pytest.raises(InvalidEvent) as caught:
        plain(value, "properties")

    assert words in str(caught.value)


def test_a_value_that_contains_itself_is_refused() -> None:
    """A cycle is found by its depth, not by the end of the stack."""
    endless: dict[str, Any] = {}
    endless["self"] = endless

    with pytest.raises(InvalidEvent, match="contain itself"):
        plain(endless, "properties")


def test_the_deepest_allowed_nesting_passes() -> None:
    """The limit itself is allowed."""
    value: list[Any] = []
    for _ in range(MAX_DEPTH):
        value = [value]

    assert plain(value, "properties") == value


def test_the_result_shares_nothing_with_the_original() -> None:
    """Changing the original afterwards does not change what was taken."""
    original = {"items": [1]}
    taken = plain(original, "properties")
    original["items"].append(2)

    assert taken == {"items": [1]}


def test_a_naive_instant_is_local_time() -> None:
    """Python's own reading of a naive datetime is kept."""
    naive = datetime(2026, 7, 1, 12, 0)  # noqa: DTZ001 - naive is what is tested

    assert instant(naive) == instant(naive.astimezone())


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_what_is_json_already_stays_as_it_is(value: Any) -> None:
    """Plain JSON values pass through unchanged."""
    assert plain(value, "properties") == value


@given(st.sets(st.integers(-999, 999) | st.text(), max_size=8).filter(lambda found: len(found) > 1))
def test_a_set_has_one_order(value: set[Any]) -> None:
    """Two equal sets give equal bytes, however they were filled."""
    other = set()
    for item in sorted(value, key=repr):
        other.add(item)

    assert plain(value, "x") == plain(other, "x")
