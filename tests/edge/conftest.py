"""The Worker as a fixture: booted once, checked around each test, heard when one fails."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from scripts.upload import assets
from scripts.upload.worker import mirror
from tests.edge import installation
from tests.edge.face import Face
from tests.edge.workerd import Workerd, application
from tests.server import ADMIN_KEY, WRITE_KEY


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one process run all tests of the edge, so that it boots once."""
    folder = Path(__file__).parent
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("edge"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failed test what its Worker wrote meanwhile."""
    report = yield
    given = getattr(item, "funcargs", {}).values()
    for worker in {one for one in given if isinstance(one, Workerd)} if report.failed else ():
        written = "\n".join(f"{line.level}: {line.message}" for line in worker.since_mark())
        report.sections.append(("what workerd wrote", written))
    return report


@pytest.fixture(scope="session")
def installed() -> None:
    """Node, workerd and Pyodide; skips where they are missing, and fails where CI must have it."""
    try:
        installation.node()
        installation.packages()
    except installation.NotInstalled as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def running_application(
    installed: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workerd]:
    """Headwater's Worker with an operator's own keys, booted once for all tests."""
    made = application(
        HEADWATER_WRITE_KEY=WRITE_KEY,
        HEADWATER_ADMIN_KEY=ADMIN_KEY,
        HEADWATER_ALLOW_PRIVATE_NETWORKS="127.0.0.0/8",  # where the tests' webhooks listen
        HEADWATER_ANALYTICS_JS="tests/edge/sample/analytics-next",
    )
    folder = tmp_path_factory.mktemp("assets")
    mirror(assets.files(installation.ROOT, [made.options["bindings"]]), folder)
    made.options["assets"]["directory"] = str(folder)
    with Workerd(made, state=tmp_path_factory.mktemp("edge")) as worker:
        yield worker


@pytest.fixture
def edge(running_application: Workerd) -> Iterator[Workerd]:
    """Headwater's Worker; what a test leaves in it, the next one finds."""
    yield from attended(running_application)


@pytest.fixture
def face(edge: Workerd) -> Iterator[Face]:
    """The same, as a program outside sees it."""
    one = Face(edge)
    yield one
    one.http.close()


def attended(worker: Workerd) -> Iterator[Workerd]:
    """Lend a Worker to one test; if it died of it, the test fails and the next gets a new one."""
    worker.mark()
    yield worker
    try:
        worker.check()
    except Exception:
        worker.kill()
        worker.start()
        raise
