"""What an event that was said is made of: its thing, its name, its properties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from headwater.language.clause import Clause
from headwater.language.inflection import singular
from headwater.language.lexicon import KINDS
from headwater.language.phrase import value_of
from headwater.language.tokens import Token
from headwater.language.vocabulary import EventWord

_ACRONYMS = {"pr": "PR", "mr": "MR", "api": "API", "url": "URL", "pdf": "PDF", "cta": "CTA"}
_CARTS = frozenset({"cart", "basket", "bag"})
_ENVIRONMENTS = frozenset(
    {"production", "prod", "staging", "development", "dev", "canary", "preview"}
)
_ENVIRONMENTS_IN_FULL = {"prod": "production", "dev": "development"}
PRODUCT_KEYS = {
    "name": ("product", "name", "product_name"),
    "product_id": ("product", "product_id", "sku"),
}
"""The properties of an event that may name the one product that it is about."""
PLAN_NOUNS = frozenset({"plan", "subscription", "tier", "membership", "package", "account"})


class Thing(NamedTuple):
    """What an event is about: its kind, the tokens that name it, the prepositions used up."""

    head: str | None
    name: list[Token]
    used: frozenset[str] = frozenset()


class Happening(NamedTuple):
    """An event that was said: what a fact records, and what a condition asks for.

    Attributes:
        call: `track`, `page` or `group`.
        name: the event's, the page's, or the account's id.
        properties: of the event; for `group` the account's traits.
        campaign: what goes to `context.campaign`.
        traits: what is known of the person by it.
        cost: 0 where the vocabulary has it; else how much of it is the speaker's own.
    """

    call: str
    name: str
    properties: dict[str, Any]
    campaign: dict[str, Any]
    traits: dict[str, Any]
    cost: int = 0


def title(text: str) -> str:
    """Answer a name in Title Case, acronyms kept: `pricing` as `Pricing`."""
    return " ".join(
        _ACRONYMS.get(word.lower()) or (word if word[:1].isupper() else word[:1].upper() + word[1:])
        for word in text.split()
    )


def split_head(tokens: Sequence[Token], nouns: frozenset[str] = frozenset()) -> Thing:
    """Answer what kind of thing a noun phrase is, and the tokens that name it.

    `signup button` is a button named signup, `feature advanced-reporting` a feature,
    `PR 123` a PR; `widget` is of no kind.
    """
    words = [token for token in tokens if token.kind != "possessive"]
    if not words:
        return Thing(None, [])
    for kinds in (nouns, KINDS):
        for place in (-1, 0):
            word = words[place]
            head = singular(word.low)
            if place == 0 and len(words) > 2 and singular(words[1].low) in kinds:
                return Thing(f"{head}-{singular(words[1].low)}", list(words[2:]))
            if word.kind == "word" and (head in kinds or word.low in kinds):
                rest = words[:-1] if place == -1 else words[1:]
                if rest or place == -1:
                    return Thing(head, list(rest))
    return Thing(None, list(words))


def value_text(tokens: Sequence[Token]) -> str:
    """Answer what tokens mean, as text."""
    return str(value_of(tokens)) if tokens else ""


def put_amounts(money: str, clause: Clause, into: dict[str, Any]) -> None:
    """Put the amounts of a clause into properties, one without a name under `money`."""
    if clause.money is not None:
        into[money] = clause.money[0]
        into["currency"] = clause.money[1]
    if clause.per is not None:
        into["interval"] = clause.per
    into.update(clause.labels)


def put_complement(
    word: EventWord | None,
    given: tuple[str, list[Token]],
    into: dict[str, Any],
    campaign: dict[str, Any],
) -> None:
    """Put what follows a preposition into properties, or into the campaign that it names."""
    preposition, tokens = given
    if preposition == "because":
        into["reason"] = value_of([one for one in tokens if one.low != "of"] or tokens)
        return
    head, name, _ = split_head(tokens)
    if tokens[-1].low != head and name and tokens[0].low != head:
        head = None  # "on API calls": many of them, so no name of one
    if preposition in {"from", "via"} and word is not None and word.name in _FROM_CAMPAIGN:
        campaign["source"] = value_of(tokens)
    elif preposition in {"via", "through", "with", "using"} and not name and head is None:
        into[preposition] = value_of(tokens)
    elif len(tokens) == 1 and singular(tokens[0].low) in _CARTS:
        pass  # "added widget to cart", "$99.99 in cart": the event says it
    elif word is not None and not name and head == word.thing:
        pass
    elif head is not None and name and head not in into:
        into[head] = value_of(name)
    elif len(tokens) == 1 and tokens[0].low in _ENVIRONMENTS:
        into["environment"] = _ENVIRONMENTS_IN_FULL.get(tokens[0].low, tokens[0].text)
    else:
        into[preposition] = value_of(tokens)


_FROM_CAMPAIGN = frozenset(
    {
        "Signed Up",
        "Application Installed",
        "Trial Started",
        "Subscription Started",
        "Order Completed",
    }
    | {"Webinar Registered", "Demo Requested", "Form Submitted", "Account Created"}
)


def put_notes(clause: Clause, into: dict[str, Any]) -> None:
    """Put words behind a dash or a quantity into properties."""
    if clause.note:
        into["outcome" if len(clause.note) == 1 else "note"] = value_of(clause.note)


def reference_key(word: EventWord | None, head: str | None) -> str:
    """Answer the property that `#456` goes to."""
    if word is not None and word.thing == "product":
        return "order_id" if word.name.startswith("Order ") else "product_id"
    return f"{head}_id" if head else "reference"
