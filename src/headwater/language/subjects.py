"""Whom a phrase is about, as an identifier `type:value`.

| said                                       | identifier                  |
|--------------------------------------------|-----------------------------|
| `user_id:42`, `device_id:a1`               | as it stands                |
| `ann@example.com`                          | `email:ann@example.com`     |
| `+49 170 1234567`                          | `phone:+491701234567`       |
| `anonymous-xyz`, `anon_7`                  | `anonymous_id:…`            |
| `user-123`, a UUID, `mobile-user`          | `user_id:…`                 |
| `alice`, `tom`                             | `user_id:…`; a bare name    |
| nothing, `i`, `the visitor`                | `visitor`, the current one  |

A bound value is whatever it is: its form only says which type of identifier it has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from headwater.language.phrase import Phrase
from headwater.language.refusal import NotUnderstood
from headwater.language.tokens import Token

VISITOR = "visitor"
"""Stands for whoever is there: the program that asks says who that is."""

EACH = "each"
"""Stands for each person of a list, inside of what is done for each of them."""

# Compiled at the first use, to keep the import short.
_EMAIL = r"[^\s@]+@[^\s@]+\.[^\s@]+"
_PHONE = r"\+\d{8,15}"
_ANONYMOUS = r"(?i:anon(?:ymous)?)[-_][\s\S]+"
_TYPED = r"[a-z][a-z0-9_.]*:\S[\s\S]*"
_LEADING = frozenset(
    {"user", "customer", "person", "profile", "contact", "agent", "lead", "visitor"}
)


class Subject(NamedTuple):
    """Somebody.

    Attributes:
        id: the identifier, or `VISITOR`, or `EACH`.
        is_exact: it was given as an id, an address or a bound value, not as a bare name.
    """

    id: str
    is_exact: bool = True


def subject_at(phrase: Phrase, at: int) -> tuple[Subject, int] | None:
    """Answer whom a token names, and the place behind; None where it can be nobody's name."""
    if phrase.low(at) in _LEADING and at + 1 < len(phrase.tokens):
        following = phrase.tokens[at + 1]
        if following.kind == "number":
            return Subject(f"user_id:{following.text}"), at + 2
        if _is_exact(following):
            at += 1
    subject = _named(phrase, phrase.tokens[at]) if at < len(phrase.tokens) else None
    return None if subject is None else (subject, at + 1)


def _named(phrase: Phrase, token: Token) -> Subject | None:
    if token.kind in {"email", "phone"}:
        return Subject(f"{token.kind}:{token.value if token.kind == 'phone' else token.text}")
    if token.kind == "id":
        return Subject(token.text if ":" in token.text else f"user_id:{token.text}")
    if token.kind == "bound" or (token.kind == "quoted" and token.value):
        return Subject(identifier_of(token.value))
    words = phrase.words
    if token.kind == "word" and any(
        token.low in known for known in (words.destinations, words.definitions, words.audiences)
    ):
        return None
    if token.kind == "word" and _is_exact(token):
        return Subject(identifier_of(token.text))
    if token.kind == "word" and is_name(phrase, token):
        return Subject(f"user_id:{token.low}", is_exact=False)
    return None


def _is_exact(token: Token) -> bool:
    if token.kind in {"email", "phone", "id", "bound"}:
        return True
    if token.kind != "word":
        return False
    low = token.low
    return any(sign in low for sign in "-_") or any(sign.isdigit() for sign in low)


def is_name(phrase: Phrase, token: Token) -> bool:
    """Tell whether a word can be a bare name: letters only, and no word of the grammar."""
    low = token.low
    if token.kind != "word" or not low.replace("'", "").isalpha() or len(low) < 2:
        return False
    return low not in phrase.words.known or low in _NAMES_TOO


# Names that are words as well; a capital or their place makes them a name.
_NAMES_TOO = frozenset(
    {"mark", "bill", "grant", "drew", "rob", "jack", "pat", "chase", "sue", "will"}
)


def identifier_of(value: Any) -> str:
    """Answer the identifier that a value is, by its form alone; nothing in it is interpreted.

    A mapping with an `id`, as people are in answers, is the person of that id.

    Raises:
        NotUnderstood: it can be nobody's.
    """
    if isinstance(value, Mapping):
        given = value.get("id")
        if value.get("$") == EACH:
            return EACH
        if isinstance(given, str) and re.fullmatch(_TYPED, given):
            return given
        raise NotUnderstood(
            "A value that stands for a person must be an id, an email or a phone number as text, "
            'or a person as the API answers it, with its "id".'
        )
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not str(value).strip():
        raise NotUnderstood(
            f"{value!r} is nobody's id: give a text that is not empty, or a whole number."
        )
    text = str(value).strip()
    if re.fullmatch(_EMAIL, text):
        return f"email:{text}"
    if re.fullmatch(_PHONE, text):
        return f"phone:{text}"
    return f"anonymous_id:{text}" if re.fullmatch(_ANONYMOUS, text) else f"user_id:{text}"
