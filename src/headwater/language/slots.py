"""The parts of speech that patterns name: each reads a stretch of a phrase whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.language.conditions import Condition, all_of, settled
from headwater.language.lexicon import DETERMINERS, PREPOSITIONS
from headwater.language.patterns import SlotReader
from headwater.language.phrase import Phrase, value_of
from headwater.language.population_clauses import ends_of_clauses, read_clause_condition
from headwater.language.population_parts import modifier_at
from headwater.language.populations import read_people
from headwater.language.subjects import Subject, identifier_of, subject_at
from headwater.language.windows import NUMBERS, Window, duration_at, window_at

_FORMATS = {"parquet": "parquet", "csv": "csv", "json": "json", "jsonl": "json", "excel": "csv",
            "spreadsheet": "csv"}  # fmt: skip
_EVERY = {"hourly": "hour", "daily": "day", "nightly": "day", "weekly": "week", "monthly": "month"}
CHANNELS = {
    "email": "email", "emails": "email", "mail": "email", "e-mail": "email", "sms": "sms",
    "text": "sms", "texts": "sms", "push": "push", "whatsapp": "whatsapp", "slack": "slack",
    "in-app": "in_app", "notification": "any", "message": "any", "notify": "any",
}  # fmt: skip
_LONGEST_EVENTS = 16
"""Tokens that one kind of events is named by, with whose they are."""

_ALL = frozenset({"all", "every", "any"})
_EVENTS = frozenset({"events", "event", "everything", "anything", "data", "activity"})


def who(phrase: Phrase, at: int, end: int) -> Subject | None:
    """Somebody, by an id, an address, a bound value or a bare name."""
    found = subject_at(phrase, at)
    return found[0] if found is not None and found[1] == end else None


def someone(phrase: Phrase, at: int, end: int) -> Subject | None:
    """Somebody by an id, an address or a bound value; no bare name."""
    found = who(phrase, at, end) if phrase.kind(at) != "quoted" else None
    return found if found is not None and found.is_exact else None


def numbered(phrase: Phrase, at: int, end: int) -> Subject | None:
    """Somebody by a bare number, where nothing else can be meant by one: `who is 42?`."""
    token = phrase.tokens[at]
    is_id = at + 1 == end and token.kind == "number" and token.text.isdigit()
    return Subject(f"user_id:{token.text}") if is_id else None


def stated(phrase: Phrase, at: int, end: int) -> Subject | None:
    """Somebody by an id or an address in the text itself; no bound value, no bare name."""
    return None if phrase.kind(at) == "bound" else someone(phrase, at, end)


def people(phrase: Phrase, at: int, end: int) -> Condition | None:
    """A population."""
    return read_people(phrase, at, end)


def clauses(phrase: Phrase, at: int, end: int) -> Condition | None:
    """What people did, without the people: `signed up this week but never bought`."""
    conditions: list[Condition] = []
    for start, stop in ends_of_clauses(phrase, at, end):
        condition = read_clause_condition(phrase, start, stop)
        if condition is None:
            return None
        conditions.append(condition)
    guesses = 3 * sum(at <= start and stop <= end for start, stop in phrase.guesses)
    phrase.slot_costs["clauses", at, end] = guesses
    return settled(all_of(conditions))


def audience(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    """Whom something is for: one person, or a population."""
    one = who(phrase, at, end)
    if one is not None:
        return {"who": one.id}
    several = people(phrase, at, end)
    return None if several is None else {"people": several}


def events(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    """Which events: `purchases`, `all events`, `enterprise signups`, `"Order Completed"`."""
    if end - at > _LONGEST_EVENTS:
        return None
    start = at
    while phrase.low(start) in _ALL | DETERMINERS | {"user", "customer"} and start + 1 < end:
        start += 1
    if phrase.low(start) in _EVENTS and start + 1 == end:
        return {}
    name = event_name(phrase, start, end)
    if name is not None:
        return name
    found = modifier_at(phrase, start, end) if start + 1 < end else None
    if found is None:
        return None
    condition, stop = found
    of = events(phrase, stop, end)
    return None if of is None or "people" in of else {**of, "people": settled(condition)}


def event_name(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    """One kind of event by what it is called as a thing, or by its name in quotes."""
    stop = end
    if end - at > 1 and phrase.low(end - 1) in {"events", "event"}:
        stop = end - 1
    if phrase.kind(at) in {"quoted", "bound"} and stop == at + 1:
        value = phrase.tokens[at].value
        return {"name": str(value)} if str(value).strip() else None
    words = " ".join(phrase.low(place) for place in range(at, stop))
    if words in {"page views", "page view", "pageviews", "pageview", "pages", "visits"}:
        return {"call": "page"}
    if words in {"screen views", "screen view", "screens"}:
        return {"call": "screen"}
    word = phrase.words.things.get(words)
    return None if word is None else {"name": word.name}


def destinations(phrase: Phrase, at: int, end: int) -> list[str] | None:
    """Destinations by their names: `GA4, Mixpanel and Facebook`."""
    found: list[str] = []
    start = at
    for place in range(at, end + 1):
        is_joint = place == end or phrase.low(place) in {",", "and", "&", "plus"}
        if not is_joint:
            continue
        if place == start:
            if place < end and phrase.low(place) in {"and", "&"} and found:
                start = place + 1
                continue
            return None
        if found and phrase.low(start) == "to" and start + 1 < place:
            start += 1  # "to GA4 and to Facebook"
        name = destination(phrase, start, place)
        if name is None:
            return None
        found.append(name)
        start = place + 1
    return found


def destination(phrase: Phrase, at: int, end: int) -> str | None:
    """A destination by its name, its id, or a bound value."""
    while phrase.low(at) in DETERMINERS | {"destination"} and at + 1 < end:
        at += 1
    if end - at > 1 and phrase.low(end - 1) in {"destination", "webhook", "channel"}:
        end -= 1
    if phrase.kind(at) in {"quoted", "bound"} and end == at + 1:
        value = phrase.tokens[at].value
        return str(value) if isinstance(value, (str, int)) and str(value).strip() else None
    said = " ".join(phrase.low(place) for place in range(at, end))
    return phrase.words.destinations.get(said)


def window(phrase: Phrase, at: int, end: int) -> Window | None:
    """A stretch of time."""
    found = window_at(phrase.tokens, at, end, today=phrase.today)
    return found[0] if found is not None and found[1] == end else None


def duration(phrase: Phrase, at: int, end: int) -> tuple[int, str] | None:
    """A length of time."""
    found = duration_at(phrase.tokens, at, end)
    return found[0] if found is not None and found[1] == end else None


def text(phrase: Phrase, at: int, end: int) -> str | None:
    """Anything at all, as content; a bound or quoted text is what it holds."""
    if end - at == 1 and phrase.kind(at) in {"quoted", "bound"}:
        value = phrase.tokens[at].value
        if isinstance(value, (str, int, float)):
            return str(value).strip() or None
    return phrase_text(phrase, at, end)


def phrase_text(phrase: Phrase, at: int, end: int) -> str | None:
    """Words as they stand, with bound values filled in."""
    value = value_of(phrase.tokens[at:end])
    if isinstance(value, Mapping):  # somebody, or the outcome of a step before
        return identifier_of(value)
    return str(value).strip() or None


def name(phrase: Phrase, at: int, end: int) -> str | None:
    """A name of up to five words, without articles and prepositions."""
    while phrase.low(at) in DETERMINERS and at < end:
        at += 1
    if phrase.kind(at) == "possessive":
        return None
    if not 0 < end - at <= 5 or any(
        phrase.low(place) in PREPOSITIONS or phrase.kind(place) in {"symbol", "newline"}
        for place in range(at, end)
    ):
        return None
    return text(phrase, at, end)


def value(phrase: Phrase, at: int, end: int) -> Any:
    """A value with its type: a number, an amount, a bound value; else the text."""
    while phrase.low(at) in DETERMINERS and at + 1 < end:
        at += 1
    return value_of(phrase.tokens[at:end])


def quoted(phrase: Phrase, at: int, end: int) -> str | None:
    """A text in quotes, or a bound one."""
    is_one = end - at == 1 and phrase.kind(at) in {"quoted", "bound"}
    return text(phrase, at, end) if is_one else None


def channel(phrase: Phrase, at: int, end: int) -> str | None:
    """A channel that messages go by."""
    return CHANNELS.get(phrase.low(at)) if end - at == 1 else None


def file_format(phrase: Phrase, at: int, end: int) -> str | None:
    """A format of files."""
    at += 1 if phrase.low(at) in DETERMINERS else 0
    is_one = end - at == 1 or (end - at == 2 and phrase.low(end - 1) in {"file", "files"})
    return _FORMATS.get(phrase.low(at)) if is_one else None


def every(phrase: Phrase, at: int, end: int) -> str | None:
    """How often: `hourly`, `every day`, `once a week`."""
    if end - at == 1:
        return _EVERY.get(phrase.low(at))
    start = at + 1 if phrase.low(at) == "once" else at
    if phrase.low(start) in {"every", "each", "a", "an", "per"} and end - start == 2:
        unit = phrase.low(start + 1)
        return unit if unit in {"minute", "hour", "day", "week", "month"} else None
    return None


def count(phrase: Phrase, at: int, end: int) -> int | None:
    """A whole number from 1 to 10,000: `10`, `ten`."""
    if end - at != 1:
        return None
    if phrase.kind(at) == "word" and phrase.low(at) not in {"a", "an", "couple", "few"}:
        return NUMBERS.get(phrase.low(at))
    value = phrase.tokens[at].value if phrase.kind(at) == "number" else None
    return value if isinstance(value, int) and 1 <= value <= 10_000 else None


SLOTS: Mapping[str, SlotReader] = {
    "who": who,
    "someone": someone,
    "numbered": numbered,
    "stated": stated,
    "people": people,
    "clauses": clauses,
    "audience": audience,
    "events": events,
    "event": event_name,
    "destinations": destinations,
    "destination": destination,
    "window": window,
    "duration": duration,
    "text": text,
    "value": value,
    "name": name,
    "quoted": quoted,
    "channel": channel,
    "format": file_format,
    "every": every,
    "count": count,
}
