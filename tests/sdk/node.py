"""Finds Node and the packages that tests drive with it, or says why a test cannot run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
SDK = "@segment/analytics-node"


def node(package: str = SDK) -> str:
    """Answer the path of Node; skip where it or the package is missing, and fail in CI."""
    program = shutil.which("node")
    reason = None
    if program is None:
        reason = f"Node is not installed; install it to drive {package}"
    elif not (FOLDER / "node_modules" / package / "package.json").exists():
        reason = f"{package} is not installed; run `npm install --prefix {FOLDER}`"
    if reason is None:
        assert program is not None
        return program
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def run(script: Path, *arguments: str, timeout: float = 120.0, package: str = SDK) -> Any:
    """Run a script with Node and answer the JSON that it prints; `timeout` is in seconds."""
    ended = subprocess.run(
        [node(package), str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)
