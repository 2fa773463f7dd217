"""Pages and accounts: what is said with verbs, and is no `track` event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.language.clause import Clause
from headwater.language.happenings import (
    PLAN_NOUNS,
    Happening,
    put_amounts,
    put_complement,
    title,
    value_text,
)
from headwater.language.inflection import singular
from headwater.language.lexicon import KINDS
from headwater.language.phrase import Words, is_bound, value_of
from headwater.language.tokens import Token

_VIEWING = frozenset({"view", "visit", "see", "open", "browse", "land", "load", "look", "be"})
_PAGES = {"homepage": "Homepage", "frontpage": "Homepage"}


def page_of(lemma: str, clause: Clause) -> Happening | None:
    """Answer the page or screen that somebody saw, or None where it was something else."""
    if lemma not in _VIEWING:
        return None
    behind = ("at",) if lemma == "look" else ("on", "to")
    if lemma == "look" and clause.object:
        return None
    tokens = clause.object or next(filter(None, map(clause.complement, behind)), [])
    if not tokens:
        return None
    texts = [token.low for token in tokens]
    if " ".join(texts) in {"home page", "front page", *_PAGES}:
        return _of_page([tokens[0]._replace(kind="word", text="Homepage")], clause)
    if texts[-1] in {"page", "pages", "screen"} and len(tokens) > 1:
        call = "screen" if texts[-1] == "screen" else "page"
        return _of_page(tokens[:-1], clause, call=call)
    if texts[0] == "page" and len(tokens) > 1:
        return _of_page(tokens[1:], clause)
    is_section = lemma in {"view", "visit"} and texts[0] in _SECTIONS
    if len(tokens) == 1 and (tokens[0].kind in {"path", "url"} or is_section):
        return _of_page(tokens, clause)
    return None


_SECTIONS = frozenset(
    {"pricing", "docs", "blog", "dashboard", "settings", "billing", "features", "faq"}
)


def _of_page(tokens: Sequence[Token], clause: Clause, *, call: str = "page") -> Happening:
    properties: dict[str, Any] = {}
    text = value_text(tokens)
    if tokens[0].kind in {"path", "url"}:
        properties[tokens[0].kind] = text
    campaign = dict(clause.campaign)
    for preposition, given in clause.complements:
        if clause.object or preposition not in {"on", "to", "at"}:
            put_complement(None, (preposition, given), properties, campaign)
    put_amounts("amount", clause, properties)
    is_given = is_bound(tokens) or tokens[0].kind in {"path", "url", "quoted"}
    return Happening(call, text if is_given else title(text), properties, campaign, {})


def page_view(clause: Clause) -> Happening:
    """Answer the page that `page view pricing` means."""
    return _of_page(clause.object, clause)


def account_of(words: Words, clause: Clause) -> Happening | None:
    """Answer the account that somebody joined, or None where it was something else."""
    tokens = [token for token in clause.object if token.kind != "possessive"]
    if not tokens or singular(tokens[-1].low) in KINDS - PLAN_NOUNS - {
        "company",
        "organization",
        "team",
    }:
        return None
    traits: dict[str, Any] = {}
    if singular(tokens[-1].low) in PLAN_NOUNS:
        tokens = tokens[:-1]
        last = tokens[-1]
        is_plan = last.low in words.plans or (last.kind == "word" and last.text.islower())
        if len(tokens) > 1 and is_plan:
            traits["plan"] = value_of(tokens[-1:])
            tokens = tokens[:-1]
    if not tokens:
        return None
    name = value_of(tokens)
    traits = {"name": name, **traits}
    is_given = is_bound(tokens) or tokens[0].kind == "id"
    key = name if is_given else "-".join(str(name).lower().split())
    return Happening("group", str(key), traits, {}, {})
