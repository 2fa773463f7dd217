"""What several packages of tests start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.behaviours import twins
from tests.server import Server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests that run on both runtimes run on workerd as well."""
    items.extend(list(twins(items)))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server on a fresh data directory, shared by the tests of one file."""
    directory: Path = tmp_path_factory.mktemp("server") / "data"
    with Server(directory) as running:
        yield running
