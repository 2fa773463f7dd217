"""Tests that run on both runtimes: their bodies run here, and again inside workerd.

For each of them collection adds a twin. The twins of a folder go to the Worker together, where
pytest runs them in a Durable Object; each then reports its own outcome.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.http_service import http_service
from tests.edge import bundle, installation
from tests.edge.workerd import Worker, Workerd, WorkerFailed

ROOM = Path(__file__).parent / "room"

FOLDERS = ("tests/actors", "tests/contract")
"""What actors and ports do is the same on both runtimes: all files here."""

FILES = frozenset(
    {
        "tests/collect/test_assemble.py",
        "tests/collect/test_attribution.py",
        "tests/collect/test_enrich.py",
        "tests/collect/test_envelope.py",
        "tests/collect/test_events.py",
        "tests/collect/test_json_text.py",
        "tests/collect/test_limits.py",
        "tests/collect/test_times.py",
        "tests/destinations/fql/test_fql.py",
        "tests/destinations/test_configuration.py",
        "tests/destinations/test_retry.py",
        "tests/destinations/test_routing.py",
        "tests/destinations/test_standard_webhooks.py",
        "tests/profiles/test_identifiers.py",
        "tests/profiles/test_resolution.py",
        "tests/profiles/test_traits.py",
    }
)
"""Of what is pure, what depends most on the Python that runs it."""

LOCAL_ONLY = {
    "tests/collect/test_json_text.py::test_what_cannot_be_read_is_refused_with_its_reason": (
        "its deepest text ends CPython in WebAssembly; check_depth refuses such before parsing"
    ),
    "tests/actors/test_deliveries.py::test_figures_cost_the_same_with_a_backlog": (
        "it measures time, which on workerd says nothing about SQLite"
    ),
    "tests/contract/test_bucket.py[s3]": "boto3 has no way out of a Worker, which has R2",
    "tests/actors/test_migrations.py": (
        "it begins transactions of its own; on the edge Database.run begins them"
    ),
}
"""Tests among those that run locally alone, or files of them, and why."""

LOCAL_FOLDERS = {
    "api": "the apps are asked without a server; test_worker*.py ask them through a Worker",
    "audiences": "pure; conditions are held to each other in workerd by tests/actors",
    "browser": "Chromium against a server; test_worker_browser.py has what a Worker adds",
    "client": "the client's own side of HTTP",
    "collect": "the files that FILES does not name: pure",
    "crash": "kills processes of the local server; test_worker_*.py kill workerd",
    "destinations": "the files that FILES does not name: pure, or over tests/contract's Http",
    "dispatch": "over actors in memory, with faults at each step; test_worker*.py run the same",
    "durable_objects": "holds the adapter's rewriting of SQL to this machine's SQLite",
    "end_to_end": "newcomers' first hours with the local server",
    "exports": "pure, and held to DuckDB, which a Worker has not; test_worker_exports.py",
    "fuzz": "any request at all, to the local server",
    "lake": "pure, and read back by pyarrow, DuckDB and polars; test_worker_lake.py",
    "language": "pure; test_worker_language.py and test_worker_mcp.py speak to a Worker",
    "local": "CPython's side of the ports, the command line, DuckDB",
    "profiles": "the files that FILES does not name: pure",
    "questions": "pure; test_worker_population.py asks the same tables of shards",
    "sdk": "SDKs against the local server; test_worker_sdks.py has them send to a Worker",
    "simulation": "crashes between any two steps; test_histories.py replays them in workerd",
    "spec": "a table of Segment's events: pure",
    "upload": "what is uploaded, before it is; test_upload.py",
}
"""Folders of tests that run locally alone, and why."""

_OPTIONS: dict[str, Any] = {
    "compatibilityDate": "2026-11-01",
    "durableObjects": {
        binding: {"className": name, "useSQLite": True}
        for binding, name in (
            ("ROOM", "Room"),
            ("IDENTITY", "IdentityDO"),
            ("JOB", "JobDO"),
            ("LANE", "LaneDO"),
            ("POPULATION", "PopulationDO"),
            ("TAIL", "TailDO"),
            ("WORKSPACE", "WorkspaceDO"),
        )
    },
    "r2Buckets": {"BUCKET": "lake"},
    "queueProducers": {"DELIVERIES": "deliveries"},
    "queueConsumers": {"deliveries": {"maxBatchTimeout": 0, "retryDelay": 0}},
}
_LONGEST_SECONDS = 600.0


def room(**bindings: str) -> Worker:
    """Answer the Worker in which tests run: what is uploaded, the rest of the tree, and pytest."""
    root = installation.ROOT
    files = {
        **bundle.tree_files(),
        **bundle.worker_files(),
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
        """Answer how it went there; the first of a folder lets all of it run."""
        outcome = _outcomes(self.session, self)[self.test]
        if outcome["outcome"] == "skipped":
            pytest.skip(outcome["told"])
        if outcome["outcome"] == "failed":
            pytest.fail(f"inside workerd:\n{outcome['told']}", pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name it as its twin, on workerd."""
        return self.path, None, self.name


def is_on_both(test: str) -> bool:
    """Answer whether a test runs on workerd as well."""
    file = test.partition("::")[0]
    named = file in FILES or file.rpartition("/")[0] in FOLDERS
    function, _, parameters = test.partition("[")
    excused = {file, function, f"{file}[{parameters}"} & LOCAL_ONLY.keys()
    return named and not excused


def twins(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """Answer the twins of those tests that have one."""
    for item in items:
        test = f"{item.path.relative_to(installation.ROOT)}::{item.nodeid.partition('::')[2]}"
        if is_on_both(test):
            assert item.parent is not None
            twin = OnWorkerd.from_parent(item.parent, name=f"{item.name} on workerd", test=test)
            twin.own_markers += [mark for mark in item.iter_markers() if mark.name == "slow"]
            yield twin


_running = pytest.StashKey[Workerd]()
_known = pytest.StashKey[dict[Path, dict[str, dict[str, Any]]]]()


def _outcomes(session: pytest.Session, item: OnWorkerd) -> dict[str, dict[str, Any]]:
    known = session.stash.setdefault(_known, {})
    folder = item.path.parent
    if folder not in known:
        wanted = [
            one.test
            for one in session.items
            if isinstance(one, OnWorkerd) and one.path.parent == folder
        ]
        known[folder] = run(booted(session), wanted)
    return known[folder]


def run(worker: Workerd, wanted: list[str]) -> dict[str, dict[str, Any]]:
    """Let pytest run these tests inside a room; answer how each went."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(
            httpx.post, worker.url, content=json.dumps(wanted), timeout=_LONGEST_SECONDS
        )
        try:
            while not wait([asked], timeout=0.5).done:
                worker.check()
            answer = asked.result()
            worker.check()
        except (WorkerFailed, httpx.HTTPError) as error:
            worker.kill()
            worker.start()
            return _all_failed(wanted, str(error))
    if answer.status_code != httpx.codes.OK:
        return _all_failed(wanted, answer.text)
    told = answer.json()
    outcomes: dict[str, dict[str, Any]] = told["outcomes"]
    missing = _all_failed([test for test in wanted if test not in outcomes], told["said"])
    return outcomes | missing


def _all_failed(tests: list[str], told: str) -> dict[str, dict[str, Any]]:
    told = f"pytest itself failed there: {told}"
    return {test: {"outcome": "failed", "told": told} for test in tests}


def booted(session: pytest.Session) -> Workerd:
    """Answer the session's room, booted once."""
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
