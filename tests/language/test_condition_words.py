"""Conditions as people read them in lists, plans and explanations."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.audiences.conditions_reading import read, to_json
from headwater.language.condition_words import people_in_words

SHOES = [{"path": "properties.category", "operator": "equals", "value": "shoes"}]
WORDS: list[tuple[Any, str]] = [
    ({"type": "everyone"}, "everyone"),
    ({"event": "Order", "timeframe": "1d"}, "people who did 'Order' in the last day"),
    ({"event": "Order", "operator": "did_not"}, "people who did not do 'Order'"),
    (
        {"type": "event", "event": "Order", "window": {"type": "rolling", "last": "10d",
         "skip": "1d"}},
        "people who did 'Order' in the last 10 days, up to 1 day ago",
    ),
    (
        {"type": "event", "event": "Order",
         "window": {"type": "calendar", "unit": "month", "ago": 1, "span": 3}},
        "people who did 'Order' in the 3 months up to that of 1 month ago",
    ),
    (
        {"type": "event", "event": "Order", "window": {"type": "calendar", "unit": "week"}},
        "people who did 'Order' this week",
    ),
    (
        {"type": "sequence", "steps": ["A", {"event": "B", "within": "1h", "without": ["C", "D"]}],
         "window": "30d"},
        ("people who did 'A', then 'B' within 1 hour without 'C' or 'D' in between in the last"
        " 30 days"),
    ),
    (
        {"type": "occurrence", "which": "last", "event": "Order", "where": SHOES, "window": "90d"},
        "people whose last 'Order' was one where category is \"shoes\" in the last 90 days",
    ),
    (
        {"type": "occurrence", "which": "first", "event": "Order", "window": "7d"},
        "people whose first 'Order' was in the last 7 days",
    ),
    ({"type": "occurrence", "which": "first", "event": "Order"}, "people who did 'Order'"),
    (
        {"type": "consent", "category": "Ads", "state": "refused"},
        "people whose consent to 'Ads' is refused",
    ),
    ({"type": "account"}, "people in an account"),
    (
        {"and": [{"type": "audience", "audience": "a"}, {"not": {"type": "audience",
         "audience": "b", "member": False}}]},
        "people in audience 'a' and not (not in audience 'b')",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "words"), WORDS, ids=[str(n) for n in range(len(WORDS))])
def test_a_condition_has_words(condition: Any, words: str) -> None:
    """Of every kind, with its window."""
    assert people_in_words(to_json(read(condition))) == words
