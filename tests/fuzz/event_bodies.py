"""Bodies for the event routes: nearly right, and not right at all."""

from __future__ import annotations

import functools
import gzip
import json
from typing import Any

from hypothesis import strategies as st

CALLS = ("track", "identify", "page", "screen", "group", "alias")

_FIELDS = """
    type event name category userId anonymousId groupId previousId messageId timestamp
    originalTimestamp sentAt properties traits context integrations writeKey channel _metadata
"""
_CONTEXT_FIELDS = """
    ip userAgent locale timezone library page campaign referrer device screen os network traits
    externalIds consent groupId active direct app
"""
FIELDS = _FIELDS.split()
CONTEXT_FIELDS = _CONTEXT_FIELDS.split()

# Everything that `json.dumps` writes: lone surrogates and NUL as escapes, NaN, huge numbers.
texts = st.one_of(
    st.sampled_from(
        ["", " ", "null", "unknown", "a" * 600, "\x00", "\ud83d", "é\udc00x", "user-1"]
    ),
    st.sampled_from(["2026-01-01T00:00:00Z", "0001-01-01", "99999-01-01", "a@b.example", "+4930"]),
    st.text(alphabet=st.characters(exclude_categories=()), max_size=30),
)
numbers = st.one_of(
    st.integers(),
    st.sampled_from([2**63, -(2**63) - 1, 2**64, 10**400, -(10**4000), 0, -1]),
    st.floats(),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
external_ids = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "id": values,
            "type": st.one_of(st.sampled_from(["user_id", "shopify_id", "a/b", ""]), values),
            "collection": st.one_of(st.just("users"), values),
            "encoding": st.one_of(st.just("none"), values),
        },
    ),
    max_size=5,
)
contexts = st.one_of(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(CONTEXT_FIELDS, values) | {"externalIds": external_ids}
    ),
    values,
)
likely = {
    "type": st.sampled_from(CALLS),
    "event": st.just("Order Completed"),
    "userId": st.sampled_from(["user-1", "user-2", "user-3"]),
    "anonymousId": st.sampled_from(["anonymous-1", "anonymous-2"]),
    "groupId": st.just("company"),
    "previousId": st.sampled_from(["user-2", "anonymous-1"]),
    "timestamp": st.just("2026-10-01T10:00:00.000Z"),
    "properties": st.dictionaries(texts, values, max_size=5),
    "traits": st.dictionaries(texts, values, max_size=5),
    "context": contexts,
}


def _mostly(name: str) -> st.SearchStrategy[Any]:
    usual = likely.get(name, values)
    return st.one_of(usual, usual, usual, values)


events = st.fixed_dictionaries(
    {"userId": _mostly("userId"), "event": _mostly("event")},
    optional={name: _mostly(name) for name in FIELDS if name not in {"userId", "event"}},
)


@functools.cache
def bomb() -> bytes:
    """Answer twenty kilobytes that become twenty megabytes."""
    return gzip.compress(b" " * 20_000_000, 9, mtime=0)


def to_text(value: Any, *, ascii_only: bool) -> bytes:
    """Answer a value as JSON."""
    # `surrogatepass` writes half a character as bytes that are not UTF-8.
    return json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


@st.composite
def batches(draw: st.DrawFn) -> Any:
    """Draw the value of a batch request."""
    body: dict[str, Any] = {"batch": draw(st.lists(st.one_of(events, values), max_size=6))}
    for name in ("sentAt", "context", "integrations", "writeKey"):
        if draw(st.booleans()):
            body[name] = draw(_mostly(name))
    return body


@st.composite
def nested(draw: st.DrawFn) -> bytes:
    """Draw a body that is nested deeper than any reader likes, closed or not."""
    opening, middle, closing = draw(
        st.sampled_from([(b"[", b"1", b"]"), (b'{"a":', b"1", b"}"), (b'[{"a":', b"1", b"}]")])
    )
    times = draw(st.sampled_from([5, 60, 70, 130, 1000, 5000, 20_000]))
    inside = opening * times + middle + (closing * times if draw(st.booleans()) else b"")
    shell = draw(
        st.sampled_from(
            [b"%b", b'{"userId":"u","event":"e","properties":%b}', b'{"batch":[{"type":%b}]}']
        )
    )
    return shell.replace(b"%b", inside)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Draw what is left of a body after an accident."""
    if not whole:
        return whole
    place = draw(st.integers(0, len(whole) - 1))
    kind = draw(st.sampled_from(["cut", "flip", "insert", "double", "bom", "none", "none"]))
    if kind == "cut":
        return whole[:place]
    if kind == "flip":
        return whole[:place] + draw(st.binary(min_size=1, max_size=2)) + whole[place + 1 :]
    if kind == "insert":
        return whole[:place] + draw(st.binary(max_size=8)) + whole[place:]
    if kind == "double":
        return whole + whole
    return b"\xef\xbb\xbf" + whole if kind == "bom" else whole


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Draw a body: an event, a batch, some JSON, or just bytes."""
    kind = draw(st.sampled_from(["event", "event", "batch", "batch", "value", "nested", "bytes"]))
    if kind == "bytes":
        return draw(st.binary(max_size=200))
    if kind == "nested":
        return draw(nested())
    value = draw({"event": events, "batch": batches(), "value": values}[kind])
    return draw(damaged(to_text(value, ascii_only=draw(st.booleans()))))


@st.composite
def encoded(draw: st.DrawFn, body: bytes) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
    """Draw a body with a Content-Encoding that fits, or does not."""
    kind = draw(st.sampled_from(["plain"] * 6 + ["gzip", "cut", "not", "silent", "bomb", "odd"]))
    gzipped = gzip.compress(body, 1, mtime=0)
    header = ((b"content-encoding", b"gzip"),)
    if kind == "gzip":
        return gzipped, header
    if kind == "cut":
        return gzipped[: draw(st.integers(0, len(gzipped)))], header
    if kind == "not":
        return body, header
    if kind == "silent":
        return gzipped, ()
    if kind == "bomb":
        return bomb(), header
    if kind == "odd":
        odd = draw(st.sampled_from([b"br", b"deflate", b"gzip, gzip", b"identity", b"\xff", b""]))
        return body, ((b"content-encoding", odd),)
    return body, ()
