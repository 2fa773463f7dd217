"""What several packages of tests start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server on a fresh data directory, shared by the tests of one file."""
    directory: Path = tmp_path_factory.mktemp("server") / "data"
    with Server(directory) as running:
        yield running
