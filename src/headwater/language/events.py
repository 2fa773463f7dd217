"""Which event a verb and its clause are, and what its properties are.

Segment's own name where the vocabulary has one; else the noun that heads the thing and the verb's
participle (`PR Reviewed`), or the participle alone (`Deployed`), with the thing as a property.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.language.clause import Clause
from headwater.language.happenings import (
    PLAN_NOUNS,
    Happening,
    Thing,
    put_amounts,
    put_complement,
    put_notes,
    reference_key,
    split_head,
    title,
    value_text,
)
from headwater.language.inflection import past_of, singular
from headwater.language.pages import account_of, page_of
from headwater.language.phrase import Words, is_bound, value_of
from headwater.language.sources import is_source
from headwater.language.tokens import Token
from headwater.language.vocabulary import EventWord, Way

_ORDERS = frozenset({"order", "purchase", "checkout", "transaction"})
_SETS_PLAN = frozenset({"Plan Upgraded", "Plan Downgraded", "Plan Changed", "Subscription Started"})


def happening(words: Words, lemma: str, particle: str | None, clause: Clause) -> Happening:
    """Answer the event that a verb and its clause are."""
    if (page := page_of(lemma, clause)) is not None:
        return page
    if lemma == "join" and (account := account_of(words, clause)) is not None:
        return account
    if lemma in _LIGHT and (done := _of_noun(words, clause)) is not None:
        return done
    for way, word in words.ways.get(lemma, ()):
        if (thing := _fits(words, way, particle, clause)) is not None:
            return of_event(words, word, thing, clause)
    return _generic(lemma, particle, clause)


_LIGHT = frozenset({"do", "have", "perform", "run", "take"})


def _of_noun(words: Words, clause: Clause) -> Happening | None:
    """Answer the event that a noun names behind a verb that says little: `did a search for`."""
    word = words.things.get(value_text(clause.object).lower()) if clause.object else None
    if word is None or is_bound(clause.object):
        return None
    object_, clause.object = clause.object, []
    said = happening(words, word.ways[0].lemma, None, clause)
    if said.name == word.name:
        return said
    clause.object = object_
    return None


def _fits(words: Words, way: Way, particle: str | None, clause: Clause) -> Thing | None:
    """Answer the thing where a way to say something is what was said."""
    around = _around(words, way, particle, clause)
    if around is None:
        return None
    tokens, used = around
    thing = split_head(tokens, way.nouns)._replace(used=used)
    if way.nouns:
        # "applied coupon SAVE10": the thing and its name were a label.
        is_label = not tokens and bool(way.nouns & set(clause.labels))
        return thing if thing.head in way.nouns or is_label else None
    if way.takes_any or way.complement is not None or not tokens:
        return thing
    is_plan = thing.head in PLAN_NOUNS or (
        not is_bound(tokens) and value_text(tokens).lower() in words.plans
    )
    return thing if is_plan else None


def _around(
    words: Words, way: Way, particle: str | None, clause: Clause
) -> tuple[list[Token], frozenset[str]] | None:
    """Answer the tokens of the thing and the prepositions used up, where the rest of a way fits."""
    tokens = clause.object
    used: set[str] = set()
    if way.particle is not None and way.particle != particle:
        if clause.object and clause.object[-1].low == way.particle:
            tokens = clause.object[:-1]
        elif clause.complements and clause.complements[0][0] == way.particle:
            tokens = [*clause.object, *clause.complements[0][1]]
            used.add(way.particle)
        else:
            return None
    elif way.particle is None and particle is not None:
        return None
    if way.complement is not None:
        preposition, heads = way.complement
        given = clause.complement(preposition)
        if given is None or not _headed(words, given, heads):
            return None
        used.add(preposition)
        tokens = tokens or given  # "clicked on the signup button"
    return tokens, frozenset(used)


def _headed(words: Words, tokens: list[Token], heads: frozenset[str]) -> bool:
    if any(singular(token.low) in heads for token in tokens):
        return True
    return "plan" in heads and not is_bound(tokens) and value_text(tokens).lower() in words.plans


def of_event(words: Words, word: EventWord, thing: Thing, clause: Clause) -> Happening:
    """Answer an event of the vocabulary with what the clause says of it."""
    head, name, _ = thing
    properties: dict[str, Any] = {}
    used = set(thing.used)
    if word.thing == "product":
        _products(word, head, name, clause, properties)
    elif word.thing == "plan":
        used |= _plans(name, clause, properties, words)
    elif word.thing is not None and name and value_text(name).lower() != word.thing:
        properties[word.thing] = value_of(name)
    elif word.thing == "invitee" and clause.object and head not in {"invite", "invitation"}:
        properties[word.thing] = value_of(clause.object)
    if clause.reference is not None:
        properties[reference_key(word, head)] = clause.reference
    put_amounts(word.money, clause, properties)
    campaign = dict(clause.campaign)
    for preposition, tokens in clause.complements:
        if preposition not in used:
            put_complement(word, (preposition, tokens), properties, campaign)
    put_notes(clause, properties)
    traits = {}
    if word.name in _SETS_PLAN and "plan" in properties:
        traits["plan"] = properties["plan"]
    return Happening("track", word.name, properties, campaign, traits)


def _products(
    word: EventWord, head: str | None, name: list[Token], clause: Clause, into: dict[str, Any]
) -> None:
    is_order = word.name.startswith("Order ")
    if is_order and head in _ORDERS:
        if name:
            into["order_id"] = value_of(name)
        return
    tokens = name if head in {"product", "item"} else [*clause.object] or name
    if not tokens:
        return
    value = value_of(tokens)
    is_id = not is_bound(tokens) and any(sign.isdigit() for sign in str(value))
    key = "product_id" if is_id else "name"
    if not is_order:
        into[key] = value
        return
    product = {key: value}
    if clause.money is not None:
        product["price"] = clause.money[0]
    into["products"] = [product]
    into["product"] = value  # beside the list, which conditions cannot look into


def _plans(name: list[Token], clause: Clause, into: dict[str, Any], words: Words) -> set[str]:
    def plan_in(tokens: list[Token] | None) -> Any:
        head, rest, _ = split_head(tokens or [], PLAN_NOUNS)
        return value_of(rest) if rest and (head is None or head in PLAN_NOUNS) else None

    used = set()
    before = plan_in(clause.complement("from"))
    came_from = clause.complement("from") or []
    is_channel = not is_bound(came_from) and is_source(words, before)
    if before is not None and (clause.complement("to") or not is_channel):
        into["previous_plan"] = before
        used.add("from")
    for preposition in ("to", "on", "for"):
        given = clause.complement(preposition)
        if given is not None and (plan := plan_in(given)) is not None:
            into["plan"] = plan
            used.add(preposition)
            break
    else:
        if name:
            into["plan"] = value_of(name)
            used |= {"to"}
    return used


def _generic(lemma: str, particle: str | None, clause: Clause) -> Happening:
    head, name, _ = split_head(clause.object)
    done = past_of(lemma) + (f" {particle}" if particle else "")
    properties: dict[str, Any] = {}
    if head is not None:
        event = title(f"{head.replace('-', ' ')} {done}")
        if name:
            properties[head.replace("-", "_")] = value_of(name)
    else:
        event = title(done)
        if name:
            properties["object"] = value_of(name)
    if clause.reference is not None:
        properties[reference_key(None, head)] = clause.reference
    put_amounts("amount", clause, properties)
    campaign = dict(clause.campaign)
    for given in clause.complements:
        put_complement(None, given, properties, campaign)
    put_notes(clause, properties)
    return Happening("track", event, properties, campaign, {}, cost=_cost(head, name))


def _cost(head: str | None, name: Sequence[Token]) -> int:
    return 1 if head is not None or not name else 3
