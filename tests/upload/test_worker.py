"""The folders that wrangler uploads."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.upload import listing, worker


def files(folder: Path) -> dict[str, bytes]:
    """Answer the files of a folder by their path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def written(root: Path, **sources: str) -> None:
    """Write files, `a__b.py` for a/b.py."""
    for name, source in sources.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, "utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree like this one, with a wheel of which half is used."""
    written(
        tmp_path,
        src__entry_dot_py="# why\nfrom headwater.used import f\nimport wheel\nimport queues.one\n",
        src__headwater__init_dot_py="",
        src__headwater__used_dot_py='def f():\n    """Doc."""\n',
        src__headwater__used_dot_sql="SELECT 1",
        src__headwater__unused_dot_py="",
        src__headwater__local__module_dot_py="",
        src__headwater__local__unused_dot_sql="SELECT 2",
        queues__one_dot_py="",
        queues__other_dot_py="",
    )
    (tmp_path / "src/headwater/__init__.py").touch()
    (tmp_path / "queues/__init__.py").touch()
    wheels = tmp_path / "build" / "wheels"
    written(
        wheels,
        _workers_sdk_patch_loader_dot_py="",
        patch_dot_pth="import _workers_sdk_patch_loader\n",
        tzdata__zones="Europe/Berlin\n",
        tzdata__zoneinfo__Europe__Berlin="TZif",
        tzdata__zoneinfo__tzdata_dot_zi="all of it again",
        wheel__used_dot_pyi="",
        wheel__data_dot_bin="",
    )
    (wheels / "tzdata/__init__.py").write_text('"""Zones."""')
    (wheels / "wheel/__init__.py").write_text("from wheel import used")
    (wheels / "wheel/used.py").write_text("used = 1  # why")
    (wheels / "wheel/unused.py").write_text("")
    for name in ("wheel", "unused"):
        information = wheels / f"{name}-1.0.dist-info"
        written(
            information,
            METADATA=f"Name: {name}\nVersion: 1.0\n\nA long text.",
            RECORD=f"{name}/__init__.py,sha256=x,1\n",
        )
    return tmp_path


def test_what_the_main_module_reaches_is_copied(root: Path) -> None:
    """Our modules and their data beside the main module, packages apart; nothing unused."""
    worker.write(root, root / "build" / "wheels")

    assert files(root / "build" / "worker") == {
        "entry.py": b"\nfrom headwater.used import f\nimport wheel\nimport queues.one\n",
        "headwater/__init__.py": b"",
        "headwater/used.py": b"def f():\n    0\n",
        "headwater/used.sql": b"SELECT 1",
    }
    assert files(root / "python_modules") == {
        "_workers_sdk_patch_loader.py": b"",
        "patch.pth": b"import _workers_sdk_patch_loader\n",
        "queues/__init__.py": b"",
        "queues/one.py": b"",
        "tzdata/__init__.py": b"",
        "tzdata/zones": b"Europe/Berlin\n",
        "tzdata/zoneinfo/Europe/Berlin": b"TZif",
        "wheel-1.0.dist-info/METADATA": b"Name: wheel\nVersion: 1.0\n",
        "wheel/__init__.py": b"from wheel import used",
        "wheel/data.bin": b"",
        "wheel/used.py": b"used = 1",
    }


def test_a_change_touches_what_changed_alone(root: Path) -> None:
    """New, changed and removed files all arrive; the rest keeps its time, so no watcher wakes."""
    worker.write(root, root / "build" / "wheels")
    before = {path: path.stat().st_mtime_ns for path in (root / "build/worker").rglob("*.py")}
    (root / "src/headwater/used.py").write_text("from headwater import unused\n")
    worker.write(root, root / "build" / "wheels")
    after = {path: path.stat().st_mtime_ns for path in (root / "build/worker").rglob("*.py")}
    (root / "src/headwater/used.py").write_text("")
    worker.write(root, root / "build" / "wheels")
    folder = root / "build" / "worker" / "headwater"

    assert {path.name for path in after if before.get(path) != after[path]} == {
        "used.py",
        "unused.py",
    }
    assert sorted(path.name for path in folder.iterdir()) == ["__init__.py", "used.py", "used.sql"]


def test_what_was_read_is_remembered(root: Path) -> None:
    """Nothing is kept that the last build did not need."""
    worker.write(root, root / "build" / "wheels")
    kept = files(root / "build" / "blanked")
    (root / "src/entry.py").write_text("")
    worker.write(root, root / "build" / "wheels")

    assert kept
    assert len(files(root / "build" / "blanked")) < len(kept)
    assert not [name for name in kept if name.endswith(".new")]


def test_the_list_has_files_of_packages_and_folders_of_our_own(root: Path) -> None:
    """What is written is what is read, and what was compiled on the way is not on it."""
    (root / "scripts").mkdir()
    worker.write(root, root / "build" / "wheels")
    (root / "build/worker/entry.pyc").touch()
    lines = listing.write(root)

    assert listing.expected(root) == lines
    assert [line for line in lines if not line.startswith("python_modules/")] == [
        "entry.py",
        "headwater/*.py",
        "headwater/*.sql",
    ]
    assert "python_modules/queues/*.py" in lines
    assert "python_modules/wheel/used.py" in lines
    assert "python_modules/tzdata/zoneinfo/Europe/Berlin" in lines


def test_the_size_is_of_what_is_uploaded(root: Path) -> None:
    """All bytes, those compressed as one, and those of each file compressed by itself."""
    worker.write(root, root / "build" / "wheels")
    size = listing.size(root)
    raw = sum(len(content) for content in files(root / "python_modules").values())
    raw += sum(len(content) for content in files(root / "build" / "worker").values())

    assert size.raw == raw
    assert 0 < size.together < size.apart
