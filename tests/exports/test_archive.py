"""Archives written piece by piece: whoever goes on after each, `zipfile` reads them."""

from __future__ import annotations

import io
import zipfile

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import BadRequest
from headwater.exports.archive import LARGEST, Archive, ArchiveState, Entry

AT = 1_790_000_000_000
NAMES = st.text("abcö/. ", min_size=1, max_size=8)
PARTS = st.lists(st.binary(max_size=300) | st.just(b"again and again " * 500), max_size=4)


def handed_on(state: ArchiveState) -> ArchiveState:
    """Answer a state as it is after it was stored and read again."""
    return msgspec.json.decode(msgspec.json.encode(state), type=ArchiveState)


@given(files=st.dictionaries(NAMES, PARTS, max_size=5), whole=st.booleans())
def test_every_file_is_read_as_it_was_written(
    files: dict[str, list[bytes]], *, whole: bool
) -> None:
    """In however many pieces, with another writer for each of them."""
    state, pieces = ArchiveState(AT), []

    def go_on() -> Archive:
        nonlocal state
        state = handed_on(state)
        return Archive(state)

    for name, parts in files.items():
        if whole:
            archive = go_on()
            archive.add(name, b"".join(parts))
            pieces.append(archive.taken())
            continue
        archive = go_on()
        archive.open(name)
        pieces.append(archive.taken())
        for part in parts:
            archive = go_on()
            archive.write(part)
            pieces.append(archive.taken())
        archive = go_on()
        archive.close()
        pieces.append(archive.taken())
    archive = go_on()
    archive.finish()
    pieces.append(archive.taken())

    data = b"".join(pieces)
    assert len(data) == state.length
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == {
            name: b"".join(parts) for name, parts in files.items()
        }
        for one in read.infolist():
            assert one.date_time == (2026, 9, 21, 14, 13, 20)


def test_one_that_becomes_too_large_is_refused_in_words() -> None:
    """Rather than written so that nobody can read it."""
    state = ArchiveState(AT, LARGEST - 10, [Entry("large", 0, is_streamed=True)])

    with pytest.raises(BadRequest, match="larger than 4 GB"):
        Archive(state).write(b"some more than there is room for")
