"""Tests that run on both runtimes: their bodies run here, and again inside workerd.

For each of them collection adds a twin. The twins of a file go to the Worker together, where
pytest runs them in a Durable Object; each then reports its own outcome.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts import vendoring
from tests.contract.http_service import http_service
from tests.edge import bundle, installation
from tests.edge.workerd import Worker, Workerd, WorkerFailed

ROOM = Path(__file__).parent / "room"

ON_BOTH = frozenset(
    {
        "tests/actors/test_dead_letters.py",
        "tests/actors/test_deliveries.py",
        "tests/actors/test_identity_network.py",
        "tests/actors/test_identity_timeline.py",
        "tests/actors/test_registry.py",
        "tests/actors/test_rejected_events.py",
        "tests/actors/test_workspace.py",
        "tests/contract/test_clock.py",
        "tests/contract/test_http.py",
        "tests/contract/test_random.py",
        "tests/contract/test_sql.py",
    }
)
"""Files whose tests all run on both runtimes, but for those in `LOCAL_ONLY`."""

LOCAL_ONLY = {
    "tests/actors/test_deliveries.py::test_figures_cost_the_same_with_a_backlog": (
        "it measures time, which on workerd says nothing about SQLite"
    ),
    "tests/actors/test_migrations.py": (
        "it begins transactions of its own; on the edge Database.run begins them"
    ),
}
"""Tests of actors and ports that run locally alone, and why."""

_OPTIONS: dict[str, Any] = {
    "compatibilityDate": "2026-11-01",
    "durableObjects": {"ROOM": {"className": "Room", "useSQLite": True}},
}
_LONGEST_SECONDS = 600.0


def room(**bindings: str) -> Worker:
    """Answer the Worker in which tests run: the tree's own files, and pytest."""
    root = installation.ROOT
    files = {
        **bundle.worker_files(),
        **{
            name: path
            for folder in vendoring.FOLDERS
            for name, path in bundle.files(root / folder, f"{folder}/")
        },
        **dict(bundle.files(installation.ROOM_PACKAGES, "python_modules/")),
        **{
            f"tests/{name}": path
            for name, path in bundle.files(root / "tests")
            if "node_modules" not in path.parts and path.suffix in (".py", ".json", ".sql")
        },
        "pytest.ini": ROOM / "pytest.ini",
        "entry.py": ROOM / "entry.py",
    }
    return Worker(files, {**_OPTIONS, "bindings": bindings})


class OnWorkerd(pytest.Item):
    """The twin of a test, which runs inside workerd."""

    def __init__(self, *, test: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.test = test
        self.add_marker(pytest.mark.xdist_group("edge"))

    def runtest(self) -> None:
        """Answer how it went there; the first of a file lets all of that file run."""
        outcome = _outcomes(self.session, self)[self.test]
        if outcome["outcome"] == "skipped":
            pytest.skip(outcome["told"])
        if outcome["outcome"] == "failed":
            pytest.fail(f"inside workerd:\n{outcome['told']}", pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name it as its twin, on workerd."""
        return self.path, None, self.name


def twins(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """Answer the twins of those tests that have one."""
    for item in items:
        test = f"{item.path.relative_to(installation.ROOT)}::{item.nodeid.partition('::')[2]}"
        file, _, function = test.partition("::")
        if file in ON_BOTH and f"{file}::{function.partition('[')[0]}" not in LOCAL_ONLY:
            assert item.parent is not None
            twin = OnWorkerd.from_parent(item.parent, name=f"{item.name} on workerd", test=test)
            twin.own_markers += [mark for mark in item.iter_markers() if mark.name == "slow"]
            yield twin


_running = pytest.StashKey[Workerd]()
_known = pytest.StashKey[dict[str, dict[str, dict[str, Any]]]]()


def _outcomes(session: pytest.Session, item: OnWorkerd) -> dict[str, dict[str, Any]]:
    known = session.stash.setdefault(_known, {})
    file = item.test.partition("::")[0]
    if file not in known:
        wanted = [
            one.test
            for one in session.items
            if isinstance(one, OnWorkerd) and one.test.partition("::")[0] == file
        ]
        known[file] = run(_booted(session), wanted)
    return known[file]


def run(worker: Workerd, wanted: list[str]) -> dict[str, dict[str, Any]]:
    """Let pytest run these tests inside a room; answer how each went."""
    answer = httpx.post(worker.url, content=json.dumps(wanted), timeout=_LONGEST_SECONDS)
    if answer.status_code == httpx.codes.OK:
        told = answer.json()["said"]
        outcomes: dict[str, dict[str, Any]] = answer.json()["outcomes"]
        return {test: outcomes.get(test) or {"outcome": "failed", "told": told} for test in wanted}
    try:
        worker.check()
        told = answer.text
    except WorkerFailed as error:
        told = str(error)
    return {test: {"outcome": "failed", "told": f"pytest itself failed: {told}"} for test in wanted}


def _booted(session: pytest.Session) -> Workerd:
    running = session.stash.get(_running, None)
    if running is None:
        try:
            installation.node()
            installation.packages()
        except installation.NotInstalled as error:
            if os.environ.get("CI") == "true":
                pytest.fail(str(error))
            pytest.skip(str(error))
        stack = ExitStack()
        session.config.add_cleanup(stack.close)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="headwater-edge-"))
        worker = room(HTTP_SERVICE=stack.enter_context(http_service()))
        running = stack.enter_context(Workerd(worker, state=Path(folder)))
        session.stash[_running] = running
    return running
