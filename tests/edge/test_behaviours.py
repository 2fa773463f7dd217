"""Which tests run on both runtimes: none is left out unseen, and a failure there is one here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.edge import installation
from tests.edge.behaviours import (
    FILES,
    FOLDERS,
    LOCAL_FOLDERS,
    LOCAL_ONLY,
    OnWorkerd,
    is_on_both,
    room,
)
from tests.edge.workerd import Workerd


def test_the_tables_name_what_there_is() -> None:
    """A test that is gone leaves the tables."""
    names = FILES | {name.partition("::")[0].partition("[")[0] for name in LOCAL_ONLY}

    assert [name for name in names if not (installation.ROOT / name).is_file()] == []
    for name in LOCAL_ONLY:
        file, _, function = name.partition("::")
        text = (installation.ROOT / file.partition("[")[0]).read_text("utf-8")
        assert not function or f"def {function}(" in text


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("tests/actors/test_any.py::test_new[a]", True),
        ("tests/contract/test_sql.py::test_x", True),
        ("tests/collect/test_times.py::test_x[1]", True),
        ("tests/collect/test_documentation.py::test_x", False),
        ("tests/actors/test_migrations.py::test_x", False),
        ("tests/local/test_sql.py::test_x", False),
        ("tests/contract/test_bucket.py::test_x[own]", True),
        ("tests/contract/test_bucket.py::test_x[s3]", False),
    ],
)
def test_what_runs_on_both(test: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """All of actors and ports, some of what is pure, but for what is excused."""
    assert is_on_both(test) is expected


def test_each_test_of_those_files_has_its_twin(request: pytest.FixtureRequest) -> None:
    """What is collected here is collected for workerd, one by one."""
    items = request.session.items
    twins = {item.test for item in items if isinstance(item, OnWorkerd)}
    expected = {
        item.nodeid for item in items if not isinstance(item, OnWorkerd) and is_on_both(item.nodeid)
    }

    assert expected <= twins


def test_a_failure_inside_workerd_is_a_failure(installed: None, tmp_path: Path) -> None:
    """A test that fails, is skipped or cannot be imported there is told so, with the reason."""
    from tests.edge.behaviours import run

    written = tmp_path / "test_written.py"
    written.write_text(
        "import pytest, sys\n"
        "def test_right(): assert sys.platform == 'emscripten'\n"
        "def test_wrong(): assert 1 == 2\n"
        "def test_skipped(): pytest.skip('not today')\n"
        "async def test_waits():\n"
        "    import asyncio\n"
        "    await asyncio.sleep(0.01)\n"
        "    assert 3 == 4\n"
    )
    broken = tmp_path / "test_broken.py"
    broken.write_text("import nothing_of_this_name")
    worker = room()
    worker = type(worker)(
        {**worker.files, "tests/test_written.py": written, "tests/test_broken.py": broken},
        worker.options,
    )
    names = ["right", "wrong", "skipped", "waits"]
    with Workerd(worker, state=tmp_path / "state") as running:
        told = run(running, [f"tests/test_written.py::test_{name}" for name in names])
        lost = run(running, ["tests/test_broken.py::test_lost"])

    assert [told[name]["outcome"] for name in told] == ["passed", "failed", "skipped", "failed"]
    assert "assert 1 == 2" in told["tests/test_written.py::test_wrong"]["told"]
    assert "assert 3 == 4" in told["tests/test_written.py::test_waits"]["told"]
    assert "not today" in told["tests/test_written.py::test_skipped"]["told"]
    assert lost["tests/test_broken.py::test_lost"]["outcome"] == "failed"
    assert "nothing_of_this_name" in lost["tests/test_broken.py::test_lost"]["told"]


def test_each_folder_runs_there_or_says_why_not() -> None:
    """A new folder of tests is on both runtimes, or its reason is written down; so is each old."""
    tests = installation.ROOT / "tests"
    folders = {path.relative_to(tests).parts[0] for path in tests.glob("*/**/test_*.py")}
    on_both = {Path(folder).name for folder in FOLDERS} | {"edge"}
    listed = (installation.ROOT / "docs" / "edge.md").read_text("utf-8")

    assert folders - {"node_modules"} == on_both | LOCAL_FOLDERS.keys()
    assert [name for name in LOCAL_FOLDERS if f"| `tests/{name}` |" not in listed] == []


def test_what_runs_locally_alone_is_listed() -> None:
    """docs/edge.md names each such test, so that the list does not grow unseen."""
    listed = (installation.ROOT / "docs" / "edge.md").read_text("utf-8")

    for test in LOCAL_ONLY:
        name = test.rpartition("::")[2].rpartition("/")[2]
        assert f"| `{name}` |" in listed, f"docs/edge.md does not list {name}"
