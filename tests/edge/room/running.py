"""Runs pytest inside the Worker, and says how each test went."""

from __future__ import annotations

import inspect
import io
import os
from collections.abc import Callable, Collection
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import hypothesis
import pytest
from pyodide.ffi import run_sync

from tests.edge.room import databases

ROOT = "/session/metadata"
_OPTIONS = (
    *("--rootdir", ROOT, "-c", f"{ROOT}/pytest.ini", "--noconftest"),
    *("-q", "--tb=short", "--capture=sys"),
    *("-pno:cacheprovider", "-pno:faulthandler", "-pno:threadexception"),
)
_MOST_EXAMPLES = 10


class _Room:
    """A pytest plugin: what is different inside a Durable Object."""

    def __init__(self, wanted: Collection[str]) -> None:
        self.wanted = wanted
        self.outcomes: dict[str, dict[str, Any]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Run a test's body: an async one to its end, any other as one unit of work."""
        names = inspect.signature(pyfuncitem.obj).parameters
        given = {name: pyfuncitem.funcargs[name] for name in names if name in pyfuncitem.funcargs}
        if inspect.iscoroutinefunction(pyfuncitem.obj):
            run_sync(pyfuncitem.obj(**given))
        elif "contract" in pyfuncitem.path.parts:
            pyfuncitem.obj(**given)  # units of work are what it tests
        else:
            _within_a_unit_of_work(lambda: pyfuncitem.obj(**given))
        return True

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep those wanted, with fewer examples: WebAssembly is several times slower."""
        items[:] = [item for item in items if item.nodeid in self.wanted]
        for item in items:
            test: Any = getattr(item, "obj", None)
            chosen = getattr(test, "_hypothesis_internal_use_settings", None)
            if chosen is not None:
                fewer = min(chosen.max_examples, _MOST_EXAMPLES)
                test._hypothesis_internal_use_settings = hypothesis.settings(
                    chosen, max_examples=fewer, deadline=None, database=None
                )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of setup, call and teardown, and all that was told."""
        kept = self.outcomes.setdefault(
            report.nodeid, {"outcome": "passed", "told": "", "seconds": 0.0}
        )
        kept["seconds"] += report.duration
        if report.outcome != "passed" and kept["outcome"] != "failed":
            kept["outcome"] = report.outcome
            told = [report.longreprtext, *(f"{head}\n{text}" for head, text in report.sections)]
            kept["told"] += "\n".join(told)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module that cannot be imported fails under its own name."""
        if report.failed:
            told = {"outcome": "failed", "told": str(report.longrepr), "seconds": 0.0}
            self.outcomes |= {
                name: told for name in self.wanted if name.partition("::")[0] == report.nodeid
            }


def run(names: list[str], storage: Any, env: Any) -> dict[str, Any]:
    """Run the tests of these names, `tests/….py::test_…`; answer each one's outcome.

    `said` is what pytest printed, which tells why a test has no outcome.
    """
    databases.lend_from(storage)
    databases.bindings = env
    room = _Room(set(names))
    files = dict.fromkeys(f"{ROOT}/{name.partition('::')[0]}" for name in names)
    # The plugins of what is installed would be those of CPython's environment.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        pytest.main([*_OPTIONS, *files], plugins=[room])
    return {"outcomes": room.outcomes, "said": said.getvalue()}


def history(seed: int, storage: Any) -> str:
    """Run the simulated history of a seed; answer what readers see in the end."""
    from tests.simulation.histories import shown

    databases.lend_from(storage)
    return shown(seed)


def _within_a_unit_of_work(body: Callable[[], None]) -> None:
    """Run it in one; what it raises goes round JavaScript, with its traceback as it is."""
    raised: list[BaseException] = []

    def guarded() -> None:
        try:
            body()
        except BaseException as error:  # noqa: BLE001 - raised again below
            raised.append(error)

    databases.storage().transactionSync(guarded)
    if raised:
        raise raised[0]
