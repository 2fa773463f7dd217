"""Heads that were read before: found by the same bytes alone, kept only where nothing is odd."""

from __future__ import annotations

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.api.collect_head import Head, HeadReader
from headwater.api.collect_routes import ROUTES
from headwater.local import known_heads
from headwater.local.known_heads import KnownHeads

LINE = b"POST /v1/track HTTP/1.1\r\n"


class Read:
    """What uvicorn's parser makes of a request."""

    def __init__(self, data: bytes) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.complete = False
        httptools.HttpRequestParser(self).feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one in."""
        self.headers.append((name.lower(), value))

    def on_message_complete(self) -> None:
        """Note it."""
        self.complete = True


def request(*lines: bytes, length: bytes = b"Content-Length: 2") -> bytes:
    """Answer a request of two bytes."""
    return LINE + b"\r\n".join([b"Host: test", length, *lines, b"", b"{}"])


def head() -> Head:
    """Answer what such a request says."""
    scope = {"path": "/v1/track", "headers": [], "query_string": b""}
    return HeadReader().read(ROUTES["/v1/track"], scope)


def kept(data: bytes) -> KnownHeads:
    """Answer heads that were offered this request's."""
    known = KnownHeads()
    known.keep(data, head(), Read(data).headers)
    return known


@pytest.mark.parametrize("digits", [b"2", b"02", b"17", b"500000"])
@pytest.mark.parametrize("name", [b"Content-Length: ", b"content-length: "])
def test_the_same_head_is_found_for_another_length(name: bytes, digits: bytes) -> None:
    """Where the body begins is answered, and where it will end."""
    known = kept(request(b"X: y", length=name + b"2"))
    data = request(b"X: y", length=name + digits)
    found = known.find(data)

    assert found is not None
    assert found.head == head()
    assert data[found.body :] == b"{}"
    assert found.end == found.body + int(digits)


@pytest.mark.parametrize(
    "other",
    [
        request(b"X: z"),
        request(b"x: y"),
        request(b"X: y", b"X: y"),
        request(b"X: y").replace(b"track", b"page"),
        request(b"X: y")[:-4],
        request(b"X: y", b"Content-Length: 2"),
        request(b"X: y", length=b"Content-Length: 2x"),
        request(b"X: y", length=b"Content-Length: -2"),
        request(b"X: y", length=b"Content-Length: +2"),
        request(b"X: y", length=b"Content-Length: "),
        request(b"X: y", length=b"Content-Length: 12345678"),
        request(b"X: y", length=b"Content-Length: 2\r\n 2"),
        b"\r\n" + request(b"X: y"),
        b"",
    ],
)
def test_anything_else_is_not_found(other: bytes) -> None:
    """One byte of another head is enough; its request is the parser's."""
    known = kept(request(b"X: y"))

    assert known.find(request(b"X: y")) is not None
    assert known.find(other) is None


@pytest.mark.parametrize(
    "lines",
    [
        (b"Connection: keep-alive",),
        (b"connection: Keep-Alive",),
        (b"Accept:*/*",),
        (b"Cookie: a=b; c=d", b"Origin: https://test"),
    ],
)
def test_what_clients_send_is_kept(lines: tuple[bytes, ...]) -> None:
    """Headers that change nothing about where a request ends."""
    data = request(*lines)

    assert kept(data).find(data) is not None


@pytest.mark.parametrize(
    "data",
    [
        request(b"Expect: 100-continue"),
        request(b"Upgrade: websocket"),
        request(b"Connection: close"),
        request(b"Connection: keep-alive, x"),
        request(b"X: y\nZ: w"),
        request(length=b"Content-Length: 2").replace(b"Host: test\r\n", b"Host: test\n"),
        LINE + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        request(b"X: " + b"y" * 5000),
    ],
)
def test_what_is_unusual_is_not_kept(data: bytes) -> None:
    """Whatever could end a request elsewhere, or ends the connection, is parsed each time."""
    known = KnownHeads()
    try:
        headers = Read(data).headers
    except httptools.HttpParserError:
        return  # refused by the parser: nobody offers it
    known.keep(data, head(), headers)

    assert known.find(data) is None


def test_as_many_are_kept_as_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that never send the same head twice do not fill the memory."""
    monkeypatch.setattr(known_heads, "_MOST_HEADS", 3)
    known = KnownHeads()
    for number in range(10):
        data = request(b"X: %d" % number)
        known.keep(data, head(), Read(data).headers)

    found = [number for number in range(10) if known.find(request(b"X: %d" % number))]
    assert found == [9]


ODD_LINES = [
    *(b"A: 1", b"A:2", b"a:  3 ", b" folded", b"B", b"B:", b"C: \t", b"D: x\rE: y"),
    *(b"Content-Length: 2", b"content-length:2", b"Transfer-Encoding: chunked"),
]


@given(
    lines=st.lists(
        st.sampled_from(ODD_LINES),
        max_size=4,
    ),
    gap=st.sampled_from([b"\r\n", b"\r\n", b"\n", b"\r\n\r\n"]),
)
def test_a_head_that_is_found_ends_where_the_parser_ends_it(lines: list[bytes], gap: bytes) -> None:
    """Of whatever lines: what was kept has a body of exactly the bytes that the parser gives it."""
    data = LINE + gap.join([b"Content-Length: 2", *lines]) + b"\r\n\r\n{}"
    try:
        read = Read(data)
    except httptools.HttpParserError:
        return
    known = KnownHeads()
    known.keep(data, head(), read.headers)
    found = known.find(data)

    if found is not None:
        assert read.complete
        assert data[found.body : found.end] == b"{}"
        assert found.end == len(data)
