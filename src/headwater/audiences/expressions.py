"""Calculations over traits: a small language in Python's notation, compiled once.

Numbers, texts, `true`, `false`, `null`; names of traits, dotted into objects; `+ - * / // %`,
comparisons, `and`, `or`, `not`, `a if b else c`; `abs`, `ceil`, `coalesce`, `contains`, `floor`,
`length`, `lower`, `max`, `min`, `round`, `text`, `upper`. An operand that is missing, or of a type
that does not fit, makes the result null, as does a division by zero; `coalesce` answers its first
operand that is there.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from headwater.audiences.comparing import same
from headwater.audiences.comparisons import is_number, look_up

Expression = Callable[[Callable[[str], Any]], Any]
"""Answers the value, given what answers a trait's."""

_LONGEST = 2000
_LONGEST_TEXT = 10_000
_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_ORDER: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class ExpressionError(ValueError):
    """A text that is no expression."""


def parse(text: str) -> tuple[Expression, frozenset[str]]:
    """Answer the expression, and the names of the traits that it needs.

    Raises:
        ExpressionError: the text is none; the message begins with `expression`.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"expression: is longer than {_LONGEST:,} characters.")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "it cannot be parsed"
        raise ExpressionError(f"expression: {text[:80]!r} is none: {reason}.") from error
    compiling = _Compiling()
    try:
        return compiling.compiled(tree.body), frozenset(compiling.names)
    except RecursionError as error:
        raise ExpressionError("expression: is nested too deeply.") from error


class _Compiling:
    def __init__(self) -> None:
        self.names: set[str] = set()

    def compiled(self, node: ast.AST) -> Expression:  # noqa: PLR0911 - a table with a row for each kind
        match node:
            case ast.Constant(value=value) if isinstance(value, (str, int, float)):
                return lambda _trait: value
            case ast.Name() | ast.Attribute():
                return self._name(node)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return self._arithmetic(_ARITHMETIC[type(op)], left, right)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.compiled(operand)
                return lambda trait: _calculated(operator.sub, 0, inner(trait))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.compiled(operand)
                return lambda trait: _negated(inner(trait))
            case ast.BoolOp(op=op, values=values):
                return self._logic(values, is_and=isinstance(op, ast.And))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._comparison(op, left, right)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                ask, yes, no = (self.compiled(one) for one in (test, body, orelse))
                return lambda trait: yes(trait) if ask(trait) is True else no(trait)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
                inner_all = [self.compiled(one) for one in args]
                function = _FUNCTIONS[name]
                return lambda trait: function([one(trait) for one in inner_all])
        raise ExpressionError(
            f"expression: {ast.unparse(node)[:80]!r} is not part of the language; it has traits, "
            f"numbers, texts, + - * / // %, comparisons, and, or, not, if, {', '.join(_FUNCTIONS)}."
        )

    def _name(self, node: ast.AST) -> Expression:
        path: list[str] = []
        while isinstance(node, ast.Attribute):
            path.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            raise ExpressionError(f"expression: {ast.unparse(node)[:80]!r} is not a trait's name.")
        if node.id in _CONSTANTS and not path:
            constant = _CONSTANTS[node.id]
            return lambda _trait: constant
        name, rest = node.id, tuple(path)
        self.names.add(name)
        return lambda trait: look_up(trait(name), rest)

    def _arithmetic(
        self, calculate: Callable[[Any, Any], Any], left: ast.AST, right: ast.AST
    ) -> Expression:
        one, other = self.compiled(left), self.compiled(right)
        return lambda trait: _calculated(calculate, one(trait), other(trait))

    def _logic(self, values: list[ast.expr], *, is_and: bool) -> Expression:
        inner = [self.compiled(one) for one in values]
        if is_and:
            return lambda trait: all(one(trait) is True for one in inner)
        return lambda trait: any(one(trait) is True for one in inner)

    def _comparison(self, op: ast.cmpop, left: ast.AST, right: ast.AST) -> Expression:
        one, other = self.compiled(left), self.compiled(right)
        if isinstance(op, ast.Eq):
            return lambda trait: same(one(trait), other(trait))
        if isinstance(op, ast.NotEq):
            return lambda trait: not same(one(trait), other(trait))
        if type(op) not in _ORDER:
            raise ExpressionError("expression: of comparisons there are == != < <= > >=.")
        return lambda trait: _ordered(_ORDER[type(op)], one(trait), other(trait))


def _calculated(calculate: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    if isinstance(one, str) and isinstance(other, str) and calculate is operator.add:
        return (one + other)[:_LONGEST_TEXT]
    if not (is_number(one) and is_number(other)):
        return None
    try:
        return _finite(calculate(one, other))
    except (ArithmeticError, ValueError):
        return None


def _finite(value: Any) -> Any:
    """Answer a number that JSON can hold; one beyond 64 bits as a float."""
    if isinstance(value, int) and abs(value) >= 2**63:
        value = float(value)
    return value if not isinstance(value, float) or math.isfinite(value) else None


def _ordered(compare: Callable[[Any, Any], bool], one: Any, other: Any) -> bool | None:
    numbers = is_number(one) and is_number(other)
    if numbers or (isinstance(one, str) and isinstance(other, str)):
        return compare(one, other)
    return None


def _negated(value: Any) -> bool | None:
    return not value if isinstance(value, bool) else None


def _of_numbers(function: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    def call(values: list[Any]) -> Any:
        if not values or not all(map(is_number, values)):
            return None
        try:
            return _finite(function(*values))
        except (ArithmeticError, ValueError, TypeError):
            return None

    return call


def _of_text(function: Callable[..., Any], count: int = 1) -> Callable[[list[Any]], Any]:
    def call(values: list[Any]) -> Any:
        fits = len(values) == count and all(isinstance(one, str) for one in values)
        return function(*values) if fits else None

    return call


def _length(values: list[Any]) -> int | None:
    return len(values[0]) if len(values) == 1 and isinstance(values[0], (str, list)) else None


def _text(values: list[Any]) -> str | None:
    if len(values) != 1 or not isinstance(values[0], (str, int, float)):
        return None
    value = values[0]
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


_FUNCTIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "abs": _of_numbers(abs),
    "ceil": _of_numbers(math.ceil),
    "coalesce": lambda values: next((one for one in values if one is not None), None),
    "contains": _of_text(lambda text, part: part in text, 2),
    "floor": _of_numbers(math.floor),
    "length": _length,
    "lower": _of_text(str.lower),
    "max": _of_numbers(lambda *values: max(values)),
    "min": _of_numbers(lambda *values: min(values)),
    "round": _of_numbers(
        lambda value, digits=0: round(value, int(digits)) if digits else round(value)
    ),
    "text": _text,
    "upper": _of_text(str.upper),
}
