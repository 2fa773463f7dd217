"""Which event a verb and its clause are, and what its properties are.

Segment's own name where the vocabulary has one; else the noun that heads the thing and the verb's
participle (`PR Reviewed`), or the participle alone (`Deployed`), with the thing as a property.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from headwater.language.clause import Clause
from headwater.language.inflection import past_of, singular
from headwater.language.lexicon import KINDS
from headwater.language.phrase import Words, value_of
from headwater.language.sources import is_source
from headwater.language.tokens import Token
from headwater.language.vocabulary import EventWord, Way

_ACRONYMS = {"pr": "PR", "mr": "MR", "api": "API", "url": "URL", "pdf": "PDF", "cta": "CTA"}
_VIEWING = frozenset({"view", "visit", "see", "open", "browse", "land", "load"})
_PAGES = {"homepage": "Homepage", "frontpage": "Homepage"}
_ORDERS = frozenset({"order", "purchase", "checkout", "transaction"})
_CARTS = frozenset({"cart", "basket", "bag"})
_SETS_PLAN = frozenset({"Plan Upgraded", "Plan Downgraded", "Plan Changed", "Subscription Started"})
_ENVIRONMENTS = frozenset(
    {"production", "prod", "staging", "development", "dev", "canary", "preview"}
)
_PLAN_NOUNS = frozenset({"plan", "subscription", "tier", "membership", "package", "account"})


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
        is_known: whether the vocabulary has it, or its thing's kind at least.
    """

    call: str
    name: str
    properties: dict[str, Any]
    campaign: dict[str, Any]
    traits: dict[str, Any]
    is_known: bool = True


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
            if word.kind == "word" and (head in kinds or word.low in kinds):
                rest = words[:-1] if place == -1 else words[1:]
                if rest or place == -1:
                    return Thing(head, list(rest))
    return Thing(None, list(words))


def happening(words: Words, lemma: str, particle: str | None, clause: Clause) -> Happening:
    """Answer the event that a verb and its clause are."""
    if (page := _page(lemma, clause)) is not None:
        return page
    if lemma == "join" and (account := _account(words, clause)) is not None:
        return account
    for way, word in words.ways.get(lemma, ()):
        if (thing := _fits(words, way, particle, clause)) is not None:
            return of_event(words, word, thing, clause)
    return _generic(lemma, particle, clause)


def _fits(words: Words, way: Way, particle: str | None, clause: Clause) -> Thing | None:
    """Answer the thing where a way to say something is what was said."""
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
        if given is None or not any(singular(token.low) in heads for token in given):
            return None
        used.add(preposition)
    thing = split_head(tokens, way.nouns)._replace(used=frozenset(used))
    if way.nouns:
        return thing if thing.head in way.nouns else None
    if way.takes_any or way.complement is not None or not tokens:
        return thing
    is_plan = thing.head in _PLAN_NOUNS or value_text(tokens).lower() in words.plans
    return thing if is_plan else None


def value_text(tokens: Sequence[Token]) -> str:
    """Answer what tokens mean, as text."""
    return str(value_of(tokens)) if tokens else ""


def of_event(words: Words, word: EventWord, thing: Thing, clause: Clause) -> Happening:
    """Answer an event of the vocabulary with what the clause says of it."""
    head, name, _ = thing
    properties: dict[str, Any] = {}
    used = set(thing.used)
    if word.thing == "product":
        _products(word, head, name, clause, properties)
    elif word.thing == "plan":
        used |= _plans(name, clause, properties, words)
    elif word.thing is not None and name:
        properties[word.thing] = value_of(name)
    elif word.thing == "invitee" and clause.object and head not in {"invite", "invitation"}:
        properties[word.thing] = value_of(clause.object)
    if clause.reference is not None:
        properties[_reference_key(word, head)] = clause.reference
    _amounts(word.money, clause, properties)
    campaign = dict(clause.campaign)
    for preposition, tokens in clause.complements:
        if preposition not in used:
            _complement(word, (preposition, tokens), properties, campaign)
    _notes(clause, properties)
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
    key = "product_id" if any(sign.isdigit() for sign in str(value)) else "name"
    if not is_order:
        into[key] = value
        return
    product = {key: value}
    if clause.money is not None:
        product["price"] = clause.money[0]
    into["products"] = [product]


def _plans(name: list[Token], clause: Clause, into: dict[str, Any], words: Words) -> set[str]:
    def plan_in(tokens: list[Token] | None) -> Any:
        head, rest, _ = split_head(tokens or [], _PLAN_NOUNS)
        return value_of(rest) if rest and (head is None or head in _PLAN_NOUNS) else None

    used = set()
    before = plan_in(clause.complement("from"))
    if before is not None and (clause.complement("to") or not is_source(words, before)):
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


def _amounts(money: str, clause: Clause, into: dict[str, Any]) -> None:
    if clause.money is not None:
        into[money] = clause.money[0]
        into["currency"] = clause.money[1]
    if clause.per is not None:
        into["interval"] = clause.per
    into.update(clause.labels)


def _complement(
    word: EventWord | None,
    given: tuple[str, list[Token]],
    into: dict[str, Any],
    campaign: dict[str, Any],
) -> None:
    preposition, tokens = given
    head, name, _ = split_head(tokens)
    if tokens[-1].low != head and name and tokens[0].low != head:
        head = None  # "on API calls": many of them, so no name of one
    if preposition == "from" and word is not None and word.name in _FROM_CAMPAIGN:
        campaign["source"] = value_of(tokens)
    elif preposition in {"via", "through", "with", "using"} and not name and head is None:
        into[preposition] = value_of(tokens)
    elif head in _CARTS and not name:
        pass  # "added widget to cart", "$99.99 in cart": the event says it
    elif word is not None and not name and head == word.thing:
        pass
    elif head is not None and name and head not in into:
        into[head] = value_of(name)
    elif len(tokens) == 1 and tokens[0].low in _ENVIRONMENTS:
        into["environment"] = tokens[0].text
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


def _notes(clause: Clause, into: dict[str, Any]) -> None:
    if clause.note:
        into["outcome" if len(clause.note) == 1 else "note"] = value_of(clause.note)


def _reference_key(word: EventWord | None, head: str | None) -> str:
    if word is not None and word.thing == "product":
        return "order_id" if word.name.startswith("Order ") else "product_id"
    return f"{head}_id" if head else "reference"


def _page(lemma: str, clause: Clause) -> Happening | None:
    if lemma not in _VIEWING:
        return None
    tokens = clause.object or (clause.complement("on") or clause.complement("to") or [])
    if not tokens:
        return None
    texts = [token.low for token in tokens]
    if " ".join(texts) in {"home page", "front page", *_PAGES}:
        return _of_page("Homepage", clause)
    if texts[-1] in {"page", "pages", "screen"} and len(tokens) > 1:
        named = value_of(tokens[:-1])
        return _of_page(named, clause, call="screen" if texts[-1] == "screen" else "page")
    if texts[0] == "page" and len(tokens) > 1:
        return _of_page(value_of(tokens[1:]), clause)
    if tokens[0].kind in {"path", "url"} and len(tokens) == 1:
        return _of_page(tokens[0].text, clause)
    if lemma in {"view", "visit"} and len(texts) == 1 and texts[0] in _SECTIONS:
        return _of_page(tokens[0].text, clause)
    return None


_SECTIONS = frozenset(
    {"pricing", "docs", "blog", "dashboard", "settings", "billing", "features", "faq"}
)


def _of_page(named: Any, clause: Clause, *, call: str = "page") -> Happening:
    properties: dict[str, Any] = {}
    text = str(named)
    if text.startswith("/"):
        properties["path"] = text
    elif text.startswith(("http://", "https://")):
        properties["url"] = text
    campaign = dict(clause.campaign)
    for preposition, tokens in clause.complements:
        if tokens is not (clause.complement("on") if not clause.object else None):
            _complement(None, (preposition, tokens), properties, campaign)
    _amounts("amount", clause, properties)
    name = text if properties or not isinstance(named, str) else title(text)
    return Happening(call, name, properties, campaign, {})


def page_view(clause: Clause) -> Happening:
    """Answer the page that `page view pricing` means."""
    return _of_page(value_of(clause.object), clause)


def _account(words: Words, clause: Clause) -> Happening | None:
    tokens = [token for token in clause.object if token.kind != "possessive"]
    if not tokens or singular(tokens[-1].low) in KINDS - _PLAN_NOUNS - {
        "company",
        "organization",
        "team",
    }:
        return None
    traits: dict[str, Any] = {}
    if singular(tokens[-1].low) in _PLAN_NOUNS:
        tokens = tokens[:-1]
        if len(tokens) > 1 and (tokens[-1].low in words.plans or tokens[-1].text.islower()):
            traits["plan"] = value_of(tokens[-1:])
            tokens = tokens[:-1]
    if not tokens:
        return None
    name = value_of(tokens)
    traits = {"name": name, **traits}
    key = name if tokens[0].kind in {"bound", "id"} else "-".join(str(name).lower().split())
    return Happening("group", str(key), traits, {}, {})


def _generic(lemma: str, particle: str | None, clause: Clause) -> Happening:
    head, name, _ = split_head(clause.object)
    done = past_of(lemma) + (f" {particle}" if particle else "")
    properties: dict[str, Any] = {}
    if head is not None:
        event = title(f"{head} {done}")
        if name:
            properties[head.replace("-", "_")] = value_of(name)
    else:
        event = title(done)
        if name:
            properties["object"] = value_of(name)
    if clause.reference is not None:
        properties[_reference_key(None, head)] = clause.reference
    _amounts("amount", clause, properties)
    campaign = dict(clause.campaign)
    for given in clause.complements:
        _complement(None, given, properties, campaign)
    _notes(clause, properties)
    return Happening(
        "track", event, properties, campaign, {}, is_known=head is not None or not name
    )
