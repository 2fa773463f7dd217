"""Facts in the past tense: `user-123 completed order #456 revenue $99.99`, lists and bullets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headwater.language.clause import Clause, read_clause
from headwater.language.events import happening, of_event
from headwater.language.facts_moments import moment_of
from headwater.language.happenings import Happening, split_head
from headwater.language.inflection import PAST, PERFECT, PROGRESSIVE, regular_past, singular
from headwater.language.lexicon import (
    AUXILIARIES,
    CROWDS,
    DETERMINERS,
    NEGATIONS,
    PARTICLES,
    PRONOUNS,
)
from headwater.language.pages import page_of, page_view
from headwater.language.phrase import Phrase, value_of
from headwater.language.reading import Document
from headwater.language.subjects import VISITOR, Subject, subject_at
from headwater.language.things import PAGE_VIEWS, thing_at
from headwater.language.traits import read_traits

JOINTS = frozenset({"and", "then", "&", ",", ";", "also", "plus"})
_OF_THE_PAST = AUXILIARIES - {"is", "are", "be", "do", "does", "did"}
_OF_SPEECH = frozenset({"say", "tell", "think", "know", "mean", "let"})
_INTERACTIONS = frozenset(
    {"Button Clicked", "Form Submitted", "Link Clicked", "Product Viewed", "Video Playback Started"}
    | {"Products Searched", "Product Clicked"}
)


class Facts:
    """Reads a whole text as facts; `cost` grows with what had to be guessed."""

    def __init__(self, phrase: Phrase) -> None:
        self.phrase = phrase
        self.cost = 0
        self.facts: list[Document] = []

    def read(self) -> bool:
        """Tell whether all of the text is facts; `facts` has them then."""
        lines = list(self.phrase.lines())
        at = 0
        while at < len(lines):
            bullets = at + 1
            while bullets < len(lines) and self._is_bullet(lines[bullets]):
                bullets += 1
            if not self._paragraph(lines[at], lines[at + 1 : bullets]):
                return False
            at = bullets
        return bool(self.facts)

    def _is_bullet(self, line: tuple[int, int]) -> bool:
        start, _ = line
        if self.phrase.kind(start) == "bullet":
            return True
        return self.phrase.kind(start) == "number" and self.phrase.low(start + 1) in {".", ")"}

    def _paragraph(self, line: tuple[int, int], bullets: list[tuple[int, int]]) -> bool:
        at, end = line
        if self.phrase.kind(at) == "bullet":
            at += 1
        found = subject_at(self.phrase, at)
        if found is None:
            return self._of_visitor(at, end) and not bullets
        subject, at = found
        if subject.is_exact:
            self.phrase.reached(at)
        if self.phrase.low(at) == ":" and at + 1 == end:
            return bool(bullets) and all(self._bullet(subject, one) for one in bullets)
        if self.phrase.low(at) == ":":
            at += 1
        has_details = self.phrase.low(end - 1) == ":"
        if not self._sentence(subject, at, end - 1 if has_details else end):
            return False
        if has_details:
            return bool(bullets) and all(self._detail(one) for one in bullets)
        return all(self._bullet(subject, one) for one in bullets)

    def _bullet(self, subject: Subject, line: tuple[int, int]) -> bool:
        start = line[0] + (2 if self.phrase.kind(line[0]) == "number" else 1)
        return self._sentence(subject, start, line[1])

    def _detail(self, line: tuple[int, int]) -> bool:
        start, end = line[0] + 1, line[1]
        colon = next((at for at in range(start, end) if self.phrase.low(at) in {":", "="}), None)
        if self.phrase.kind(start) == "pair" and start + 1 == end:
            key, value = self.phrase.tokens[start].value
        elif colon is None or colon == start or colon + 1 >= end:
            self.phrase.reached(start)
            return False
        else:
            key = self.phrase.said(start, colon)
            value = value_of(self.phrase.tokens[colon + 1 : end])
            if end == colon + 2 and self.phrase.kind(colon + 1) == "money":
                value, currency = self.phrase.tokens[colon + 1].value
                self._properties()["currency"] = currency
        self._set(key, value)
        self.phrase.reached(end)
        return True

    def _properties(self) -> dict[str, Any]:
        properties: dict[str, Any] = self.facts[-1].setdefault("properties", {})
        return properties

    def _set(self, key: str, value: Any) -> None:
        name = "_".join(key.lower().replace("-", " ").split())
        if name == "order" and str(self.facts[-1].get("name", "")).startswith("Order "):
            name = "order_id"
        self._properties()[name] = value

    def _sentence(self, subject: Subject, at: int, end: int) -> bool:
        """Read what one subject did: one thing or several."""
        if (traits := read_traits(self.phrase, at, end)) is not None:
            self.facts.append({"who": subject.id, "call": "identify", "traits": traits})
            return True
        for start, stop in self._clauses(at, end):
            said = self._happening(subject, start, stop)
            if said is None:
                if subject.is_exact:
                    self.phrase.reached(start)
                return False
            self._record(subject.id, *said)
            self.phrase.reached(stop)
        return True

    def _clauses(self, at: int, end: int) -> Iterator[tuple[int, int]]:
        start = at
        for joint in range(at + 1, end):
            if self.phrase.low(joint) in JOINTS and joint >= start:
                following = joint + 1
                while self.phrase.low(following) in JOINTS | AUXILIARIES and following < end:
                    following += 1
                if following < end and joint > start and self._may_be_past(following):
                    yield start, joint
                    start = following
        yield start, end

    def _may_be_past(self, at: int) -> bool:
        form = self.phrase.form(at)
        if form is not None:
            return PAST in form.tenses
        token = self.phrase.tokens[at]
        is_new = token.kind == "word" and token.low not in self.phrase.words.known
        return is_new and regular_past(token.low) is not None

    def _behind_auxiliaries(self, at: int, end: int) -> int:
        while at + 1 < end and self.phrase.low(at) in _OF_THE_PAST:
            if self.phrase.low(at) == "got" and self.phrase.low(at + 1) in DETERMINERS:
                break  # "got a refund"
            at += 1
        return at

    def _happening(self, subject: Subject, at: int, end: int) -> tuple[Happening, Clause] | None:
        at = self._behind_auxiliaries(at, end)
        if at >= end or self.phrase.low(at) in NEGATIONS:
            return None
        if self.phrase.low(at - 1) == "was" and self.phrase.low(at) in {"on", "at"}:
            clause = read_clause(self.phrase, at, end)
            page = page_of("be", clause)
            return None if page is None else (page, clause)
        token = self.phrase.tokens[at]
        form = self.phrase.form(at)
        is_past = form is not None and bool({PAST, PERFECT} & form.tenses)
        was_going_on = at > 0 and self.phrase.low(at - 1) == "been"
        is_past = is_past or (was_going_on and form is not None and PROGRESSIVE in form.tenses)
        if form is not None and form.lemma in _OF_SPEECH:
            return None  # what somebody said is nothing that they did
        if form is not None and is_past and not self._is_thing(at, end):
            return self._verb(form.lemma, at, end)
        if (passive := self._passive(at, end)) is not None:
            return passive
        if subject.is_exact and (thing := self._thing(at, end)) is not None:
            return thing
        if token.kind == "word" and self.phrase.allows_new_verbs and subject.is_exact:
            lemma = regular_past(token.low)
            if lemma is not None:
                self.cost += 4
                return self._verb(lemma, at, end)
        return None

    def _is_thing(self, at: int, end: int) -> bool:
        # "checkout completed": the participle comes later, so the first word is a noun.
        return self.phrase.low(at) in self.phrase.words.things and self._participle(at, end) > 0

    def _verb(self, lemma: str, at: int, end: int) -> tuple[Happening, Clause]:
        particle, start = None, at + 1
        following = self.phrase.low(start) if start < end else ""
        if following in PARTICLES and self._has_particle(lemma, following, start, end):
            particle, start = following, start + 1
        clause = read_clause(self.phrase, start, end)
        said = happening(self.phrase.words, lemma, particle, clause)
        self.cost += said.cost
        return said, clause

    def _has_particle(self, lemma: str, particle: str, at: int, end: int) -> bool:
        ways = self.phrase.words.ways.get(lemma, ())
        if any(way.particle == particle for way, _ in ways):
            return True
        return particle not in {"in", "on", "over", "through"} or at + 1 >= end

    def _participle(self, at: int, end: int) -> int:
        """Answer where the first participle stands behind nouns alone; 0 where none does."""
        for place in range(at + 1, min(end, at + 4)):
            form = self.phrase.form(place)
            if self.phrase.kind(place) != "word":
                return 0
            if form is not None and PERFECT in form.tenses and self.phrase.low(place) != "set":
                return place
        return 0

    def _passive(self, at: int, end: int) -> tuple[Happening, Clause] | None:
        while at < end and self.phrase.low(at) in DETERMINERS:
            at += 1
        place = self._participle(at, end)
        form = self.phrase.form(place) if place else None
        if form is None:
            return None
        clause = read_clause(self.phrase, place + 1, end)
        nouns = [token for token in self.phrase.tokens[at:place] if token.low not in _OF_THE_PAST]
        if any(token.low in AUXILIARIES | NEGATIONS | PRONOUNS for token in nouns):
            return None
        if clause.object and not clause.note:
            clause.note = clause.object
        clause.object = nouns
        said = happening(self.phrase.words, form.lemma, None, clause)
        self.cost += said.cost
        return said, clause

    def _thing(self, at: int, end: int) -> tuple[Happening, Clause] | None:
        """Read an event that is named as a thing: `api call to /users endpoint`."""
        name, word, stop = thing_at(self.phrase, at, end)
        if name in PAGE_VIEWS and stop < end:
            clause = read_clause(self.phrase, stop, end)
            return (page_view(clause), clause) if clause.object else None
        if word is None:
            return None
        clause = read_clause(self.phrase, stop, end)
        head = split_head(clause.object)
        return of_event(self.phrase.words, word, head, clause), clause

    def _of_visitor(self, at: int, end: int) -> bool:
        if self.phrase.low(at) == "i":
            return self._sentence(Subject(VISITOR), at + 1, end)
        name, word, stop = thing_at(self.phrase, at, end)
        is_page = name in PAGE_VIEWS
        if stop < end and (is_page or (word is not None and word.name in _INTERACTIONS)):
            return self.phrase.low(stop) not in CROWDS and self._visitor_thing(at, end)
        form = self.phrase.form(at)
        if form is None or PAST not in form.tenses or at + 1 >= end:
            return False
        if any(token.low in CROWDS for token in self.phrase.tokens[at:end]):
            return False
        following = self.phrase.form(at + 1)
        if "base" in form.tenses or (
            (following is not None and singular(self.phrase.low(at + 1)) == self.phrase.low(at + 1))
            and end == at + 2
        ):
            return False
        return self._sentence(Subject(VISITOR), at, end)

    def _visitor_thing(self, at: int, end: int) -> bool:
        said = self._thing(at, end)
        if said is None or not said[1].object:
            return False
        self._record(VISITOR, *said)
        return True

    def _record(self, who: str, said: Happening, clause: Clause) -> None:
        fact: Document = {"who": who, "call": said.call, "name": said.name}
        if said.call == "group":
            fact["traits"] = said.properties
        elif said.properties:
            fact["properties"] = said.properties
        if said.campaign:
            fact["campaign"] = said.campaign
        if said.traits:
            fact["traits"] = said.traits
        if clause.times is not None and clause.times != ("exactly", 1):
            fact["times"] = clause.times[1]
        when = moment_of(clause.window)
        if when is not None:
            fact["when"] = when
        self.facts.append(fact)
