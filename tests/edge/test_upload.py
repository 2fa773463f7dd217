"""What `wrangler deploy` would upload: the Worker and its packages, and nothing else."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.edge import installation


@pytest.fixture(scope="module")
def uploaded(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a dry run of wrangler writes; [build] has vendored before."""
    target = tmp_path_factory.mktemp("upload")
    wrangler = installation.packages() / "wrangler" / "bin" / "wrangler.js"
    done = subprocess.run(
        [str(installation.node()), str(wrangler), "deploy", "--dry-run", "--outdir", str(target)],
        cwd=installation.ROOT,
        env={**installation.environment(), "CI": "true"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def names(folder: Path) -> set[str]:
    """Answer what is uploaded, as paths."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_worker_is_there_whole(uploaded: Path) -> None:
    """Its main module, the core with its SQL, the adapters and the wheels it imports."""
    found = names(uploaded)

    assert {
        "entry.py",
        "edge/application.py",
        "headwater/actors/identity.sql",
        "headwater/actors/outbox.sql",
        "headwater/dispatch/intake.py",
        "python_modules/durable_objects/identity.py",
        "python_modules/queues/deliveries.py",
        "python_modules/msgspec/__init__.py",
        "python_modules/fastapi/__init__.py",
        "python_modules/workers/__init__.py",
    } <= found


def test_nothing_else_is(uploaded: Path) -> None:
    """No test, environment, script or document leaves the machine."""
    allowed = ("edge/", "headwater/", "python_modules/")
    stray = {
        name
        for name in names(uploaded)
        if not name.startswith(allowed) and name not in {"entry.py", "README.md"}
    }

    assert stray == set()
    assert not {name for name in names(uploaded) if "node_modules" in name or ".venv" in name}


def test_it_is_small(uploaded: Path) -> None:
    """Compressed it stays under 8 MB: Cloudflare takes 10 MB, and each start unpacks it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(uploaded, arcname=".")
    size = len(gzip.compress(packed.getvalue(), 6))
    print(f"upload: {size / 1e6:.1f} MB compressed")

    assert size < 8_000_000
