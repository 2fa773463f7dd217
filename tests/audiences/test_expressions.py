"""Calculations over traits."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.audiences.expressions import ExpressionError, parse

TRAITS: dict[str, Any] = {
    "orders": 4,
    "revenue": 90.5,
    "plan": "pro",
    "address": {"city": "Ulm"},
    "tags": ["a", "b"],
    "vip": True,
    "none": 0,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("revenue / orders", 22.625),
        ("revenue / none", None),
        ("revenue / missing", None),
        ("coalesce(missing, orders)", 4),
        ("-orders + 2 * 3 % 4", -2),
        ("orders // 3", 1),
        ("'gold' if revenue > 50 and vip else 'none'", "gold"),
        ("'gold' if missing > 50 else 'none'", "none"),
        ("not vip", False),
        ("not orders", None),
        ("orders == 4.0", True),
        ("vip == 1", False),
        ("missing == null", True),
        ("plan != 'free' or false", True),
        ("upper(plan) + '!'", "PRO!"),
        ("plan + orders", None),
        ("address.city", "Ulm"),
        ("length(tags)", 2),
        ("contains(plan, 'r')", True),
        ("round(revenue / 3, 1)", 30.2),
        ("max(orders, 10) - min(1, orders)", 9),
        ("floor(2.7) + ceil(2.1) + abs(-1)", 6),
        ("text(orders) + text(vip)", "4true"),
        ("9e307 * 100", None),
    ],
)
def test_an_expression_has_a_value(text: str, value: Any) -> None:
    """What does not fit together is null, never an error."""
    answer = parse(text)[0](TRAITS.get)

    assert answer == value
    assert isinstance(answer, bool) == isinstance(value, bool)


@pytest.mark.parametrize(
    "text",
    ["", "1 +", "orders ** 2", "__import__('os')", "[1, 2]", "lambda: 1", "a.b()", "f'{plan}'",
     "1 < 2 < 3", "orders if", "x[0]", "length(plan, end='')", "(" * 300, "a" * 3000],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str) -> None:
    """By a message that names the field."""
    with pytest.raises(ExpressionError, match=r"^expression: "):
        parse(text)


def test_names_are_known() -> None:
    """So that the expression is computed anew when they change."""
    assert parse("a / coalesce(b.c, 1) if true else null")[1] == {"a", "b"}
