"""JSON as clients really write it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect import json_text
from headwater.errors import BadRequest

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"\ud83d"', "\ufffd"),
        (rb'"\ude00x"', "\ufffdx"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (rb'"\\ud83d"', "\\ud83d"),
        (rb'"\uD83D\n"', "\ufffd\n"),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'["NaN","Infinity"]', ["NaN", "Infinity"]),
        (rb'["\"NaN", "\ud83d"]', ['"NaN', "\ufffd"]),
    ],
)
def test_texts_are_read(raw: Any, expected: Any) -> None:
    """Half a surrogate pair becomes U+FFFD and a whole one stays; the last of two keys counts."""
    assert json_text.decode(raw) == expected


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "malformed_json"),
        (b'{"a":1,}', "malformed_json"),
        (b"{'a':1}", "malformed_json"),
        (b'{"a":1} x', "malformed_json"),
        (b'"\x01"', "malformed_json"),
        (b"\xff\xfe{\x00}\x00", "malformed_json"),
        (b'{"a":"\xff"}', "invalid_utf8"),
        (b'{"\xc3":1}', "invalid_utf8"),
        (b'{"a":NaN}', "number_out_of_range"),
        (b'{"a":-Infinity}', "number_out_of_range"),
        (b'{"a":1e999}', "number_out_of_range"),
        (b'{"a":' + b"9" * 5000 + b"}", "number_out_of_range"),
        (b"[" * 100_000, "malformed_json"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(raw: Any, code: Any) -> None:
    """Each kind of unreadable text has its own code, and none another exception."""
    with pytest.raises(BadRequest) as raised:
        json_text.decode(raw)

    assert raised.value.code == code


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_read_can_be_written_again(raw: Any) -> None:
    """No text that is accepted holds anything that JSON, UTF-8 or 64 bits could not carry."""
    try:
        value = json_text.decode(raw)
        if json_text.may_hold_oddities(raw):
            value = json_text.settle(value)
    except BadRequest:
        return
    written = json_text.encode(value)

    written.encode()
    assert "\0" not in written
    assert "\\u0000" not in written.replace("\\\\", "")
    assert json_text.decode(written.encode()) == value


def test_nul_characters_are_dropped_from_keys_and_values() -> None:
    """SQLite's functions and PostgreSQL stop or fail at them."""
    assert json_text.settle({"a\0": ["b\0c", {"d": "\0"}]}) == {"a": ["bc", {"d": ""}]}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
        (2**63, float(2**63)),
        (10**30, 1e30),
        (True, True),
    ],
)
def test_integers_beyond_64_bits_become_floating_point(number: Any, expected: Any) -> None:
    """What JavaScript would read; smaller ones stay exact."""
    settled = json_text.settle([number])[0]

    assert settled == expected
    assert type(settled) is type(expected)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**18])
def test_texts_with_long_integers_are_noticed(number: Any) -> None:
    """The quick look may be wrong about a text with many digits, but never overlooks one."""
    noticed = json_text.may_hold_oddities(json.dumps({"a": number}).encode())

    assert noticed


def test_an_ordinary_text_is_not_looked_through() -> None:
    """The quick look lets ordinary events pass."""
    assert not json_text.may_hold_oddities(b'{"a":123456789012345678,"b":"x\\n"}')


def test_integers_that_floating_point_cannot_hold_are_refused() -> None:
    """A thousand digits are a text, not a number."""
    with pytest.raises(BadRequest) as raised:
        json_text.settle({"a": 10**1000})

    assert raised.value.code == "number_out_of_range"
