"""The scripts, as far as they can be tried without installing anything."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ("bash", "dirname", "env", "cut", "cat", "cksum", "rm")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without an environment."""
    shutil.copytree(
        ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("bench", "*.py")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(checkout: Path, script: str, python: str | None) -> subprocess.CompletedProcess[str]:
    """Run a script where `python3` is a program with this text, or is not there at all."""
    bin_ = checkout / "bin"
    bin_.mkdir()
    for tool in TOOLS:
        (bin_ / tool).symlink_to(str(shutil.which(tool)))
    if python is not None:
        (bin_ / "python3").write_text(f"#!/usr/bin/env bash\n{python}\n")
        (bin_ / "python3").chmod(0o755)
    environment = {"PATH": str(bin_), "HOME": str(checkout), "LC_ALL": "C"}
    return subprocess.run(
        [str(checkout / "scripts" / script)],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=30,
    )


@pytest.mark.parametrize("script", ["run", "test", "test-slow"])
def test_an_old_python_is_told_clearly(checkout: Path, script: str) -> None:
    """With Python 3.9 it says what is needed, what was found, and how to name another."""
    old = 'if [ "$1" = -c ]; then exit 1; fi; echo "Python 3.9.2"'
    done = run(checkout, script, old)

    assert done.returncode == 1
    assert "Headwater needs Python 3.11 or newer." in done.stderr
    assert "The python3 found here is 3.9.2." in done.stderr
    assert "PYTHON=" in done.stderr


def test_no_python_is_told_clearly(checkout: Path) -> None:
    """Without any Python it says so."""
    done = run(checkout, "run", None)

    assert done.returncode == 1
    assert "No python3 was found." in done.stderr


def test_python_without_venv_is_told_clearly(checkout: Path) -> None:
    """Debian splits venv off: the package to install is named."""
    without = 'if [ "$1" = -m ]; then exit 1; fi; [ "$1" = -c ] || echo "Python 3.11.2"'
    done = run(checkout, "run", without)

    assert done.returncode == 1
    assert "Making .venv with Python 3.11.2" in done.stdout
    assert "apt install python3-venv" in done.stderr


def test_ci_runs_what_people_run() -> None:
    """.ci/run is scripts/test, and all of them may be executed."""
    assert "scripts/test" in (ROOT / ".ci" / "run").read_text("utf-8")
    for path in (".ci/run", "scripts/run", "scripts/test", "scripts/test-slow"):
        assert os.access(ROOT / path, os.X_OK), path
