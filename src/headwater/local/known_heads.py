"""Heads of requests that were read before: a client sends the same lines again and again.

What is kept was read by uvicorn's parser, and only the very same bytes find it again, but for the
number of bytes that follow. So nothing is understood here that the parser would understand
otherwise: what it must be sure of, where a request ends, is looked at before a head is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from headwater.api.collect_head import Head

_END = b"\r\n\r\n"
_LENGTH = b"\r\nContent-Length: "
_LENGTH_IN_LOWER_CASE = b"\r\ncontent-length: "
_LONGEST_HEAD = 4096  # bytes
_MOST_DIGITS = 7
_MOST_HEADS = 1024

# Where the end of a body is said in another way, or an answer is expected before there is one.
_UNUSUAL = frozenset({b"transfer-encoding", b"upgrade", b"expect"})


class Found(msgspec.Struct, gc=False):
    """A request whose head is known.

    Attributes:
        head: what it says.
        body: where its body begins.
        end: where it ends, which may be beyond what has arrived.
    """

    head: Head
    body: int
    end: int


class KnownHeads:
    """Heads by their bytes without the body's length; a bounded number of them."""

    def __init__(self) -> None:
        self._heads: dict[bytes, Head] = {}

    def find(self, data: bytes) -> Found | None:
        """Answer the request that `data` begins with, if its head is there and known."""
        cut = _cut(data)
        if cut is None:
            return None
        head = self._heads.get(cut[0])
        return None if head is None else Found(head, cut[2], cut[2] + cut[1])

    def keep(self, data: bytes, head: Head, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Know the head that `data` begins with from now on, unless there is anything unusual.

        Args:
            data: the first bytes of a request, as they came.
            head: what they say.
            headers: as the parser read them, names in lower case.
        """
        cut = _cut(data)
        if cut is None:
            return
        key, length, body = cut
        if not _is_plain(data[: body - len(_END)], headers, length):
            return
        if len(self._heads) >= _MOST_HEADS:
            self._heads.clear()  # those that still come are soon known again
        self._heads[key] = head


def _cut(data: bytes) -> tuple[bytes, int, int] | None:
    """Answer a head without its body's length, that length, and where the body begins."""
    end = data.find(_END, 0, _LONGEST_HEAD)
    if end < 0:
        return None
    start = data.find(_LENGTH, 0, end)
    if start < 0 and (start := data.find(_LENGTH_IN_LOWER_CASE, 0, end)) < 0:
        return None
    after = data.find(b"\r", start + len(_LENGTH))  # at the latest at the end
    digits = data[start + len(_LENGTH) : after]
    if len(digits) > _MOST_DIGITS or not digits.isdigit():
        return None
    return data[:start] + data[after:end], int(digits), end + len(_END)


def _is_plain(text: bytes, headers: Sequence[tuple[bytes, bytes]], length: int) -> bool:
    """Tell whether a head is a line each, as the parser read it, and ends with so many bytes.

    Anything that two readers might take differently is not plain: a header over two lines, a lone
    line feed, a length that is said twice (RFC 9112, section 11.2).
    """
    lines = text.split(b"\r\n")[1:]
    if b"\n" in b"".join(lines) or b"\r" in b"".join(lines):
        return False
    named = [line.partition(b":") for line in lines]
    if [(name.lower(), value.strip(b" \t")) for name, _, value in named] != list(headers):
        return False
    said: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        said.setdefault(name, []).append(value.lower())
    return (
        _UNUSUAL.isdisjoint(said)
        and said.get(b"connection", [b"keep-alive"]) == [b"keep-alive"]
        and [*map(int, said[b"content-length"])] == [length]
    )
