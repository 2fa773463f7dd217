"""A text as tokens: typed spans, so that the grammar never looks inside an id or a value.

Bound values come in as `{name}` and leave as one token each, whatever they contain. Text that
touches one (`user-{n}`, `#{order}`) is part of the value, never of the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from headwater.language.refusal import NotUnderstood

MAX_TEXT = 4000
"""Characters; a longer text is no phrase."""

MAX_TOKENS = 600


class Token(NamedTuple):
    """One typed span of a text.

    Attributes:
        kind: `word`, `number`, `money`, `percent`, `version`, `id`, `email`, `phone`, `url`,
            `path`, `reference`, `pair`, `quoted`, `bound`, `date`, `newline`, `bullet`, `symbol`
            or `possessive`.
        text: as it stands in the text; what people are quoted.
        low: lower case with plain apostrophes: what the lexicon is asked for.
        value: what it means: a number, (amount, currency), a quoted text's inside, a bound value.
        start: where it begins in the text.
        end: where it ends.
    """

    kind: str
    text: str
    low: str
    value: Any
    start: int
    end: int


_CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_SCALES = {"k": 1_000, "m": 1_000_000}
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"

# The first alternative that fits is taken, so the more particular ones come first.
_TOKEN = (
    r"""(?P<newline>\n\s*)|(?P<space>[^\S\n]+)"""
    r"""|(?P<bound>(?:[^\s{}"“”`,;()]*\{[A-Za-z_]\w*\})+(?:[^\s{}"“”`,;:?!()']*[\w])?)"""
    r"""|(?P<possessive>['\u2019]s\b)"""
    r"""|(?P<quoted>"[^"\n]*"|“[^”\n]*”|`[^`\n]*`|(?<![\w])['\u2018][^'\u2019\n]+(?:['\u2019](?=\w)[^'\u2019\n]+)*['\u2019](?!\w))"""
    r"""|(?P<url>https?://[^\s<>"]+[^\s<>".,;:?!)])"""
    r"""|(?P<email>[\w.+%-]+@[\w-]+(?:\.[\w-]+)+)"""
    r"""|(?P<pair>[A-Za-z_][\w.]*=(?:"[^"\n]*"|'[^'\n]*'|[^\s,;]*[^\s,;.?!)]))"""
    r"""|(?P<id>(?:user_id|anonymous_id|email|phone|device_id|[a-z][a-z0-9_.]*_id):[^\s,;]*[^\s,;:.?!)]"""
    r"""|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"""
    rf"""|(?P<money>[$€£¥₹]\s?(?:{_NUMBER})(?:[kKmM]\b)?)"""
    r"""|(?P<reference>\#\w[\w-]*|(?:\b[Nn](?:o|r)\.|\b[Nn]umber|№)\s?\d[\w-]*)"""
    r"""|(?P<phone>\+\d(?:[ ().-]{0,2}\d){7,14}(?!\w))"""
    r"""|(?P<date>\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?(?![\w-]))"""
    r"""|(?P<version>v\d+(?:\.\d+)*(?![\w])|\d+\.\d+\.\d+(?:[-+.][\w.-]*\w)?)"""
    rf"""|(?P<percent>(?:{_NUMBER})\s?%)|(?P<number>(?:{_NUMBER})(?:[kKM](?![\w]))?(?![\w-]|\.\d))"""
    r"""|(?P<path>(?<![^\s(])/[\w./:-]*\w)"""
    r"""|(?P<word>\w(?:[\w'\u2019./+-]*[\w+])?)|(?P<symbol>\S)"""
)  # fmt: skip

_NO_POSSESSIVE = frozenset(
    {"it's", "who's", "what's", "where's", "when's", "how's", "let's", "that's", "he's", "she's"}
    | {"there's", "here's"}
)
_LINE_MARKS = frozenset("-*•\u2013\u2014·")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")


@cache
def _tokens() -> re.Pattern[str]:
    """Made at the first use, to keep the import short."""
    return re.compile(_TOKEN)


def tokenise(text: str, params: Mapping[str, Any] | None = None) -> list[Token]:
    """Answer a text's tokens in order, line breaks among them, blank lines and ends left out.

    Args:
        text: what was said, with `{name}` where a value is bound.
        params: the bound values by name; each must be used, and each that is used be there.

    Raises:
        NotUnderstood: the text is too long, or its parameters do not fit it.
    """
    if len(text) > MAX_TEXT:
        raise NotUnderstood(
            f"The text has {len(text):,} characters and the limit is {MAX_TEXT:,}; say it shorter, "
            "and send data through the API or the SDK."
        )
    params = params or {}
    used: set[str] = set()
    tokens: list[Token] = []
    for match in _tokens().finditer(text):
        kind = match.lastgroup or "symbol"
        if kind == "space":
            continue
        span = match.group()
        if kind == "newline":
            if tokens and tokens[-1].kind != "newline":
                tokens.append(Token("newline", span, "\n", None, match.start(), match.end()))
            continue
        if kind == "word":
            _add_word(tokens, span, match.start())
            continue
        tokens.append(_typed(kind, span, match.start(), tokens, params, used))
    while tokens and tokens[-1].kind == "newline":
        tokens.pop()
    if len(tokens) > MAX_TOKENS:
        raise NotUnderstood(
            f"The text has over {MAX_TOKENS} words; say it in several, or send data "
            "through the API or the SDK."
        )
    if unused := [name for name in params if name not in used]:
        raise NotUnderstood(
            f"The value {unused[0]!r} was given but the text has no {{{unused[0]}}}; add it to the "
            "text or leave the value out."
        )
    return tokens


def _add_word(tokens: list[Token], span: str, start: int) -> None:
    low = span.lower().replace("\u2019", "'")
    if low.endswith("'s") and low not in _NO_POSSESSIVE:
        end = start + len(span) - 2
        tokens.append(Token("word", span[:-2], low[:-2], None, start, end))
        tokens.append(Token("possessive", span[-2:], "'s", None, end, end + 2))
    elif low.endswith(("'ve", "'re")) and len(low) > 3:
        end, behind = start + len(span) - 3, {"'ve": "have", "'re": "are"}[low[-3:]]
        tokens.append(Token("word", span[:-3], low[:-3], None, start, end))
        tokens.append(Token("word", span[-3:], behind, None, end, end + 3))
    else:
        tokens.append(Token("word", span, low, None, start, start + len(span)))


def _typed(
    kind: str,
    span: str,
    start: int,
    before: list[Token],
    params: Mapping[str, Any],
    used: set[str],
) -> Token:
    value: Any = span
    if kind == "bound":
        kind, value = _bound(span, params, used)
    elif kind == "quoted":
        value = span[1:-1].strip()
    elif kind == "number":
        value = number(span)
    elif kind == "money":
        value = (number(span[1:].strip()), _CURRENCIES[span[0]])
    elif kind == "percent":
        value = number(span[:-1].strip())
    elif kind == "reference":
        value = re.sub(r"^(?:#|№|[A-Za-z]+\.?)\s?", "", span)
    elif kind == "pair":
        name, _, given = span.partition("=")
        value = (name, given[1:-1] if given[:1] in {'"', "'"} else given)
    elif kind == "phone":
        value = "+" + "".join(sign for sign in span if sign.isdigit())
    elif kind == "symbol" and span in _LINE_MARKS and (not before or before[-1].kind == "newline"):
        kind = "bullet"
    return Token(kind, span, span.lower(), value, start, start + len(span))


def number(span: str) -> int | float:
    """Answer a number as it is written: `1,299.00`, `3`, `1.2k`."""
    scale = _SCALES.get(span[-1].lower(), 1)
    digits = (span[:-1] if scale > 1 else span).replace(",", "")
    if "." not in digits:
        return int(digits) * scale
    value = float(digits)
    return value if scale == 1 else round(value * scale, 6)


def _bound(span: str, params: Mapping[str, Any], used: set[str]) -> tuple[str, Any]:
    names = _PLACEHOLDER.findall(span)
    for name in names:
        if name not in params:
            raise NotUnderstood(
                f"The text says {{{name}}}, but no value of that name was given; give it as a "
                f"parameter, such as {name}=…"
            )
    used.update(names)
    if span == f"{{{names[0]}}}":
        return "bound", params[names[0]]
    prefix, inner = span[0], span[1:]
    if inner == f"{{{names[0]}}}" and prefix in "#$€£¥₹":
        value = params[names[0]]
        return ("reference", value) if prefix == "#" else ("money", (value, _CURRENCIES[prefix]))
    return "bound", _PLACEHOLDER.sub(lambda match: str(params[match[1]]), span)
