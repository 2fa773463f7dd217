"""What tests of lanes start from: a receiver, and a machine that sends to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.local.lane_machine import Machine, Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A running receiver."""
    made = Receiver()
    with made.service:
        yield made


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    """A running machine on a fresh file."""
    made = Machine(tmp_path / "headwater.sqlite3")
    yield made
    await made.close()
