"""What people did or did not do: the sentences behind `who`."""

from __future__ import annotations

from collections.abc import Iterator

from headwater.language import meanings
from headwater.language import population_parts as parts
from headwater.language import population_places as places
from headwater.language.clause import Clause, read_clause
from headwater.language.conditions import (
    Condition,
    did,
    happened,
    not_,
    on_plan,
    trait,
    with_window,
)
from headwater.language.countries import place_trait
from headwater.language.events import happening
from headwater.language.happenings import PRODUCT_KEYS, Happening, title
from headwater.language.inflection import PROGRESSIVE, Form
from headwater.language.lexicon import DESTRUCTIVE, DETERMINERS, NEGATIONS, PARTICLES
from headwater.language.phrase import Phrase, is_bound, names_of, value_of
from headwater.language.windows import window_at
from headwater.language.writing import said_as

_JOINTS = frozenset({"and", "but", "or", ",", "&", "then"})
_SKIPPED = frozenset(
    {"who", "that", "which", "have", "has", "had", "did", "do", "does", "are", "is", "were", "was"}
    | {"been", "be", "ever", "yet", "already", "just", "also", "then", "recently", "currently"}
    | {"they", "still", "actually", "got", "'ve", "once"}
)
_BEGINNINGS = _SKIPPED | NEGATIONS | {"with", "without", "from", "on", "in"}
_DEFINED_VERBS = {"churn": "churned", "convert": "converted", "activate": "activated"}
_ABANDONED = {"cart": "abandoned cart", "basket": "abandoned cart", "bag": "abandoned cart",
              "checkout": "abandoned checkout", "carts": "abandoned cart"}  # fmt: skip
_NOTHING = frozenset({"nothing", "none"})
_PRONOUNS = _NOTHING | {"something", "anything", "things", "stuff", "it", "them", "one"}
_FOR_VERB = frozenset({"spend", "pay"})


def ends_of_clauses(phrase: Phrase, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Answer where each sentence behind `who` begins and ends."""
    start = at
    for joint in range(at + 1, end - 1):
        form = phrase.form(joint + 1)
        is_gerund = form is not None and PROGRESSIVE in form.tenses
        if phrase.low(joint) == "without" and is_gerund and joint > start:
            yield start, joint
            start = joint
        if phrase.low(joint) not in _JOINTS or joint < start:
            continue
        following = joint + 1
        while following < end and phrase.low(following) in _JOINTS:
            following += 1
        if following < end and _begins_clause(phrase, following, end):
            yield start, joint
            start = following
    yield start, end


def _begins_clause(phrase: Phrase, at: int, end: int) -> bool:
    if phrase.low(at) in _BEGINNINGS or phrase.form(at) is not None:
        return True
    return meanings.definition_at(phrase, at, end) is not None


def read_clause_condition(phrase: Phrase, at: int, end: int) -> Condition | None:
    """Answer the condition that one sentence is: `haven't logged in for 30 days`.

    Args:
        phrase: what is read.
        at: where the sentence begins, behind `who`.
        end: where it ends.
    """
    negated, asked_did = False, False
    start = at
    while at < end and (phrase.low(at) in _SKIPPED or phrase.low(at) in NEGATIONS):
        low = phrase.low(at)
        if low in {"did", "do", "done"} and phrase.low(at + 1) in _PRONOUNS and at + 1 < end:
            break  # "did nothing"
        if low in {"have", "has", "had", "don't", "dont"} and _possesses(phrase, at + 1, end):
            found = parts.having_at(phrase, at + 1, end, negated=negated or low[0] == "d")
            return found[0] if found is not None and found[1] == end else None
        negated ^= low in NEGATIONS
        asked_did = asked_did or low == "did"
        at += 1
    while end > at and phrase.low(end - 1) in {"yet", "before", "ever", "already"}:
        end -= 1
    if at >= end:
        return None
    if phrase.low(at) in {"with", "without"}:
        negated ^= phrase.low(at) == "without"
        found = parts.having_at(phrase, at + 1, end)
        condition = found[0] if found is not None and found[1] == end else None
        if condition is None:
            condition = _done(phrase, at + 1, end)
    else:
        condition = _state(phrase, at, end) or _done(phrase, at, end)
        if condition is None and (asked_did or negated or _is_did(phrase, start)):
            condition = _named(phrase, at, end)
    if condition is None:
        phrase.reached(at)
        return None
    return not_(condition) if negated else condition


def _possesses(phrase: Phrase, at: int, end: int) -> bool:
    low = phrase.low(at)
    if low in {"have", "has"}:
        return False
    if low in DETERMINERS | {"no", "more", "at", "less", "fewer", "over", "exactly"}:
        return True
    return phrase.kind(at) == "number" or (
        phrase.form(at) is None
        and meanings.definition_at(phrase, at, end) is not None
        and phrase.low(at) not in {"churned", "converted", "abandoned", "activated"}
    )


def _is_did(phrase: Phrase, at: int) -> bool:
    return phrase.low(at) in {"did", "do"}


def _state(phrase: Phrase, at: int, end: int) -> Condition | None:
    """Answer what people are: `active this week`, `on the Pro plan`, `from Google Ads`."""
    found = parts.state_at(phrase, at, end)
    if found is not None and found[1] == end:
        return found[0]
    form = phrase.form(at)
    if form is not None and form.lemma in {"come", "arrive"} and phrase.low(at + 1) == "from":
        at += 1
    if phrase.low(at) in {"on", "from", "in"}:
        found = places.place_at(phrase, at, end)
        if found is not None and found[1] < end:
            timed = window_at(phrase.tokens, found[1], end, today=phrase.today)
            if timed is not None and timed[1] == end:
                return with_window(found[0], timed[0])
        return found[0] if found is not None and found[1] == end else None
    if end == at + 1 and phrase.low(at) in phrase.words.plans:
        return on_plan([phrase.tokens[at]])
    return None


def _done(phrase: Phrase, at: int, end: int) -> Condition | None:
    form = phrase.form(at)
    if form is None:
        return None
    if (lives := _lives(phrase, form, at, end)) is not None:
        return lives
    if form.lemma in _FOR_VERB and (spent := _spent(phrase, at + 1, end)) is not None:
        return spent
    particle, start = None, at + 1
    if phrase.low(start) in PARTICLES and start < end and _is_particle(phrase, form, start, end):
        particle, start = phrase.low(start), start + 1
    clause = read_clause(phrase, start, end)
    has_none = _without_pronoun(clause)
    if form.lemma == "do" and (has_none is not None) and not clause.complements:
        anything = did(None, call="any")
        done = anything if clause.window is None else with_window(anything, clause.window)
        return not_(done) if has_none else done
    condition = _of_clause(phrase, at, end, form, particle, clause)
    return not_(condition) if condition is not None and has_none else condition


def _lives(phrase: Phrase, form: Form, at: int, end: int) -> Condition | None:
    """Answer the trait that `live in Berlin` and `work at Acme` are about."""
    start, preposition = at + 2, phrase.low(at + 1)
    if start >= end:
        return None
    if form.lemma in {"live", "reside", "base", "locate"} and preposition in {"in", "at"}:
        tokens = phrase.tokens[start:end]
        path = "city" if is_bound(tokens) else place_trait(str(value_of(tokens)))
        return trait(path, *names_of(tokens))
    if form.lemma in {"work", "employ"} and preposition in {"at", "for", "by"}:
        return trait("company", *names_of(phrase.tokens[start:end]))
    return None


def _without_pronoun(clause: Clause) -> bool | None:
    """Take `something` or `nothing` away; tell which it was, True for `nothing`."""
    if len(clause.object) != 1 or clause.object[0].low not in _PRONOUNS:
        return None
    return clause.object.pop().low in _NOTHING


def _of_clause(
    phrase: Phrase, at: int, end: int, form: Form, particle: str | None, clause: Clause
) -> Condition | None:
    if (meaning := _definition(phrase, form, clause)) is not None:
        return meaning if clause.window is None else with_window(meaning, clause.window)
    if phrase.low(at) in DESTRUCTIVE and phrase.low(at - 1) in _JOINTS:
        return None  # "and remove everyone" is an order
    if clause.object and clause.object[0].low in {"most", "least", "fewest"}:
        return None  # who did most is a question, not a condition
    said = happening(phrase.words, form.lemma, particle, clause)
    if said.cost > 1 and form.lemma in _NO_EVENTS:
        return None  # "came back after their first week" is no event that was called Come
    if said.cost > 1:
        phrase.guesses.add((at, end))
    if "products" in said.properties:
        return _of_product(said, clause)
    condition = happened(said, times=clause.times and _at_least(clause), window=None)
    return condition if clause.window is None else with_window(condition, clause.window)


def _of_product(said: Happening, clause: Clause) -> Condition:
    """Answer the condition to have ordered something by its name or id.

    Conditions cannot look into an order's list of products, so that its own properties decide.
    """
    (product,) = said.properties.pop("products")
    said.properties.pop("product")
    key = "name" if "name" in product else "product_id"
    value = product[key]
    operator, wanted = ("one_of", said_as(value)) if isinstance(value, str) else ("equals", value)
    if is_bound(clause.object):
        operator, wanted = "equals", value
    filters = [
        {"path": f"properties.{name}", "operator": operator, "value": wanted}
        for name in PRODUCT_KEYS[key]
    ]
    condition = happened(said, times=clause.times and _at_least(clause), window=None)
    where = [*condition["event"].get("where", ()), {"type": "any_of", "filters": filters}]
    condition["event"] = {**condition["event"], "where": where}
    return condition if clause.window is None else with_window(condition, clause.window)


def _at_least(clause: Clause) -> tuple[str, int]:
    # "viewed 3 times" is said of whoever did so at least three times.
    comparison, count = clause.times or ("at_least", 1)
    return ("at_least" if comparison == "exactly" and count > 0 else comparison, max(count, 0))


def _is_particle(phrase: Phrase, form: Form, at: int, end: int) -> bool:
    ways = phrase.words.ways.get(form.lemma, ())
    if any(way.particle == phrase.low(at) for way, _ in ways):
        return True
    return phrase.low(at) not in {"in", "on", "over", "through"} and at + 1 >= end


_NO_EVENTS = frozenset({"become", "come", "go", "have", "keep", "let", "stay", "turn"})
"""Verbs that say too little for a kind of events to be made up for them."""


def _definition(phrase: Phrase, form: Form, clause: Clause) -> Condition | None:
    if form.lemma in _DEFINED_VERBS and not clause.object and not clause.complements:
        return meanings.defined(phrase, _DEFINED_VERBS[form.lemma])
    if form.lemma in {"abandon", "leave"} and len(clause.object) == 1:
        name = _ABANDONED.get(clause.object[0].low)
        return meanings.defined(phrase, name) if name else None
    return None


def _spent(phrase: Phrase, at: int, end: int) -> Condition | None:
    words, start = parts.comparison_at(phrase, at)
    if start >= end or phrase.kind(start) != "money":
        return None
    condition = parts.total(words, phrase.tokens[start].value[0])
    if start + 1 == end:
        return condition
    timed = window_at(phrase.tokens, start + 1, end, today=phrase.today)
    return with_window(condition, timed[0]) if timed is not None and timed[1] == end else None


def _named(phrase: Phrase, at: int, end: int) -> Condition | None:
    """Answer that an event happened which is only named: `did X but not Y`."""
    while phrase.low(at) in DETERMINERS and at + 1 < end:
        at += 1
    stop = end
    window = None
    for place in range(at + 1, end):
        found = window_at(phrase.tokens, place, end, today=phrase.today)
        if found is not None and found[1] == end:
            window, stop = found[0], place
            break
    thing = parts.thing_word(phrase, at, stop)
    if thing is not None and thing[1] == stop:
        name = thing[0]
    else:
        tokens = phrase.tokens[at:stop]
        if (
            any(token.kind not in {"word", "quoted", "bound"} for token in tokens)
            or len(tokens) > 4
        ):
            return None
        value = value_of(tokens)
        phrase.guesses.add((at, stop))
        is_given = len(tokens) == 1 and tokens[0].kind in {"quoted", "bound"}
        name = str(value) if is_given else title(str(value))
    condition = did(name)
    return condition if window is None else with_window(condition, window)
