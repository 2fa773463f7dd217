"""The built snippet: from these sources, and small."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

from headwater.api.browser_files import snippet

SOURCES = Path(__file__).parents[2] / "sdk" / "js"


def test_snippet_is_small() -> None:
    """Under 3 KB (3,072 bytes) gzipped, as browsers fetch it."""
    assert len(gzip.compress(snippet(), 9, mtime=0)) < 3072


def test_snippet_is_what_the_sources_make(tmp_path: Path) -> None:
    """The file in the package is the build of `sdk/js`, and no older one."""
    node = shutil.which("node")
    if node is None or not (SOURCES / "node_modules" / "esbuild").is_dir():
        pytest.skip("npm install --prefix sdk/js: esbuild is not here")
    built = tmp_path / "hw.js"
    subprocess.run([node, "build.mjs", str(built)], cwd=SOURCES, check=True, capture_output=True)
    assert built.read_bytes() == snippet(), "run: npm run build --prefix sdk/js"
