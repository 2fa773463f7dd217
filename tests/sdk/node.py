"""Finds Node and the official SDK, or says why a test cannot run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
PACKAGE = FOLDER / "node_modules" / "@segment" / "analytics-node" / "package.json"


def node() -> str:
    """Answer the path of Node; skip where it is missing, and fail where CI must have it."""
    program = shutil.which("node")
    reason = None
    if program is None:
        reason = "Node is not installed; install it to drive the official Node SDK"
    elif not PACKAGE.exists():
        reason = f"the Node SDK is not installed; run `npm install --prefix {FOLDER}`"
    if reason is None:
        assert program is not None
        return program
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def run(script: Path, *arguments: str, timeout: float = 120.0) -> Any:
    """Run a script with Node and answer the JSON that it prints; `timeout` is in seconds."""
    ended = subprocess.run(
        [node(), str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)
