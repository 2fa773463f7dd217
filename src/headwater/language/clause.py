"""What stands behind a verb, taken apart: its thing, complements, amounts, times and labels.

The parts know nothing of any event; `events.py` says what they are properties of.
"""

from __future__ import annotations

from typing import Any

from headwater.language.inflection import singular
from headwater.language.lexicon import AUXILIARIES, DETERMINERS, KINDS, PREPOSITIONS
from headwater.language.phrase import Phrase, value_of
from headwater.language.tokens import Token
from headwater.language.windows import NUMBERS, UNITS, Window, window_at

# Nouns that are followed by their value: "revenue $99.99", "coupon SAVE10".
_LABELS = {
    "revenue": "revenue", "total": "total", "subtotal": "subtotal", "tax": "tax", "vat": "tax",
    "shipping": "shipping", "discount": "discount", "coupon": "coupon", "price": "price",
    "quantity": "quantity", "qty": "quantity", "sku": "sku", "value": "value", "amount": "amount",
    "worth": "value", "totaling": "total", "totalling": "total", "currency": "currency",
    "plan": "plan", "reason": "reason", "rating": "rating", "score": "score", "id": "id",
    "promo": "coupon", "code": "coupon", "size": "size", "color": "color", "colour": "color",
}  # fmt: skip
_MONEY_LABELS = frozenset(
    {
        "revenue",
        "total",
        "subtotal",
        "tax",
        "vat",
        "shipping",
        "discount",
        "price",
        "value",
        "amount",
    }
    | {"worth", "totaling", "totalling"}
)
_VALUE_KINDS = frozenset({"money", "number", "percent", "bound", "quoted", "reference", "version"})
_CURRENCY_WORDS = {
    "usd": "USD", "dollars": "USD", "dollar": "USD", "bucks": "USD", "eur": "EUR", "euro": "EUR",
    "euros": "EUR", "gbp": "GBP", "pounds": "GBP", "quid": "GBP", "jpy": "JPY", "yen": "JPY",
    "inr": "INR", "rupees": "INR", "chf": "CHF", "cad": "CAD", "aud": "AUD", "sek": "SEK",
}  # fmt: skip
_TIMES = {"once": 1, "twice": 2, "thrice": 3}
_AT_LEAST = {"at least": ("at_least", 0), "more than": ("at_least", 1), "over": ("at_least", 1),
             "exactly": ("exactly", 0), "at most": ("at_most", 0), "less than": ("at_most", -1),
             "fewer than": ("at_most", -1), "only": ("exactly", 0)}  # fmt: skip


class Clause:
    """The parts behind a verb.

    Attributes:
        object: the tokens of what was acted on, without articles.
        complements: what follows each preposition, without articles, in order.
        money: an amount without a name, and its currency.
        per: the unit that the amount is for: `month`.
        reference: what `#` names.
        labels: what was named in words: `{"revenue": 99.99, "items": 3}`.
        campaign: `utm_…` parameters.
        note: words behind a dash or a quantity.
        window: when.
        times: how often, as a comparison and a count.
        end: the token behind it.
    """

    __slots__ = (
        "campaign", "complements", "end", "labels", "money", "note", "object", "per",
        "reference", "times", "window",
    )  # fmt: skip

    def __init__(self, end: int = 0) -> None:
        self.object: list[Token] = []
        self.complements: list[tuple[str, list[Token]]] = []
        self.money: tuple[Any, str] | None = None
        self.per: str | None = None
        self.reference: Any = None
        self.labels: dict[str, Any] = {}
        self.campaign: dict[str, Any] = {}
        self.note: list[Token] = []
        self.window: Window | None = None
        self.times: tuple[str, int] | None = None
        self.end = end

    def complement(self, preposition: str) -> list[Token] | None:
        """Answer what follows a preposition."""
        return next((tokens for name, tokens in self.complements if name == preposition), None)


class _Reader:
    """Reads one clause, token by token; every step takes at least one token."""

    def __init__(self, phrase: Phrase, at: int, end: int) -> None:
        self.phrase = phrase
        self.tokens = phrase.tokens
        self.at = at
        self.end = end
        self.clause = Clause(end=end)
        self.segment = self.clause.object

    def read(self) -> Clause:
        while self.at < self.end:
            if not (self._time() or self._amount() or self._named() or self._joint()):
                self.segment.append(self.tokens[self.at])
                self.at += 1
        self.clause.complements = [one for one in self.clause.complements if one[1]]
        return self.clause

    def _time(self) -> bool:
        token = self.tokens[self.at]
        if token.low in _TIMES:
            self.clause.times = ("exactly", _TIMES[token.low])
            self.at += 1
            return True
        if token.kind not in {"word", "number", "date", "bound"}:
            return False
        return self._count() or (self.clause.window is None and self._window())

    def _count(self) -> bool:
        at, comparison, more = self.at, "exactly", 0
        for width in (2, 1):
            words = " ".join(token.low for token in self.tokens[at : at + width])
            if words in _AT_LEAST:
                (comparison, more), at = _AT_LEAST[words], at + width
                break
        if at >= self.end:
            return False
        token = self.tokens[at]
        if token.low in _TIMES:
            self.clause.times = (comparison, _TIMES[token.low] + more)
            self.at = at + 1
            return True
        number = token.value if token.kind != "word" else NUMBERS.get(token.low)
        if not isinstance(number, int) or isinstance(number, bool) or at + 1 >= self.end:
            return False
        if self.tokens[at + 1].low not in {"times", "time", "x"}:
            return False
        self.clause.times = (comparison, number + more)
        self.at = at + 2
        if self.phrase.low(self.at) == "or" and self.phrase.low(self.at + 1) == "more":
            self.clause.times = ("at_least", number)
            self.at += 2
        return True

    def _window(self) -> bool:
        found = window_at(self.tokens, self.at, self.end, today=self.phrase.today)
        if found is None:
            return False
        token = self.tokens[self.at]
        # "planned Q1 roadmap": a quarter that stands before a noun is part of that noun.
        if token.low[:1] == "q" and found[1] < self.end and self.segment is self.clause.object:
            following = self.tokens[found[1]]
            if following.kind == "word" and following.low not in PREPOSITIONS:
                return False
        self.clause.window, self.at = found
        return True

    def _amount(self) -> bool:
        token = self.tokens[self.at]
        if token.kind == "money":
            self._money(token.value)
        elif token.kind == "percent":
            self._label("percent", token.value)
            self.at += 1
        elif token.kind == "reference":
            self.clause.reference = token.value
            self.at += 1
        elif token.kind == "version":
            self._label("version", token.text)
            self.at += 1
        elif token.kind == "pair":
            self._pair(token.value)
        elif token.kind == "number":
            return self._number(token)
        else:
            return False
        return True

    def _money(self, money: tuple[Any, str]) -> None:
        self.at += 1
        label = self.segment[-1].low if self.segment else ""
        if label in _MONEY_LABELS:
            self.segment.pop()
            label = _LABELS[label]
            self.clause.labels[label] = money[0]
            self.clause.labels["currency"] = money[1]
        else:
            self.clause.money = money
        following, after = self.phrase.low(self.at), self.phrase.low(self.at + 1)
        if following in {"/", "per", "a", "each", "every"} and after in {*UNITS, "mo", "yr"}:
            self.clause.per = {"mo": "month", "yr": "year"}.get(after) or UNITS[after]
            self.at += 2
        elif following in {"monthly", "yearly", "annually", "weekly"}:
            self.clause.per = {"monthly": "month", "weekly": "week"}.get(following, "year")
            self.at += 1

    def _pair(self, pair: tuple[str, str]) -> None:
        name, value = pair
        if name.lower().startswith("utm_"):
            key = name.lower().removeprefix("utm_")
            self.clause.campaign["name" if key == "campaign" else key] = value
        else:
            self._label(name, value)
        self.at += 1

    def _label(self, label: str, value: Any) -> None:
        if self.segment and (own := _LABELS.get(self.segment[-1].low)):
            self.segment.pop()
            label = own
        self.clause.labels[label] = value

    def _number(self, token: Token) -> bool:
        following = self.tokens[self.at + 1] if self.at + 1 < self.end else None
        if following is not None and (code := _CURRENCY_WORDS.get(following.low)):
            self.at += 1
            self._money((token.value, code))
            return True
        last = self.segment[-1] if self.segment else None
        if last is not None and last.low in _LABELS:
            self._label(last.low, token.value)
            self.at += 1
            return True
        if last is not None and singular(last.low) in KINDS:
            return False  # "PR 123": its name
        if following is None or following.kind != "word" or following.low in PREPOSITIONS:
            return False
        self.clause.labels[following.low.replace("-", "_")] = token.value
        self.at += 2
        if self.segment is self.clause.object and self.segment:
            self.segment = self.clause.note
        elif self.segment is self.clause.object:
            self.segment.append(following)  # "sent 3 invites": what was acted on
        return True

    def _named(self) -> bool:
        token = self.tokens[self.at]
        following = self.tokens[self.at + 1] if self.at + 1 < self.end else None
        if token.low not in _LABELS or following is None or token.kind != "word":
            return False
        skip = 1
        if following.low in {":", "=", "is", "of"} and self.at + 2 < self.end:
            following, skip = self.tokens[self.at + 2], 2
        behind = self.phrase.low(self.at + skip + 1)
        is_amount = following.kind == "number" and behind in _CURRENCY_WORDS
        if following.kind == "money" or is_amount:
            self.segment.append(token)
            self.at += skip
            return True
        is_code = following.kind == "word" and (
            any(sign.isdigit() for sign in following.text) or following.text.isupper()
        )
        if following.kind not in _VALUE_KINDS and not (is_code or skip == 2):
            return False
        self.clause.labels[_LABELS[token.low]] = (
            following.text if following.kind == "version" else value_of([following])
        )
        self.at += skip + 1
        return True

    def _joint(self) -> bool:
        token = self.tokens[self.at]
        if token.kind == "symbol":
            if token.text in {"-", "\u2013", "\u2014", "(", ";", ","}:
                if self.segment or token.text == "(":
                    self.segment = self.clause.note
                self.at += 1
                return True
            if token.text in {".", "!", ")", ":", "?"}:
                self.at += 1
                return True
            return False
        if token.kind != "word":
            return False
        if token.low == "of" and self.clause.complements[-1:] == [("because", [])]:
            pass  # "because of price"
        elif token.low in PREPOSITIONS:
            self.segment = []
            self.clause.complements.append((token.low, self.segment))
        elif not self._is_article(token) and not (token.low in _ADVERBS and not self.segment):
            return False
        self.at += 1
        return True

    def _is_article(self, token: Token) -> bool:
        # "a" and "the" in front of something; a capital "A" behind something is a name.
        if token.low not in DETERMINERS or self.at + 1 >= self.end:
            return False
        return not (token.text == "A" and bool(self.segment))


_ADVERBS = AUXILIARIES - {"do", "does"}


def read_clause(phrase: Phrase, at: int, end: int) -> Clause:
    """Answer the parts of the tokens from `at` to `end`."""
    return _Reader(phrase, at, end).read()
