"""Verbs in all their forms, in both spellings of English."""

from __future__ import annotations

import pytest

from headwater.language.inflection import PAST, PERFECT, past_of, regular_past, singular
from headwater.language.lexicon import verbs


@pytest.mark.parametrize(
    ("word", "lemma"),
    [
        ("completed", "complete"), ("bought", "buy"), ("cancelled", "cancel"),
        ("canceled", "cancel"), ("signed", "sign"), ("submitted", "submit"),
        ("upgraded", "upgrade"), ("tried", "try"), ("stopped", "stop"), ("viewed", "view"),
        ("opened", "open"), ("hit", "hit"), ("wrote", "write"), ("played", "play"),
        ("logged", "log"), ("clicked", "click"), ("enrolled", "enrol"), ("visited", "visit"),
    ],
)  # fmt: skip
def test_a_past_tense_is_known(word: str, lemma: str) -> None:
    """Past tenses lead to their verb."""
    assert verbs()[word].lemma == lemma
    assert PAST in verbs()[word].tenses


@pytest.mark.parametrize(
    ("lemma", "done"),
    [("cancel", "cancelled"), ("send", "sent"), ("break", "broken"), ("deploy", "deployed")],
)
def test_a_participle_names_an_event(lemma: str, done: str) -> None:
    """Events are named for the participle, spelled as Segment spells Order Cancelled."""
    assert past_of(lemma) == done
    assert PERFECT in verbs()[done].tenses


@pytest.mark.parametrize(
    ("many", "one"),
    [("users", "user"), ("purchases", "purchase"), ("people", "person"), ("queries", "query"),
     ("boxes", "box"), ("status", "status"), ("news", "news"), ("analysis", "analysis")],
)  # fmt: skip
def test_a_plural_has_its_singular(many: str, one: str) -> None:
    """Plurals lead to their noun, and what only looks like one stays."""
    assert singular(many) == one


def test_an_unknown_past_tense_is_seen() -> None:
    """A made-up verb is seen by its ending, and other words are not."""
    assert [regular_past(word) for word in ("frobbed", "zapped", "tallied", "red", "bed")] == [
        "frob", "zap", "tally", None, None
    ]  # fmt: skip
