"""What `wrangler deploy` would upload: the Worker and its packages, and nothing else."""

from __future__ import annotations

import difflib
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from scripts.upload import listing
from tests.edge import installation
from tests.edge.workerd import Worker, Workerd, application


@dataclass(frozen=True, slots=True)
class Upload:
    """The folder that a dry run of wrangler writes, and what it said."""

    folder: Path
    said: str


@pytest.fixture(scope="module")
def upload(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Upload:
    """What a dry run of wrangler makes of this tree; its [build] has put it together before."""
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
    return Upload(target, done.stdout)


def test_what_is_uploaded_is_what_the_list_says(upload: Upload) -> None:
    """Nothing more, and nothing less: what nobody has looked at does not leave the machine."""
    # wrangler writes this one beside the modules, and uploads it not.
    found = {path.relative_to(upload.folder).as_posix() for path in _files(upload.folder)}
    found -= {"README.md"}
    difference = difflib.unified_diff(
        listing.expected(installation.ROOT), listing.lines(found), listing.LISTING, "wrangler", n=0
    )

    assert not "\n".join(difference), "if that is as it should be, run `scripts/vendor --list`"


def test_the_worker_alone_is_on_the_list() -> None:
    """No test, environment, script or document; no command line, no client library."""
    names = listing.expected(installation.ROOT)
    allowed = ("edge/", "headwater/", "python_modules/", "entry.py")
    strange = re.compile(
        r"tests?/|node_modules|\.venv|scripts/|headwater/(local|client|tiny)|\.md$|\.env"
    )

    assert names == sorted(names)
    assert [name for name in names if not name.startswith(allowed)] == []
    assert [name for name in names if strange.search(name)] == []
    assert {"entry.py", "headwater/actors/*.sql", "python_modules/queues/*.py"} <= {*names}


def test_what_browsers_fetch_is_uploaded_beside_it(upload: Upload) -> None:
    """The snippet and what is said with it are for Cloudflare to serve, not among the modules."""
    assert re.search(r"Read 2 files from the assets directory .*build/assets", upload.said)
    assert "env.ASSETS" in upload.said


def test_it_is_small(upload: Upload) -> None:
    """Compressed it stays under 3 MB, as wrangler counts: each start unpacks it."""
    told = re.search(r"Total Upload: .* gzip: ([\d.]+) KiB", upload.said)
    assert told is not None, upload.said
    size = float(told[1]) * 1024
    print(f"upload: {size / 1e6:.2f} MB compressed")

    assert size < 3_000_000


def test_size_is_counted_as_wrangler_does(upload: Upload) -> None:
    """What `scripts/vendor --list` prints is within a hundredth of what wrangler says."""
    told = re.search(r"Total Upload: .* gzip: ([\d.]+) KiB", upload.said)
    assert told is not None, upload.said

    assert listing.size(installation.ROOT).together == pytest.approx(
        float(told[1]) * 1024, rel=0.01
    )


def test_what_is_tested_is_what_is_uploaded(upload: Upload) -> None:
    """The Worker that these tests run has the very files that wrangler would upload."""
    tested = {name: path.read_bytes() for name, path in application().files.items()}
    uploaded = {
        path.relative_to(upload.folder).as_posix(): path.read_bytes()
        for path in _files(upload.folder)
    }
    uploaded.pop("README.md", None)

    assert {name for name in tested | uploaded if tested.get(name) != uploaded.get(name)} == set()


NOT_ALONE = {
    "_workers_sdk_entropy_import_context": "needs workerd's own Python runtime",
    "_workers_sdk_package_patches": "the same",
}
"""Modules of the upload that cannot be imported on the test host, and why."""


def test_every_module_of_the_upload_finds_what_it_imports(upload: Upload, tmp_path: Path) -> None:
    """Each one can be imported in workerd, where nothing but the upload is."""
    made = application()
    files = {**made.files, "headwater_entry.py": made.files["entry.py"]}
    files["entry.py"] = Path(__file__).parent / "sample" / "importer.py"
    names = [
        name.removeprefix("python_modules/").removesuffix(".py").removesuffix("/__init__")
        for name in files
        if name.endswith(".py") and "/zoneinfo/" not in name and name != "entry.py"
    ]
    modules = [name.replace("/", ".") for name in names]
    options = {"compatibilityDate": made.options["compatibilityDate"], "durableObjects": {}}
    with Workerd(Worker(files, options), state=tmp_path) as importing:
        answer = httpx.post(importing.url, json=modules, timeout=120)

    assert answer.raise_for_status().json().keys() == NOT_ALONE.keys(), answer.text


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
