"""Which destinations get which event."""

from __future__ import annotations

import time
from typing import Any

import pytest

from headwater.destinations.routing import Router, lets_through
from headwater.workspace import DestinationConfig, WorkspaceConfig


def router(*destinations: DestinationConfig) -> Router:
    """A router for these."""
    return Router(WorkspaceConfig("default", destinations=destinations))


def webhook(id_: str = "d1", name: str = "Shop", **fields: Any) -> DestinationConfig:
    """A webhook destination."""
    return DestinationConfig(id_, "webhook", name, **fields)


def event(**fields: Any) -> dict[str, Any]:
    """A track event."""
    return {"type": "track", "event": "Order Completed", "properties": {"total": 5}, **fields}


def test_all_enabled_destinations_get_an_event_in_their_order() -> None:
    """Without conditions every destination that is on gets everything."""
    routes = router(webhook("d2"), webhook("d3", enabled=False), webhook("d1"))

    for type_ in ("track", "identify", "page", "screen", "group", "alias"):
        assert routes.destinations(event(type=type_)) == ("d2", "d1")


@pytest.mark.parametrize(
    ("fields", "sent", "goes"),
    [
        ({"types": ("track",)}, {}, True),
        ({"types": ("identify",)}, {}, False),
        ({"events": ("Order Completed",)}, {}, True),
        ({"events": ("Order Refunded",)}, {}, False),
        # Names are of track calls: they do not keep people's traits away.
        ({"events": ("Order Refunded",)}, {"type": "identify", "event": None}, True),
        ({"events": ("Order Refunded",), "types": ("track",)}, {"type": "identify"}, False),
        ({"filter": "properties.total > 4"}, {}, True),
        ({"filter": "properties.total > 5"}, {}, False),
        ({"filter": "properties.missing > 5"}, {}, False),
        ({}, {"type": "unheard of"}, False),
        ({}, {"type": None}, False),
    ],
)
def test_conditions(fields: dict[str, Any], sent: dict[str, Any], *, goes: bool) -> None:
    """Type, name and filter must all agree."""
    assert (router(webhook(**fields)).destinations(event(**sent)) == ("d1",)) is goes


@pytest.mark.parametrize(
    ("integrations", "goes"),
    [
        (None, True),
        ({}, True),
        ({"All": True}, True),
        ({"All": False}, False),
        ({"All": False, "Shop": True}, True),
        ({"All": False, "Shop": {"option": 1}}, True),
        ({"All": False, "Shop": {}}, True),
        ({"All": False, "d1": True}, True),
        ({"All": False, "webhook": True}, True),
        ({"All": False, "Webhook": True}, True),
        ({"All": False, "shop": True}, False),
        ({"All": False, "Other": True}, False),
        ({"Shop": False}, False),
        ({"All": True, "webhook": False}, False),
        ({"All": True, "d1": False}, False),
        # The most particular name counts.
        ({"webhook": False, "d1": True}, True),
        ({"Shop": True, "d1": False}, False),
        # What says nothing leaves it to All.
        ({"Shop": None}, True),
        ({"All": False, "Shop": None}, False),
        ({"All": False, "Shop": "yes"}, False),
        ({"All": {"option": 1}}, True),
        ("nonsense", True),
        ({"Segment.io": True}, True),
    ],
)
def test_integrations_of_the_event(integrations: Any, *, goes: bool) -> None:
    """An event chooses its destinations by id, name or type; an object of options is a yes."""
    got = router(webhook()).destinations(event(integrations=integrations))

    assert (got == ("d1",)) is goes


def test_invalid_stored_filter_lets_nothing_through() -> None:
    """A filter that cannot be read stops its own destination only, and is told."""
    routes = router(webhook("d1", filter="type = "), webhook("d2"))

    assert routes.destinations(event()) == ("d2",)
    assert len(routes.problems) == 1
    assert "d1" in routes.problems[0]


def test_costs_almost_nothing_without_destinations() -> None:
    """A workspace without destinations pays less than a microsecond or so for each event."""
    routes, sent = router(), event()
    times = []
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(10_000):
            routes.destinations(sent)
        times.append((time.perf_counter() - started) / 10_000)

    assert routes.destinations(sent) == ()
    assert min(times) < 5e-6


@pytest.mark.parametrize(
    ("gate", "sent", "members", "passes"),
    [
        ({"Signed Up": ["a1"]}, {"event": "Signed Up"}, {"a1": 5}, True),
        ({"Signed Up": ["a1"]}, {"event": "Signed Up"}, {"a2": 5}, False),
        ({"Signed Up": ["a1", "a2"]}, {"event": "Signed Up"}, {"a2": 5}, True),
        ({"Signed Up": ["a1"]}, {"event": "Other"}, {}, True),
        ({"Signed Up": ["a1"], "*": ["a2"]}, {"event": "Other"}, {"a1": 5}, False),
        ({"Signed Up": ["a1"], "*": ["a2"]}, {"event": "Signed Up"}, {"a2": 5}, False),
        ({"*": ["a2"]}, {"type": "page", "event": None}, {"a2": 5}, True),
        # A page that is called like an event is none.
        ({"Signed Up": ["a1"]}, {"type": "page", "event": "Signed Up"}, {}, True),
    ],
)
def test_gates(
    gate: dict[str, list[str]], sent: dict[str, Any], members: dict[str, int], *, passes: bool
) -> None:
    """An event passes where its person is in one of the audiences that are named for it."""
    people = {name: tuple(ids) for name, ids in gate.items()}
    one = router(webhook(people=people)).gates["d1"]

    assert lets_through(one, event(**sent), members) is passes
