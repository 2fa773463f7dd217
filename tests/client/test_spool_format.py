"""How events stand in a spool file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.client.spool_format import HEADER_BYTES, acknowledged, header, line, read

EVENTS = st.lists(
    st.binary(min_size=2, max_size=60).map(lambda data: data.replace(b"\n", b" ")), max_size=12
)
ALL = 1 << 40


def written(events: list[bytes]) -> bytes:
    """Answer a whole file."""
    return header(HEADER_BYTES) + b"".join(map(line, events))


@given(EVENTS)
def test_what_is_written_is_read(events: list[bytes]) -> None:
    """All events, in order, none damaged."""
    lines = read(written(events)[HEADER_BYTES:], max_events=ALL, max_bytes=ALL)

    assert lines.events == tuple(events)
    assert lines.damaged == 0
    assert lines.end == sum(len(line(event)) for event in events)


@given(EVENTS, st.data())
def test_a_file_cut_at_any_byte_loses_at_most_the_last_event(
    events: list[bytes], data: st.DataObject
) -> None:
    """Every event whose line is whole is read; what is torn is passed over, and never invented."""
    whole = written(events)
    cut = data.draw(st.integers(0, len(whole)))
    torn = whole[:cut]
    start = acknowledged(torn)

    if cut < HEADER_BYTES:
        assert start is None
        return
    assert start == HEADER_BYTES
    ends = [HEADER_BYTES]
    for event in events:
        ends.append(ends[-1] + len(line(event)))
    complete = sum(end <= cut for end in ends[1:])
    lines = read(torn[start:], max_events=ALL, max_bytes=ALL)
    assert lines.events == tuple(events[:complete])
    assert lines.damaged == (0 if cut in ends else 1)
    assert lines.end == cut - HEADER_BYTES


@given(EVENTS.filter(bool), st.data())
def test_one_damaged_byte_loses_at_most_two_events(
    events: list[bytes], data: st.DataObject
) -> None:
    """The others are read, in order; two are lost where a line feed was damaged."""
    whole = bytearray(written(events)[HEADER_BYTES:])
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    found = list(read(bytes(whole), max_events=ALL, max_bytes=ALL).events)

    assert len(found) >= len(events) - 2
    rest = iter(events)
    assert all(event in rest for event in found)


@given(EVENTS, st.integers(1, 5), st.integers(60, 200))
def test_pages_follow_one_another(events: list[bytes], max_events: int, max_bytes: int) -> None:
    """Reading page by page, from where the last one ended, gives every event once."""
    data = written(events)[HEADER_BYTES:]
    found: list[bytes] = []
    position = 0
    while position < len(data):
        lines = read(data[position:], max_events=max_events, max_bytes=max_bytes)
        assert len(lines.events) <= max_events
        assert lines.end > 0
        found += lines.events
        position += lines.end

    assert found == events


@given(EVENTS, st.data())
def test_the_acknowledged_part_is_not_read_again(events: list[bytes], data: st.DataObject) -> None:
    """The header says where to go on."""
    done = data.draw(st.integers(0, len(events)))
    offset = HEADER_BYTES + sum(len(line(event)) for event in events[:done])
    whole = header(offset) + written(events)[HEADER_BYTES:]

    assert acknowledged(whole) == offset
    assert read(whole[offset:], max_events=ALL, max_bytes=ALL).events == tuple(events[done:])


@given(EVENTS, st.integers(0, 9_999_999_999))
def test_an_impossible_offset_means_from_the_start(events: list[bytes], offset: int) -> None:
    """Sent twice is one event to the server; never sent would be none."""
    whole = header(offset) + written(events)[HEADER_BYTES:]
    found = acknowledged(whole)

    assert found is not None
    assert found == HEADER_BYTES or (found == offset and whole[found - 1 : found] == b"\n")


@given(st.binary(max_size=80).filter(lambda data: not data.startswith(header(0)[:18])))
def test_another_file_is_no_spool(data: bytes) -> None:
    """What does not begin with the header is left alone."""
    assert acknowledged(data) is None
