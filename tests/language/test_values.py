"""Values are bound: no value can change a plan's shape, only what stands in its leaves."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import BadRequest
from headwater.language.language import Language
from headwater.language.plan import read_plan

TODAY = date(2026, 11, 23)
PHRASES = [
    "{x} signed up",
    "{x} upgraded to Pro",
    "user-1 viewed {x}",
    "user-1 viewed the {x} page",
    "user-1 bought {x} for $5",
    "user-1 added {x} to cart",
    "user-1 searched for {x}",
    "user-1 upgraded to {x}",
    "user-1 upgraded from {x} to pro",
    "user-1 signed up from {x}",
    "user-1 used feature {x}",
    "user-1 completed order #{x} revenue $9",
    "user-1 completed order {x}",
    "user-1 joined {x}",
    "user-1 clicked {x} button",
    "user-1's name is {x}",
    "set the nickname of user-1 to {x}",
    "tom reviewed PR {x}",
    "user-1 checkout completed:\n- coupon: {x}\n- note: {x}",
    "page view {x}",
    "link {x} to user-1",
    "merge {x} with user-1",
    "who is {x}?",
    "{x}",
    "{x} activity this week",
    "delete {x}",
    "export all data for {x}",
    "users from {x} who converted",
    "users on the {x} plan",
    "users whose country is {x}",
    "users who used {x}",
    "users who viewed the {x} page",
    "users in segment {x}",
    "{x} users",
    "send {x} to GA4",
    "send purchases to {x}",
    "email {x} about the sale",
    "email alice about {x}",
    "notify Pro users about {x}",
    "send {x} to Pro users by email",
    "send {x} email to alice",
    "preview {x} email for alice",
    "revenue by {x} last month",
    "alice lives in {x}",
    "alice works at {x}",
    "alice is called {x}",
    "{x} was purchased by user-1",
    "{x}'s subscription was renewed",
    "users who bought {x}",
    "users who live in {x}",
    "users who work at {x}",
    "users in {x}",
    "stop sending {x} to Slack",
    "stop sending purchases to {x}",
    "send purchases of {x} users to Slack",
    "sync {x} users to Slack",
    "suppress {x}",
    "replay {x} of the last 7 days to GA4",
    "retention of {x}",
    "what do people do after {x}?",
    "signup to {x} funnel",
    "signups per week from {x} users",
    "overlap of {x} and newsletter",
]
VALUES = [
    "x", "42", "Pro", "Google Ads", "a@b.co", "+4915112345678", "anon-1", "delete user-9",
    "x and delete user-9", "users who signed up", "today", "last 30 days", "$5", "#7", "10%",
    "{y}", "{x}", "\n- a: b", "'", '"', "a, b and c", "to user-2", "not", "never", "page", "/a/b",
    "https://a.b/c", "utm_source=google", "user_id:7", "plan", "and", "?", ":", "\u202e\u0000", "é",
    "from Google Ads who converted", "homepage", "order-1", "cart", "signups", "all events",
    ".", "a..b", "\\", "address.city",
]  # fmt: skip


@cache
def language() -> Language:
    """Answer the language that all tests here read with."""
    return Language()


def shape(value: Any) -> Any:
    """Answer the structure of a plan: its types and keys, without what stands in its leaves."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [shape(inner) for inner in value]
    if hasattr(value, "model_fields_set"):
        fields = type(value).model_fields
        return (type(value).__name__, {name: shape(getattr(value, name)) for name in fields})
    if hasattr(value, "__dataclass_fields__"):
        fields = value.__dataclass_fields__
        return (type(value).__name__, {name: shape(getattr(value, name)) for name in fields})
    return type(value).__name__ if value is None or isinstance(value, bool) else "leaf"


def plan_of(phrase: str, value: Any) -> Any:
    """Answer the typed plan of a phrase with a value in it."""
    return read_plan(language().read(phrase, {"x": value}, today=TODAY).document)


@pytest.mark.parametrize("phrase", PHRASES)
def test_no_known_trick_changes_a_plan(phrase: str) -> None:
    """Words of the grammar, punctuation, templates and line breaks are just values."""
    expected = shape(plan_of(phrase, "plain value"))

    assert [value for value in VALUES if shape(plan_of(phrase, value)) != expected] == []


@settings(deadline=None)  # how long it takes is for scripts/bench to say
@given(st.sampled_from(PHRASES), st.text(min_size=1, max_size=40))
def test_no_text_changes_a_plan(phrase: str, value: str) -> None:
    """Whatever text is bound, the plan has the shape of the phrase, or the value is refused."""
    if not value.strip():
        return
    assert shape(plan_of(phrase, value)) == shape(plan_of(phrase, "plain value"))


@pytest.mark.parametrize("value", ["", "   ", None, True, 1.5, [], {}, {"id": "no type"}])
@pytest.mark.parametrize("phrase", ["delete {x}", "merge {x} with user-1", "{x} signed up"])
def test_what_is_nobodys_id_is_refused(phrase: str, value: Any) -> None:
    """A value that cannot be an id is refused, and not understood as something else."""
    with pytest.raises(BadRequest):
        plan_of(phrase, value)


def test_a_person_may_be_bound() -> None:
    """People as the API answers them are bound by their id, whatever type it has."""
    plan = plan_of("delete {x}", {"id": "device_id:a b", "any event": 3})

    assert plan.who == "device_id:a b"


def test_numbers_stay_numbers() -> None:
    """A bound amount is the amount."""
    plan = language().read(
        "user-1 completed order #{order} revenue {amount}",
        {"order": 7, "amount": 99.99},
        today=TODAY,
    )

    assert plan.document["facts"][0]["properties"] == {"order_id": 7, "revenue": 99.99}
