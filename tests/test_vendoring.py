"""The Worker's site-packages: what is pinned, and what reaches it from this tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import vendoring


def files(folder: Path) -> dict[str, bytes]:
    """Answer the files of a folder by their path in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder as `durable_objects/` is one."""
    folder = tmp_path / "durable_objects"
    (folder / "deep").mkdir(parents=True)
    (folder / "__init__.py").write_bytes(b"")
    (folder / "sql.py").write_bytes(b"one")
    (folder / "deep" / "more.py").write_bytes(b"two")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "sql.pyc").write_bytes(b"compiled")
    return folder


def test_a_mirror_is_equal_to_its_source(source: Path, tmp_path: Path) -> None:
    """New, changed and removed files all arrive; compiled ones do not."""
    target = tmp_path / "python_modules" / "durable_objects"
    vendoring.mirror(source, target)
    (source / "sql.py").write_bytes(b"changed")
    (source / "new.py").write_bytes(b"new")
    (source / "deep" / "more.py").unlink()
    vendoring.mirror(source, target)

    assert files(target) == {"__init__.py": b"", "sql.py": b"changed", "new.py": b"new"}


def test_a_mirror_leaves_what_is_equal_alone(source: Path, tmp_path: Path) -> None:
    """A file that has not changed is not written, so that no watcher wakes up."""
    target = tmp_path / "copy"
    vendoring.mirror(source, target)
    before = (target / "sql.py").stat().st_mtime_ns
    (source / "sql.py").touch()
    vendoring.mirror(source, target)

    assert (target / "sql.py").stat().st_mtime_ns == before


def test_a_missing_folder_is_an_empty_one(tmp_path: Path) -> None:
    """A folder that is gone from the tree is gone from the Worker; none is no error."""
    target = tmp_path / "copy"
    target.mkdir()
    (target / "old.py").write_bytes(b"old")
    vendoring.mirror(tmp_path / "none", target)

    assert files(target) == {}


def test_every_requirement_of_the_worker_is_pinned() -> None:
    """What pyproject.toml names for the edge has its line among the pins, each in one version."""
    lines = [line for line in vendoring.PINS.read_text("utf-8").splitlines() if line[0] != "#"]
    pinned = dict(line.split("==") for line in lines)
    names = {vendoring._name(one) for one in vendoring.wanted()}

    assert names <= pinned.keys()
    assert len(pinned) == len(lines)
    assert "httpx" not in pinned
