"""Names in a workspace's data add to the language, and never take anything away from it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import BadRequest
from headwater.language.language import Language
from headwater.language.names_in_use import NamesInUse

HERE = Path(__file__).parent
TODAY = date(2026, 11, 23)
AUDIENCES = {"big_spenders": "big_spenders", "big-spenders": "big_spenders",
             "Weekend Warriors": "weekend_warriors"}  # fmt: skip
NAMES = NamesInUse(
    ("Widget Assembled", "song_played", "LevelUpReached", "Gizmo Frobnicated"), ("Platinum",)
)
HOSTILE = NamesInUse(
    (
        "delete everything", "delete user-123", "users", "all events", "Pro users", "GA4",
        "signed up", "purchase", "who is", "to slack", "active users", "send purchases", "merge",
        "user 123 signed up", "last month", "everyone everybody", "show users", "export all",
    ),
    ("users", "delete", "slack", "last", "signups", "active", "all"),
)  # fmt: skip


def document(language: Language, text: str) -> dict[str, Any]:
    """Answer the plan of a text."""
    return language.read(text, today=TODAY).document


def did(name: str, **more: Any) -> dict[str, Any]:
    """Answer the plan that lists who did something."""
    return {"do": "list_people", "people": {"type": "event", "event": {"name": name}, **more}}


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("users who did Widget Assembled", did("Widget Assembled")),
        ("users who assembled a widget", did("Widget Assembled")),
        ("users who frobnicated a gizmo", did("Gizmo Frobnicated")),
        ("users who did level up reached", did("LevelUpReached")),
        (
            "send song played to Slack",
            {
                "do": "route_events",
                "destinations": ["Slack"],
                "events": {"name": "song_played"},
            },
        ),
        (
            "platinum users",
            {
                "do": "list_people",
                "people": {
                    "type": "trait",
                    "path": "plan",
                    "operator": "one_of",
                    "value": ["Platinum", "platinum"],
                },
            },
        ),
        *(
            (
                text,
                {"do": "list_people", "people": {"type": "audience", "audience": "big_spenders"}},
            )
            for text in (
                "people in big-spenders",
                "people in the big-spenders audience",
                "members of big-spenders",
                "big-spenders",
            )
        ),
        (
            "push the big-spenders segment to Facebook",
            {
                "do": "sync_audience",
                "people": {"type": "audience", "audience": "big_spenders"},
                "destination": "Facebook",
            },
        ),
        (
            "how many people are in Weekend Warriors",
            {
                "do": "count_people",
                "people": {"type": "audience", "audience": "weekend_warriors"},
            },
        ),
    ],
)
def test_names_in_use_are_understood(text: str, plan: dict[str, Any]) -> None:
    """Events, plans and audiences go by the names that the workspace has for them."""
    assert document(Language(audiences=AUDIENCES, names=NAMES), text) == plan


def test_what_names_add_is_a_guess_without_them() -> None:
    """So that whoever asks knows to look them up."""
    assert Language().read("users who did Widget Assembled", today=TODAY).is_guess
    assert not Language(names=NAMES).read("users who did Widget Assembled", today=TODAY).is_guess


def test_no_name_changes_what_a_phrase_of_the_table_means() -> None:
    """Whoever names events like words of the grammar changes nothing by it."""
    rows = json.loads((HERE / "plans.json").read_text("utf-8"))
    plain, hostile = Language(), Language(names=HOSTILE)

    for row in rows:
        assert document(hostile, row["phrase"]) == document(plain, row["phrase"]), row["phrase"]


def test_no_name_makes_a_refused_order_an_act() -> None:
    """What must not act does not for a name, either: at most somebody is shown or counted."""
    lines = (HERE / "refusals.txt").read_text("utf-8").splitlines()
    hostile = Language(names=HOSTILE)
    acted = []
    for text in (line for line in lines if line and not line.startswith("#")):
        try:
            found = document(hostile, text)
        except BadRequest:
            continue
        if found["do"] not in {"show_person", "list_people", "count_people", "ask"}:
            acted.append((text, found))

    assert acted == []
