"""The rules of who is who, as tables."""

from __future__ import annotations

import pytest

from headwater.profiles.resolution import Limits, Reason, refusal, type_of
from headwater.workspace import IdentifierType, IdentityRules

LIMITS = Limits(
    IdentityRules(
        types=(IdentifierType("user_id", limit=1), IdentifierType("email", limit=2)),
        custom_limit=1,
        max_identifiers=5,
    )
)


@pytest.mark.parametrize(
    ("first", "second", "broken"),
    [
        (["user_id:1"], ["email:a"], None),
        (["user_id:1"], ["user_id:1"], None),
        (["user_id:1"], ["user_id:2"], Reason.LIMIT),
        (["email:a", "email:b"], ["email:b"], None),
        (["email:a", "email:b"], ["email:c"], Reason.LIMIT),
        (["user_id:1", "user_id:2"], ["email:a"], None),
        (["email:a"], ["user_id:1", "user_id:2"], None),
        (["user_id:1", "user_id:2"], ["user_id:3"], Reason.LIMIT),
        (["shop:1"], ["shop:2"], Reason.LIMIT),
        (["a:1", "b:1", "c:1"], ["d:1", "e:1", "f:1"], Reason.CAP),
    ],
)
def test_which_rule_a_union_breaks(first: list[str], second: list[str], broken: Reason) -> None:
    """A union breaks a limit only where it makes a type larger than either side had it."""
    assert LIMITS.broken(first, second) == broken
    assert LIMITS.broken(second, first) == broken


@pytest.mark.parametrize(
    ("reason", "broken", "refused"),
    [
        ("event", Reason.LIMIT, True),
        ("event", Reason.BLOCKED, True),
        ("event", Reason.CAP, True),
        ("alias", Reason.LIMIT, False),
        ("alias", Reason.BLOCKED, True),
        ("alias", Reason.CAP, False),
        ("merge", Reason.LIMIT, False),
        ("merge", Reason.BLOCKED, False),
        ("merge", Reason.CAP, False),
    ],
)
def test_which_links_are_orders(reason: str, broken: Reason, *, refused: bool) -> None:
    """An alias may break limits, an explicit merge may also undo a split; evidence neither."""
    assert (refusal(reason, [None, broken]) == broken) is refused


def test_the_first_broken_rule_is_the_reason() -> None:
    """Where several rules are broken the first is told; where none is, nothing."""
    assert refusal("event", [None, Reason.BLOCKED, Reason.LIMIT]) == Reason.BLOCKED
    assert refusal("event", [None, None]) is None


def test_types_rank_in_the_order_of_the_rules() -> None:
    """The first rule is the strongest type; a custom type comes after all of them."""
    assert [LIMITS.rank(name) for name in ("user_id", "email", "shop")] == [0, 1, 2]
    assert type_of("email:a:b") == "email"
