"""What readers see of everybody once a simulated history has come to rest."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from headwater.actors import identity_reading, identity_timeline
from headwater.profiles.people import TimelineFilter
from tests.simulation.test_identity_network import TIGHT, run
from tests.simulation.world import WORKSPACE


def shown(seed: int) -> str:
    """Run the history of a seed, faults and splits included; answer each person as JSON."""
    simulation = run(seed, TIGHT, splits=seed % 2 == 1)
    sql = simulation.sql
    people: dict[str, Any] = {}
    for identifier in sorted(
        {one for event in simulation.sent.values() for one in event.identifiers}
    ):
        person = identity_reading.person(sql, WORKSPACE, identifier)
        actor = identity_reading.root_actor(sql, WORKSPACE, identifier)
        if person is None or actor is None:
            people[identifier] = None
            continue
        page = identity_timeline.timeline(
            sql, actor, which=TimelineFilter(), limit=1000, cursor=None
        )
        people[identifier] = {"person": asdict(person), "events": page.events}
    return json.dumps({"calls": simulation.calls, "people": people}, default=sorted)
