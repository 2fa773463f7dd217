"""How many events go together."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from headwater.client.batching import MAX_BATCH_BYTES, how_many, request_body

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def event(size: int) -> bytes:
    """Answer an event of exactly that many bytes, at least 2."""
    return b'"' + b"x" * (size - 2) + b'"'


@given(st.lists(st.integers(2, 3000), max_size=60), st.integers(1, 20), st.integers(100, 6000))
def test_a_batch_is_as_large_as_it_may_be_and_no_larger(
    sizes: list[int], max_events: int, max_bytes: int
) -> None:
    """Cutting again and again sends everything, within both limits, and no batch could be larger.

    An event that is over the limit by itself goes alone.
    """
    rest = sizes
    while rest:
        count = how_many(rest, max_events=max_events, max_bytes=max_bytes)
        body = request_body([event(size) for size in rest[:count]], sent_at=NOW)
        larger = request_body([event(size) for size in rest[: count + 1]], sent_at=NOW)

        assert 1 <= count <= max_events
        assert len(body) <= max_bytes or count == 1
        assert count == len(rest) or count == max_events or len(larger) > max_bytes
        rest = rest[count:]


def test_nothing_makes_no_batch() -> None:
    """Without events there is nothing to send."""
    assert how_many([], max_events=100, max_bytes=MAX_BATCH_BYTES) == 0


def test_a_batch_of_the_largest_events_stays_below_the_servers_limit() -> None:
    """Fourteen events of 32 KB go into one body of at most 475,000 bytes."""
    count = how_many([32 * 1024] * 100, max_events=100, max_bytes=MAX_BATCH_BYTES)

    assert count == 14
    assert len(request_body([event(32 * 1024)] * count, sent_at=NOW)) <= 475_000


def test_the_body_is_segments() -> None:
    """`batch` and `sentAt`, and nothing else."""
    assert json.loads(request_body([b'{"a":1}', b'{"b":2}'], sent_at=NOW)) == {
        "batch": [{"a": 1}, {"b": 2}],
        "sentAt": "2026-11-22T09:30:00.000Z",
    }
