"""One form of each identifier, so that the same person is found again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.profiles.normalise import MAX_LENGTH, email, text, why_nobody


def _coded(label: str) -> str:
    return label.encode("punycode").decode()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("ada+shop@example.com", "ada+shop@example.com"),
        ("ada@MÜNCHEN.de", "ada@münchen.de"),
        ("ada@xn--mnchen-3ya.de", "ada@münchen.de"),
        ("ada@XN--MNCHEN-3YA.DE", "ada@münchen.de"),
        ("ada@mail.xn--mnchen-3ya.de", "ada@mail.münchen.de"),
        ("ada@xn--strae-oqa.de", "ada@straße.de"),
        ("ada@strasse.de", "ada@strasse.de"),
        ("xn--mnchen-3ya@example.com", "xn--mnchen-3ya@example.com"),
        ("ada@xn--.de", "ada@xn--.de"),
        ("ada@xn--ada-.de", "ada@xn--ada-.de"),
        ("ada@xn--99999999.de", "ada@xn--99999999.de"),
        ("ada@xn--ada@bob-.de", None),
        ("ada@example", None),
        ("mailto:ada@example.com", None),
    ],
)
def test_emails(written: str, expected: str | None) -> None:
    """In lower case, a domain as people write it; nothing is guessed about the name before it."""
    assert email(written) == expected


@given(
    st.text(max_size=30) | st.text(st.characters(codec=None), min_size=1, max_size=5).map(_coded)
)
def test_what_was_normalised_stays_as_it_is(label: str) -> None:
    """Whatever stands behind the prefix of DNS; and it can be stored."""
    once = email(f"ada@xn--{label}.de")

    assert once is None or email(once) == once
    assert once is None or once.encode()


@pytest.mark.parametrize("hidden", ["\ud800", "a\udfff", "\0é", "é@b", "é b", "\u202eé"])
def test_what_is_in_no_domain_is_not_read_out_of_one(hidden: str) -> None:
    """Half of a surrogate pair could not even be stored."""
    assert email(f"ada@xn--{_coded(hidden)}.de") in {None, f"ada@xn--{_coded(hidden)}.de"}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("  ", "is blank"),
        ("a" * (MAX_LENGTH + 1), "has 501 characters, of at most 500"),
        ("0000-0000", "is a placeholder"),
        ("undefined", "is a placeholder"),
        (None, "is no text"),
        ("42", None),
        (42, None),
    ],
)
def test_why_a_value_is_nobodys(value: object, reason: str | None) -> None:
    """In words that say what to change."""
    assert why_nobody(value) == reason
    assert (reason is None) == (text(value) not in {None, "0000-0000", "undefined"})
