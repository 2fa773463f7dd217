"""Figures as Prometheus reads them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from headwater.figures import (
    LAKE_FIGURES,
    Family,
    exposition,
    lake_families,
    people_family,
)


@given(
    values=st.lists(
        st.tuples(
            st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))),
            st.floats(allow_nan=False),
        ),
        min_size=1,
    ),
    is_counter=st.booleans(),
)
def test_what_is_written_is_read(
    values: list[tuple[tuple[str, str], float]], *, is_counter: bool
) -> None:
    """Prometheus' own parser reads each number and label as it was, whatever they hold."""
    family = Family("hw_x", "What it is.", ("one", "two"), values, is_counter=is_counter)

    (read,) = text_string_to_metric_families(exposition([family]).decode())

    assert read.type == ("counter" if is_counter else "gauge")
    assert read.documentation == "What it is."
    found = [((one.labels["one"], one.labels["two"]), one.value) for one in read.samples]
    assert found == values


def test_a_family_without_numbers_is_left_out() -> None:
    """What is not known is not told of."""
    assert exposition([people_family({})]) == b""


def test_of_the_lake_what_is_known_is_told() -> None:
    """A runtime that cannot count what waits tells the rest."""
    told = exposition(lake_families({"w": {"lake_files": 3, "lake_bytes": 10, "people": 7}}))

    read = {one.name: one.samples[0].value for one in text_string_to_metric_families(told.decode())}
    assert read == {"headwater_lake_files": 3, "headwater_lake_bytes": 10}
    assert {f"headwater_lake_{name}" for name in LAKE_FIGURES} > set(read)
