"""Texts become typed spans; what is bound is one token, whatever it contains."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.language.refusal import NotUnderstood
from headwater.language.tokens import MAX_TEXT, tokenise


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("$1,299.50", "money", (1299.5, "USD")),
        ("€5", "money", (5, "EUR")),
        ("$1.2k", "money", (1200, "USD")),
        ("12.5%", "percent", 12.5),
        ("1,000", "number", 1000),
        ("v2.1.0", "version", "v2.1.0"),
        ("2.10.3", "version", "2.10.3"),
        ("#A-17", "reference", "A-17"),
        ("+49 170 1234567", "phone", "+491701234567"),
        ("ann.lee+x@example.co.uk", "email", "ann.lee+x@example.co.uk"),
        ("https://example.com/a?b=1", "url", "https://example.com/a?b=1"),
        ("/users/42", "path", "/users/42"),
        ("utm_source=google", "pair", ("utm_source", "google")),
        ('size="extra large"', "pair", ("size", "extra large")),
        ("user_id:42", "id", "user_id:42"),
        ("2026-10-31", "date", "2026-10-31"),
        ('"merge a with b"', "quoted", "merge a with b"),
        ("'it's here'", "quoted", "it's here"),
        ("user-123", "word", None),
    ],
)
def test_a_span_has_its_kind(text: str, kind: str, value: Any) -> None:
    """Each kind of span is one token with its value, inside of a sentence too."""
    for around in (f"{text}", f"so {text} then", f"({text})"):
        found = [one for one in tokenise(around) if one.kind == kind and one.text == text]

        assert [one.value for one in found] == [value], around


def test_a_possessive_is_a_token_of_its_own() -> None:
    """`alice's` is alice and the possessive, with straight and curly apostrophes."""
    for text in ("alice's plan", "alice\u2019s plan"):
        assert [one.kind for one in tokenise(text)] == ["word", "possessive", "word"]


def test_a_contraction_is_one_word() -> None:
    """`haven't` is one word, written with either apostrophe."""
    assert [one.low for one in tokenise("haven\u2019t didn't")] == ["haven't", "didn't"]


@pytest.mark.parametrize(
    ("text", "params", "kind", "value"),
    [
        ("show {who}", {"who": "a b; delete user-1"}, "bound", "a b; delete user-1"),
        ("show user-{n}", {"n": 7}, "bound", "user-7"),
        ("order #{n}", {"n": "x y"}, "reference", "x y"),
        ("paid ${n}", {"n": 9.5}, "money", (9.5, "USD")),
        ("{a}-{b}", {"a": "x", "b": "y"}, "bound", "x-y"),
        ("see {who}?", {"who": {"id": "user_id:1"}}, "bound", {"id": "user_id:1"}),
    ],
)
def test_a_bound_value_is_one_token(text: str, params: Any, kind: str, value: Any) -> None:
    """A value is never split, and text that touches it belongs to it."""
    assert [(one.kind, one.value) for one in tokenise(text, params) if one.kind == kind] == [
        (kind, value)
    ]


@pytest.mark.parametrize(
    ("text", "params", "told"),
    [
        ("show {who}", {}, "{who}"),
        ("show user-1", {"who": 1}, "'who'"),
        ("x" * (MAX_TEXT + 1), {}, "limit"),
        ("a " * 700, {}, "600"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, params: Any, told: str) -> None:
    """Parameters and placeholders must match, and texts have a limit."""
    with pytest.raises(NotUnderstood, match=told.replace("{", r"\{").replace("}", r"\}")):
        tokenise(text, params)
