"""Sizes and depths are measured on bytes, before anything is parsed."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headwater.collect.limits import Limits, check_depth, check_event, depth, inflate
from headwater.errors import BadRequest, HeadwaterError, TooLarge


def slow_depth(body: bytes) -> int:
    """Count brackets outside of quotes, byte by byte."""
    at = deepest = 0
    inside = False
    place = 0
    while place < len(body):
        byte = body[place : place + 1]
        if byte == b"\\" and body[place + 1 : place + 2] in (b"\\", b'"'):
            place += 2
            continue
        if byte == b'"':
            inside = not inside
        elif not inside and byte in b"{[":
            at += 1
            deepest = max(deepest, at)
        elif not inside and byte in b"}]":
            at -= 1
        place += 1
    return deepest


@given(st.lists(st.sampled_from([b'"', b"\\", b"{", b"}", b"[", b"]", b"a", b":", b" "])))
@example([b"{", b'"', b"\\", b"\\", b'"', b"[", b"]", b"}"])
@example([b"[", b"{", b"[", b"]", b"}", b"]"])
def test_depth_agrees_with_a_slow_reader(parts: Any) -> None:
    """Whatever the bytes, the quick count is the one of a reader that goes byte by byte."""
    body = b"".join(parts)

    assert depth(body) == slow_depth(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", 0),
        (b"1", 0),
        (b"{}", 1),
        (b'{"a":[1,{"b":[]}]}', 4),
        (b'{"a":"[[[["}', 1),
        (b'{"a":"\\"[[","b":[]}', 2),
        (b'{"a":"\\\\","b":[[]]}', 3),
        (b"[" * 5000, 5000),
    ],
)
def test_depth_of_known_texts(body: Any, expected: Any) -> None:
    """Brackets inside of texts, behind escaped quotes too, do not count."""
    assert depth(body) == expected


def test_depth_is_refused_above_the_limit_and_not_at_it() -> None:
    """As many levels as allowed pass; one more is refused, and the message has both numbers."""
    check_depth(b"[" * 64 + b"]" * 64, 64)

    with pytest.raises(BadRequest, match="65 deep; the limit is 64") as raised:
        check_depth(b"[" * 65 + b"]" * 65, 64)

    assert raised.value.code == "too_deep"


def test_event_size_is_refused_above_the_limit_and_not_at_it() -> None:
    """An event of exactly 32 KB passes; one byte more is refused."""
    limits = Limits()
    check_event(b" " * limits.event, limits)

    with pytest.raises(BadRequest) as raised:
        check_event(b" " * (limits.event + 1), limits)

    assert raised.value.code == "event_too_large"


def test_inflate_answers_plain_bodies_without_their_byte_order_mark() -> None:
    """Some editors and languages put U+FEFF first; JSON parsers refuse it."""
    assert inflate(b"\xef\xbb\xbf{}", encoding="", limit=100) == b"{}"


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "", "identity"])
def test_inflate_reads_gzip_with_and_without_its_header(encoding: Any) -> None:
    """Gzip is known by its first bytes, since some SDKs send it without saying so."""
    assert inflate(gzip.compress(b'{"a":1}'), encoding=encoding, limit=100) == b'{"a":1}'


def test_inflate_joins_the_members_of_a_gzip_file() -> None:
    """RFC 1952: a gzip file is one or more members, one after the other."""
    body = gzip.compress(b'{"a":') + gzip.compress(b"1}")

    assert inflate(body, encoding="gzip", limit=100) == b'{"a":1}'


def test_a_gzip_bomb_is_not_inflated_beyond_the_limit(monkeypatch: Any) -> None:
    """Ten megabytes of zeros in ten kilobytes are refused after the limit, not after the end."""
    bomb = gzip.compress(b"0" * 10_000_000)
    inflated = []
    real = zlib.decompressobj

    class Watched:
        def __init__(self, window: Any) -> None:
            self._real = real(window)

        def decompress(self, data: Any, size: Any) -> Any:
            part = self._real.decompress(data, size)
            inflated.append(len(part))
            return part

        @property
        def eof(self) -> Any:
            return self._real.eof

        @property
        def unused_data(self) -> Any:
            return self._real.unused_data

    monkeypatch.setattr("headwater.collect.limits.zlib.decompressobj", Watched)

    with pytest.raises(TooLarge) as raised:
        inflate(bomb, encoding="gzip", limit=1000)

    assert raised.value.code == "body_too_large"
    assert sum(inflated) <= 1001


def test_a_bomb_of_many_empty_members_is_read_once() -> None:
    """Members that inflate to nothing do not make the loop endless."""
    assert (
        inflate(gzip.compress(b"") * 1000 + gzip.compress(b"1"), encoding="gzip", limit=9) == b"1"
    )


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (b'{"a":1}', "gzip", "invalid_gzip"),
        (gzip.compress(b'{"a":1}', mtime=0)[:-12], "gzip", "invalid_gzip"),
        (gzip.compress(b"{}", mtime=0) + b"rest", "gzip", "invalid_gzip"),
        (b"{}", "br", "unsupported_encoding"),
        (b" " * 101, "", "body_too_large"),
    ],
    ids=["no gzip", "cut short", "followed by more", "brotli", "too long"],
)
def test_bodies_that_cannot_be_read_are_refused_with_their_own_code(
    body: Any, encoding: Any, code: Any
) -> None:
    """Each reason has a code of its own."""
    with pytest.raises(HeadwaterError) as raised:
        inflate(body, encoding=encoding, limit=100)

    assert raised.value.code == code
    assert raised.value.status in {400, 413}


@given(st.binary(max_size=200), st.sampled_from(["", "gzip", "deflate"]))
def test_inflate_raises_nothing_but_its_own_errors(body: Any, encoding: Any) -> None:
    """No bytes make it fail in another way, and nothing over the limit comes back."""
    with suppress(BadRequest, TooLarge):
        assert len(inflate(body, encoding=encoding, limit=50)) <= 50
