"""Filters in FQL: what passes, what fails to evaluate, and what is refused with a position."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.destinations.fql import FilterError, compile_filter

EVENT: dict[str, Any] = {
    "event": "Button Clicked",
    "type": "track",
    "userId": "42",
    "context": {"library": {"name": "analytics.js", "version": "1.0"}, "ip": None},
    "properties": {
        "features": ["discounts", "dark-mode"],
        "price": 19.99,
        "count": 1,
        "paid": True,
        "product 1": {"price": "19.99"},
        "größe": "L",
        "a.b": "dotted",
        "path": "ab*d",
        "quoted": "it's \\ here",
        "kana": "ア",
        "empty": [],
        "nested": [[1, "1"], True],
        "object": {"a": 1},
    },
}

PASSING = [
    # Segment's own examples (https://segment.com/docs/api/public-api/fql/).
    "event = 'Button Clicked'",
    "type = 'identify' or type = 'track'",
    "event = 'Button Clicked' and type = 'track'",
    "match( context.library.version, '1.*' )",
    "type = 'track' and ( event = 'Click' or match( event, 'Button *' ) )",
    "'dark-mode' in properties.features",
    "!( type in ['identify', 'group'] )",
    r"properties.product\ 1.price = '19.99'",
    "contains( context.library.name, 'js' )",
    "all",
    # Types are strict.
    "userId != 42",
    "userId = '42'",
    "properties.count = 1.0",
    "properties.paid != 1",
    "properties.paid = true",
    "properties.paid",
    "properties.count != true",
    "[1, '1'] = properties.nested or true",
    "properties.nested = [[1, '1'], true]",
    "properties.nested != [[1, 1], true]",
    "null = null",
    "properties.object = properties.object",
    # Null, and what is missing, which is the same.
    "properties.nothing = null",
    "context.ip = null",
    "event.deeper = null",
    "null in [1, null]",
    "!contains( null, 'a' )",
    "!contains( 'a', null )",
    "!match( properties.nothing, '*' )",
    "length( null ) = 0",
    "lowercase( null ) = null",
    "titlecase( properties.nothing ) = null",
    "typeof( null ) = 'null'",
    "properties.nothing or true",
    # Escapes and quotes.
    r"properties.gr\ö\ße = 'L'",
    r"properties.a\.b = 'dotted'",
    r"match( properties.path, 'ab\*d' )",
    r"!match( 'abcd', 'ab\*d' )",
    r"properties.quoted = 'it\'s \\ here'",
    'properties.quoted = "it\'s \\\\ here"',
    "event != '==' and event != '&&'",
    # Numbers.
    "properties.price > 19 and properties.price < 20",
    "properties.count >= 1 and properties.count <= 1",
    "-1.5e1 = -15",
    "properties.count > -1",
    # Functions.
    "length( properties.kana ) = 3",
    "length( properties.features ) = 2",
    "length( properties.empty ) = 0",
    "uppercase( type ) = 'TRACK' and lowercase( 'ABC' ) = 'abc'",
    "snakecase( 'test string' ) = 'test_string'",
    "kebabcase( 'test string' ) = 'test-string'",
    "titlecase( 'test string' ) = 'Test String'",
    "typeof( userId ) = 'string' and typeof( 1 ) = 'number' and typeof( true ) = 'bool'",
    "typeof( [1] ) = 'list'",
    "semver( context.library.version, '>=', '1' )",
    "semver( context.library.version, '=', '1.0.0' )",
    "semver( '2.10', '>', '2.9.9' ) and semver( '1.2.3-beta', '=', '1.2.3' )",
    "semver( '1', '<=', '1.0' ) and semver( '1.9', '<', '1.10' ) and semver( '1', '!=', '2' )",
    "!semver( properties.nothing, '=', '1' ) and !semver( '1.2.3.4', '=', '1.2.3' )",
    "!semver( 'v1', '=', '1' ) and !semver( 1, '=', '1' ) and !semver( '1', event, '1' )",
    "number( userId ) = 42 and number( '1.5' ) = 1.5 and number( 7 ) = 7",
    "string( 42 ) = '42' and string( 2.0 ) = '2' and string( [1, 'a'] ) = '[1,\"a\"]'",
    "string( null ) = '' and string( 'a' ) = 'a'",
    "bool( 1 ) and bool( 'yes' ) and bool( [0] )",
    "!bool( 0 ) and !bool( '' ) and !bool( 'false' ) and !bool( null ) and !bool( [] )",
    # Precedence, nesting, short circuits.
    "true or false and false",
    "!false and !!true",
    "false and properties.count or true",
    "true or properties.count",
    "((((type = 'track'))))",
    "type='track'and(event='x'or properties.paid)",
]

NOT_PASSING = [
    "event = 'Screen Tapped'",
    "context.path.path = '/login'",
    "match( context.library.version, '2.*' )",
    "!contains( context.library.name, 'js' )",
    "'blink' in properties.features",
    "'1' in [1]",
    "true in [1]",
    "null",
    "properties.nothing",
    "1 = '1'",
]

FAILING = [
    "'a' < 'b'",
    "properties.nothing > 1",
    "!( properties.nothing > 1 )",
    "!properties.nothing",
    "!( 'a' in null )",
    "!( properties.features in [[1]] )",
    "!( 'a' in 'abc' )",
    "properties.count and true",
    "type or true",
    "length( 1 ) = 0 or true",
    "!contains( 1, 'a' )",
    "!contains( 'a', 1 )",
    "number( 'abc' ) = 0 or true",
    "number( 'nan' ) = 0 or true",
    "number( null ) = 0 or true",
    "lowercase( 1 ) = null or true",
    "!match( 1, '*' )",
    "!match( 'a', 1 )",
    "'text'",
    "5",
    "properties.features",
]


@pytest.mark.parametrize("text", PASSING)
def test_passes(text: str) -> None:
    """A condition that is true of the event lets it through."""
    assert compile_filter(text)(EVENT) is True


@pytest.mark.parametrize("text", NOT_PASSING)
def test_does_not_pass(text: str) -> None:
    """A condition that is false, or null, does not."""
    assert compile_filter(text)(EVENT) is False


@pytest.mark.parametrize("text", FAILING)
def test_failure_to_evaluate_does_not_pass(text: str) -> None:
    """An operand of a wrong type fails the whole filter, negated or not: nothing is sent."""
    assert compile_filter(text)(EVENT) is False


INVALID = [
    ("", 1, "expected a field, a value"),
    ('userId = oops"', 14, 'a closing "'),
    ("type == 'track'", 6, "single ="),
    ("type = 'a' && type = 'b'", 12, "Write `and`"),
    ("type = 'a' || type = 'b'", 12, "Write `or`"),
    ("type = 'a' AND type = 'b'", 12, "in lower case"),
    ("not type = 'a'", 5, "Write `!`"),
    ("type = ", 8, "found its end"),
    ("(type = 'a'", 12, "expected `)`"),
    ("type in ['a' 'b']", 14, "expected `,` or `]`"),
    ("type = 'a' = 'b'", 12, "`and`, `or`, a comparison, or the end"),
    ("lower( type ) = 'a'", 1, "one of the functions bool, contains"),
    ("length( type, 1 ) = 2", 9, "1 argument(s) for length, not 2"),
    ("semver( '1', '==', '1' )", 1, "between the versions one of '=', '!='"),
    ("contains( type )", 11, "2 argument(s) for contains, not 1"),
    ("größe = 1", 3, "after a backslash"),
    ("match( type, '[a' )", 1, "a [ is not closed"),
    ("match( type, '[z-a]' )", 1, "runs backwards"),
    ("match( type, '[]' )", 1, "holds no character"),
    ("type = 'a' )", 12, "the end"),
    ("= 1", 1, "found `= 1`"),
    ("!" * 60 + "true", 52, "levels of nesting"),
    ("(" * 60 + "true" + ")" * 60, 51, "levels of nesting"),
]


@pytest.mark.parametrize(("text", "character", "told"), INVALID)
def test_error_names_position_and_expectation(text: str, character: int, told: str) -> None:
    """A text that is no filter is refused with where it breaks and what would be right."""
    with pytest.raises(FilterError) as raised:
        compile_filter(text)

    assert raised.value.status == 400
    assert f"at character {character}:" in raised.value.message
    assert told in raised.value.message


def test_long_filter_is_refused() -> None:
    """A filter has a longest size, so that one cannot cost what it likes."""
    with pytest.raises(FilterError, match="10000 are allowed"):
        compile_filter("true or " * 2000 + "true")


def _is_handled(text: str) -> bool:
    try:
        passes = compile_filter(text)
    except FilterError:
        return True
    return passes(EVENT) in (True, False)


@given(st.text(max_size=80))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    """No text makes the compiler fail but by its own error, or the filter answer no bool."""
    assert _is_handled(text)


_OPERATORS = ["and", "or", "!", "=", "!=", ">", "in", "(", ")", "[", "]", ","]
_OPERANDS = ["type", "properties.price", "'a'", "1", "null", "true", "length(", "match(", "typeof("]
_TOKENS = st.sampled_from([*_OPERATORS, *_OPERANDS])


@given(st.lists(_TOKENS, max_size=12))
def test_any_order_of_tokens_compiles_or_is_refused(tokens: list[str]) -> None:
    """Nor does any sequence of valid tokens."""
    assert _is_handled(" ".join(tokens))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, "", "1", "true"]),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(_VALUES, _VALUES)
def test_equality_is_symmetric_and_negated_by_its_opposite(left: Any, right: Any) -> None:
    """`=` does not depend on the sides, `!=` is its opposite, and every value equals itself."""
    event = {"left": left, "right": right}
    equal = compile_filter("left = right")(event)

    assert compile_filter("right = left")(event) is equal
    assert compile_filter("left != right")(event) is not equal
    assert compile_filter("left = left")(event)
    assert not equal or compile_filter("typeof(left) = typeof(right)")(event)
