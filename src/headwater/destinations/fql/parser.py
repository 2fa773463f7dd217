"""Parses a filter into one closure.

expression := conjunction ("or" conjunction)*
conjunction := negation ("and" negation)*
negation := "!" negation | comparison
comparison := term (("=" | "!=" | ">" | ">=" | "<" | "<=" | "in") term)?
term := path | literal | list | function "(" arguments ")" | "(" expression ")"
list := "[" (expression ("," expression)*)? "]"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headwater.destinations.fql import operators
from headwater.destinations.fql.errors import EvaluationFailure, FilterError
from headwater.destinations.fql.functions import FUNCTIONS
from headwater.destinations.fql.glob import compile_glob
from headwater.destinations.fql.operators import Evaluate
from headwater.destinations.fql.semver import COMPARISONS
from headwater.destinations.fql.tokens import Token, tokenize

_DEEPEST = 50
_HINTS = {
    "==": "Equality is written with a single =.",
    "&&": "Write `and`.",
    "||": "Write `or`.",
    "AND": "Write `and`, in lower case.",
    "OR": "Write `or`, in lower case.",
    "IN": "Write `in`, in lower case.",
    "not": "Write `!` in front of the condition.",
    "NOT": "Write `!` in front of the condition.",
}


def parse(text: str) -> Evaluate:
    """Answer a function from an event to the filter's value.

    Raises:
        FilterError: naming the position and what was expected there.
    """
    for sign in ("==", "&&", "||"):
        before, found, _ = _outside_strings(text).partition(sign)
        if found:
            raise FilterError.at(
                text, len(before), expected="an operator of FQL", hint=_HINTS[sign]
            )
    parser = _Parser(text)
    evaluate = parser.expression()
    parser.expect_end()
    return evaluate


def _outside_strings(text: str) -> str:
    """Blank out quoted texts, so that what they hold is not taken for an operator."""
    result = []
    quote = ""
    escaped = False
    for character in text:
        result.append(" " if quote or escaped else character)
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
    return "".join(result)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._next = 0
        self._depth = 0

    def expression(self) -> Evaluate:
        return self._chain("or", self._conjunction, operators.any_of)

    def expect_end(self) -> None:
        if self._token().kind != "end":
            raise self._unexpected("`and`, `or`, a comparison, or the end")

    def _conjunction(self) -> Evaluate:
        return self._chain("and", self._negation, operators.all_of)

    def _chain(
        self,
        word: str,
        part: Callable[[], Evaluate],
        combine: Callable[[list[Evaluate]], Evaluate],
    ) -> Evaluate:
        parts = [part()]
        while self._take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else combine(parts)

    def _negation(self) -> Evaluate:
        if not self._take("!"):
            return self._comparison()
        self._enter()
        negated = operators.negate(self._negation())
        self._depth -= 1
        return negated

    def _comparison(self) -> Evaluate:
        left = self._term()
        token = self._token()
        compare = operators.COMPARISONS.get(token.text) if token.kind == "operator" else None
        if compare is None:
            return left
        self._next += 1
        return operators.binary(compare, left, self._term())

    def _term(self) -> Evaluate:
        token = self._token()
        if token.kind == "literal":
            self._next += 1
            return operators.constant(token.value)
        if token.kind in ("name", "path"):
            self._next += 1
            if token.kind == "name" and self._token().text == "(":
                return self._call(token)
            return operators.path(token.value)
        self._enter()
        result = self._nested()
        self._depth -= 1
        return result

    def _nested(self) -> Evaluate:
        if self._take("("):
            inner = self.expression()
            self._expect(")", "`)`")
            return inner
        if self._take("["):
            return operators.make_list(self._until("]"))
        raise self._unexpected("a field, a value, a function, `(`, `[` or `!`")

    def _call(self, name: Token) -> Evaluate:
        function = FUNCTIONS.get(name.text)
        if function is None:
            raise FilterError.at(
                self._text,
                name.position,
                expected=f"one of the functions {', '.join(sorted(FUNCTIONS))}",
            )
        self._enter()
        self._expect("(", "`(`")
        first = self._token()
        arguments = self._until(")")
        self._depth -= 1
        if len(arguments) != function.arguments:
            raise FilterError.at(
                self._text,
                first.position,
                expected=f"{function.arguments} argument(s) for {name.text}, not {len(arguments)}",
            )
        self._check_constants(name, arguments)
        return operators.call(function.apply, arguments)

    def _check_constants(self, name: Token, arguments: list[Evaluate]) -> None:
        """Refuse a constant that is no pattern or comparison now, rather than each event later."""
        if name.text not in {"match", "semver"}:
            return
        given: Any = operators.constant_value(arguments[1])
        if name.text == "semver":
            if given is not None and given not in COMPARISONS:
                raise FilterError.at(
                    self._text,
                    name.position,
                    expected=f"between the versions one of {', '.join(map(repr, COMPARISONS))}",
                )
        elif isinstance(given, str):
            try:
                compile_glob(given)
            except EvaluationFailure as error:
                raise FilterError.at(
                    self._text, name.position, expected=f"a valid pattern ({error})"
                ) from error

    def _until(self, closing: str) -> list[Evaluate]:
        items: list[Evaluate] = []
        if self._take(closing):
            return items
        items.append(self.expression())
        while not self._take(closing):
            self._expect(",", f"`,` or `{closing}`")
            items.append(self.expression())
        return items

    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self, operator: str) -> bool:
        token = self._token()
        if token.kind == "operator" and token.text == operator:
            self._next += 1
            return True
        return False

    def _expect(self, operator: str, expected: str) -> None:
        if not self._take(operator):
            raise self._unexpected(expected)

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._unexpected(f"no more than {_DEEPEST} levels of nesting")

    def _unexpected(self, expected: str) -> FilterError:
        token = self._token()
        before = self._tokens[self._next - 1].text if self._next else ""
        hint = _HINTS.get(token.text) or _HINTS.get(before, "")
        return FilterError.at(self._text, token.position, expected=expected, hint=hint)
