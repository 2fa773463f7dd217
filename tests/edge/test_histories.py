"""Histories of identity actors, replayed on workerd, end as they do here."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.edge.behaviours import booted
from tests.simulation.histories import shown


@pytest.mark.parametrize("seed", range(6))
def test_a_history_ends_the_same_on_both_runtimes(
    seed: int, installed: None, request: pytest.FixtureRequest
) -> None:
    """Same faults, same steps: byte for byte the same people and timelines."""
    worker = booted(request.session)
    there = httpx.post(worker.url, content=json.dumps({"history": seed}), timeout=120)

    assert there.status_code == 200, there.text
    assert there.json()["people"]
    assert there.text == shown(seed)
