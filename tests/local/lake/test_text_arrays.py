"""Tests of `headwater.local.lake.text_arrays`."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headwater.local.lake.text_arrays import holding

PIECES = st.sampled_from(['"bot"', '"', "b", "bo", "t", "ä", ""])


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.lists(PIECES, max_size=6).map("".join)), max_size=8))
@example(texts=['"bot', '"bot"'])
@example(texts=['"bot"', None, '"bo', 't"'])
def test_texts_that_hold_something_are_found(texts: list[str | None]) -> None:
    """At even and odd places, once or more often; never across the ends of two texts."""
    found = list(holding(b'"bot"', pa.array(texts, pa.string())))

    assert found == [place for place, text in enumerate(texts) if text and '"bot"' in text]
