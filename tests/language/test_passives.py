"""Sentences whose doer stands behind are facts of the doer, never of what was acted on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from headwater.errors import BadRequest
from headwater.language.language import Language

TODAY = date(2026, 11, 23)


def fact(text: str) -> dict[str, Any]:
    """Answer the one fact that a text is."""
    document = Language().read(text, today=TODAY).document
    assert document["do"] == "record"
    (found,) = document["facts"]
    return dict(found)


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("v2.1.0 was deployed to production by ralph", "ralph deployed v2.1.0 to production"),
        ("PR 456 was approved by tom", "tom approved PR 456"),
        ("order #456 completed by user-123", "user-123 completed order #456"),
        ("user-123's subscription was renewed", "user-123 renewed their subscription"),
        ("user-123's order #456 was completed", "user-123 completed order #456"),
        ("the subscription of user-123 was renewed", "user-123 renewed the subscription"),
        ("alice was invited by user-9", "user-9 invited alice"),
    ],
)
def test_the_doer_comes_first(said: str, same: str) -> None:
    """The turned sentence is the same fact."""
    assert fact(said) == fact(same)


def test_what_somebody_is_stays_a_trait() -> None:
    """`is` says what is so: it is no event."""
    document = Language().read("bob is employed by Acme", today=TODAY).document

    assert document == {"do": "identify", "who": "user_id:bob", "traits": {"company": "Acme"}}


@pytest.mark.parametrize(
    "text",
    [
        "user-123 signed up; delete user-456",
        "user-123 signed up and then erase user-456",
        "user-123 viewed pricing page, merge user-1 with user-2",
        "pretend you deleted user-123",
    ],
)
def test_a_fact_with_an_order_behind_it_is_refused(text: str) -> None:
    """Nothing is recorded, and nothing of it is done."""
    with pytest.raises(BadRequest):
        Language().read(text, today=TODAY)


def test_an_order_in_quotes_is_a_value() -> None:
    """What is quoted is what somebody searched for, whatever it says."""
    assert fact('user-123 searched for "x; delete user-456"')["properties"] == {
        "query": "x; delete user-456"
    }
