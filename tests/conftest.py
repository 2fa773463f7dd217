"""What several packages of tests start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.behaviours import twins
from tests.server import Server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests that run on both runtimes run on workerd as well, and share what they start.

    The processes of a run take test after test in turn, so each of them would start the server
    that the tests of a module share; those of a module go to one.
    """
    items.extend(list(twins(items)))
    for item in items:
        if item.get_closest_marker("xdist_group") is None and _shares_a_fixture(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def _shares_a_fixture(item: pytest.Item) -> bool:
    asked = getattr(item, "_fixtureinfo", None)
    found = () if asked is None else asked.name2fixturedefs.values()
    return any(one.scope == "module" for defined in found for one in defined)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server on a fresh data directory, shared by the tests of one file."""
    directory: Path = tmp_path_factory.mktemp("server") / "data"
    with Server(directory) as running:
        yield running
