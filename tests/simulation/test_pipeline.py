"""Seeded runs of the whole pipeline: collect, resolve, outbox and delivery under crashes."""

from __future__ import annotations

import os

import pytest

from tests.simulation.pipeline import Pipeline

SEEDS = int(os.environ.get("HEADWATER_SEEDS", "25"))


def run(seed: int) -> Pipeline:
    """Run one seed to its end and check it; a failure names the seed that replays it."""
    pipeline = Pipeline(seed)
    try:
        for _ in range(150):
            pipeline.step()
        pipeline.calm()
        pipeline.check()
    except Exception as error:
        error.add_note(f"replay with: run({seed})")
        raise
    return pipeline


@pytest.mark.parametrize("block", range(20))
def test_what_was_answered_is_stored_once_and_delivered_in_order(block: int) -> None:
    """Whatever fails or dies in between, nothing answered is lost, and people keep their order."""
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        run(seed)


@pytest.mark.parametrize("seed", [1529, 1717])
def test_seeds_that_failed_once(seed: int) -> None:
    """A refused batch of people whose events had been held back was halved out of order."""
    run(seed)


def test_the_faults_do_strike() -> None:
    """Runs see crashes, repeated deliveries, dead letters and merges."""
    pipelines = [run(seed) for seed in range(20)]

    assert sum(pipeline.crashes for pipeline in pipelines) > 50
    assert any(
        len(pipeline.webhook.received) > len(set(pipeline.webhook.received))
        for pipeline in pipelines
    )
    assert any(pipeline.poison & set(pipeline.client.sent) for pipeline in pipelines)
    assert any(
        pipeline.sql.execute("SELECT 1 FROM delivery_order") or pipeline.last_merge
        for pipeline in pipelines
    )
