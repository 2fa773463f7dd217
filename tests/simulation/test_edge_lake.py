"""Seeded runs of the edge with a lake: whatever fails, each event is in it once."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import Any

import pytest

from headwater.actors.identity_network import follow
from headwater.actors.identity_storage import Turn
from headwater.lake.event_rows import join_body
from tests.simulation.test_edge_world import Run, run
from tests.simulation.test_identity_network import FREE, TIGHT
from tests.simulation.world import WORKSPACE

SEEDS = int(os.environ.get("HEADWATER_SEEDS", "3"))


def check(one: Run) -> Counter[str]:
    """Check the lake against what the actors hold; answer what was seen on the way."""
    events, identity, manifest = one.world.lake()
    whole = one.world.union()
    stored = whole.execute("SELECT actor, via, message_id, body FROM event")
    held = {(via, message): body for actor, via, message, body in stored}
    found = Counter((row["via"], row["message_id"]) for row in events)

    assert set(found) == set(held), "the lake lacks an event, or has one that is nobody's"
    # Also those that were sent again while their person moved, and stored at both ends.
    assert set(found.values()) <= {1}, {key for key, times in found.items() if times > 1}
    assert {(row["via"], row["message_id"]): join_body(row) for row in events} == held
    check_identity(whole, identity)
    return Counter(
        events=len(events),
        twice=sum(times > 1 for times in one.world.times_stored.values()),
        taken=len(manifest.taken),
    )


def check_identity(whole: Any, rows: list[dict[str, Any]]) -> None:
    """Check that the newest row of each fact says what the actors know."""
    newest: dict[tuple[str, str, str | None], dict[str, Any]] = {}
    for row in rows:
        key = (row["kind"], row["actor"], row["key"])
        if key not in newest or row["change"] >= newest[key]["change"]:
            newest[key] = row
    told = {key: row["body"] for key, row in newest.items() if row["body"] is not None}
    known: dict[tuple[str, str, str | None], str] = {}
    for actor, body in whole.execute("SELECT actor, body FROM identity"):
        known["state", actor.partition("/")[2], None] = body
    for actor, via, body in whole.execute("SELECT actor, via, body FROM traits"):
        known["traits", actor.partition("/")[2], via] = body

    assert {key: json.loads(body) for key, body in told.items()} == {
        key: json.loads(body) for key, body in known.items()
    }


@pytest.mark.parametrize("block", range(2))
def test_each_event_is_in_the_lake_once(block: int) -> None:
    """Calls, consumers and the bucket fail; people merge and split: the lake has all of it."""
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        check(run(seed, TIGHT.rules, splits=seed % 2 == 1, lake_after=0))
        check(run(seed, FREE.rules, splits=False, lake_after=0))


def test_people_of_the_lake_are_roots_of_their_time() -> None:
    """Each row names the root that held it when it was written, which leads to who holds it now."""
    one = run(5, TIGHT.rules, splits=True, lake_after=0)
    events, _, _ = one.world.lake()
    turn = Turn(one.world.union())

    assert events
    for row in events:
        now = follow(turn, f"{WORKSPACE}/{row['via']}")
        assert turn.state(now) is not None


def test_faults_do_strike_here_too() -> None:
    """The bucket fails in these runs, and entries are made out of date by others."""
    runs = [run(seed, TIGHT.rules, splits=True, lake_after=0) for seed in range(6)]
    seen = sum((check(one) for one in runs), Counter[str]())
    struck = sum((one.world.struck for one in runs), Counter[str]())

    assert struck["bucket"] > 5
    assert seen["events"] > 100
    assert seen["twice"] > 0, "an event is stored at two actors, sent again while its person moves"
    # What the manifest still has to remember is little: only what moved while it was on its way.
    assert seen["taken"] < seen["events"] / 4
