"""What is read of an event: all that anything looks at, whatever shape it comes in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.audiences import conditions as k
from headwater.audiences.audience import Audience, text_of
from headwater.audiences.comparisons import Comparison, look_up
from headwater.audiences.feeding import Feeds
from headwater.audiences.program import compile_program

PATHS = ("properties.price", "properties.address.city", "context.campaign.name", "anonymousId")


def feeds() -> Feeds:
    """Answer the feeds of audiences that look at each of the paths, and one at a sum."""
    event = k.EventSelector("Bought")
    asking: list[k.Condition] = [
        k.EventCondition(k.EventSelector("Bought", where=(Comparison(path, "exists"),)))
        for path in PATHS
    ]
    asking.append(k.AggregateCondition(event, "sum", "properties.total", "at_least", 1))
    audiences = [
        Audience(f"a{number}", f"a{number}", "A", text_of(one)) for number, one in enumerate(asking)
    ]
    program = compile_program(audiences, [], zone="UTC", version=1, since={})
    assert program is not None
    return program.feeds


LOOKED_AT = [tuple(path.split(".")) for path in (*PATHS, "properties.total", "event", "traits")]
values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["price", "address", "city", "campaign", "name", "total", "x"]), inner
        )
    ),
    max_leaves=8,
)


# Other work on the same processor may make drawing slow, which says nothing about the code.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["properties", "context", "traits", "anonymousId"]), values))
def test_what_is_looked_at_is_read_as_it_is(fields: dict[str, Any]) -> None:
    """At each path there is what the whole event has there, objects where none is expected too."""
    event = {"type": "track", "event": "Bought", **fields}
    read = feeds().read(json.dumps(event))
    assert [look_up(read, path) for path in LOOKED_AT] == [
        look_up(event, path) for path in LOOKED_AT
    ]


@pytest.mark.parametrize("properties", [{"price": 1, "colour": "red"}, {}])
def test_nothing_else_is_read(properties: dict[str, Any]) -> None:
    """What nothing looks at costs least where it is skipped."""
    read = feeds().read(json.dumps({"type": "track", "properties": properties, "sentAt": "x"}))
    assert read.get("properties") == {k: v for k, v in properties.items() if k == "price"}
    assert "sentAt" not in read
