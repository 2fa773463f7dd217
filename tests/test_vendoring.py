"""The Worker's wheels: what is pinned."""

from __future__ import annotations

from scripts import vendoring


def test_every_requirement_of_the_worker_is_pinned() -> None:
    """What pyproject.toml names for the edge has its line among the pins, each in one version."""
    lines = [line for line in vendoring.PINS.read_text("utf-8").splitlines() if line[0] != "#"]
    pinned = dict(line.split("==") for line in lines)
    names = {vendoring._name(one) for one in vendoring.wanted()}

    assert names <= pinned.keys()
    assert len(pinned) == len(lines)
    assert "httpx" not in pinned
