"""SIGKILL at random moments under load: what was answered 200 is there, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.killing import Report, kill_again_and_again
from tests.sdk.node import node


def assert_nothing_is_lost(report: Report) -> None:
    """The promise, line by line."""
    assert report.lost == set()
    assert report.doubled == set()
    assert report.strayed == set()
    assert report.undelivered == set()
    assert report.answered > 20 * report.runs, "there was hardly any load"


def test_every_answered_event_survives_five_kills(tmp_path: Path) -> None:
    """After each restart all answered events are in their timelines once, then at the webhook."""
    node()
    assert_nothing_is_lost(kill_again_and_again(tmp_path, runs=5, seed=5))


@pytest.mark.slow
def test_every_answered_event_survives_fifty_kills(tmp_path: Path) -> None:
    """The same, fifty times on one data directory."""
    node()
    assert_nothing_is_lost(kill_again_and_again(tmp_path, runs=50, seed=50))
