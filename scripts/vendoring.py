"""Fetches the Worker's wheels and makes the folders that are uploaded, as `scripts/vendor` says.

Wheels come from PyPI as pip finds them, built for Pyodide's CPython 3.14 where they hold C. That
is what `pywrangler sync` does too, without the interpreter that it downloads for that.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from headwater.settings import SettingsError
from scripts.upload import assets, listing, worker
from scripts.upload.reached import UnknownImports

ROOT = Path(__file__).parent.parent
PINS = ROOT / "scripts" / "vendored.txt"
WHEELS = ROOT / "build" / "wheels"
STAMP = ".vendored"

# Of the core's own dependencies, what only the client library needs stays behind.
NOT_IN_THE_WORKER = frozenset({"httpx"})

# Pyodide 314: the compatibility flag python_workers_20260610.
PLATFORM = (
    *("--platform", "pyemscripten_2026_0_wasm32", "--platform", "any"),
    *("--python-version", "3.14", "--implementation", "cp", "--abi", "cp314", "--abi", "none"),
    "--only-binary=:all:",
)
# The first pip that knows wheels of this platform.
OLDEST_PIP = 25


def wanted() -> list[str]:
    """Answer the requirements of the Worker, as pyproject.toml declares them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared: list[str] = [*project["dependencies"], *project["optional-dependencies"]["edge"]]
    return [one for one in declared if _name(one) not in NOT_IN_THE_WORKER]


def vendor() -> None:
    """Make the folders hold what is uploaded; do only what has changed.

    Raises:
        subprocess.CalledProcessError: pip failed; what it said was printed.
        UnknownImports: a package imports modules by computed names that nobody has written down.
        SyntaxError: a source is not Python, or is newer than the Python that runs this.
        SettingsError: a variable of wrangler.toml cannot be used.
    """
    wheels(WHEELS, PINS)
    if not worker.remembers(ROOT):
        print("==> Reading what the Worker imports, which takes a while the first time", flush=True)
    worker.write(ROOT, WHEELS)
    assets.write(ROOT)


def wheels(target: Path, pins: Path) -> None:
    """Make `target` hold the wheels that a requirements file pins, if it does not yet."""
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()
    stamp = target / STAMP
    if not stamp.is_file() or stamp.read_text("utf-8") != digest:
        print(f"==> Fetching wheels for Pyodide into {_shown(target)}", flush=True)
        _install(target, ["--requirement", str(pins), "--no-deps"])
        stamp.write_text(digest, "utf-8")


def update(pins: Path = PINS) -> None:
    """Resolve what pyproject.toml allows anew, and write the versions found to `pins`."""
    with tempfile.TemporaryDirectory() as directory:
        print("==> Resolving the Worker's wheels", flush=True)
        _install(Path(directory), wanted())
        found = sorted(_distributions(Path(directory)))
    pins.write_text(
        "# The Worker's wheels. Written by `scripts/vendor --update`.\n"
        + "".join(f"{name}=={number}\n" for name, number in found),
        "utf-8",
    )
    print(f"==> Pinned {len(found)} distributions in {_shown(pins)}")


def _install(target: Path, what: Iterable[str]) -> None:
    pip = int(version("pip").partition(".")[0])
    if pip < OLDEST_PIP:
        print(f"==> pip {pip} is older than {OLDEST_PIP}; updating it", flush=True)
        _pip("install", "--upgrade", f"pip>={OLDEST_PIP}")
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    _pip("install", "--no-compile", "--target", str(target), *PLATFORM, *what)
    shutil.rmtree(target / "bin", ignore_errors=True)


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)


def _distributions(folder: Path) -> Iterator[tuple[str, str]]:
    for path in folder.glob("*.dist-info"):
        name, _, number = path.name.removesuffix(".dist-info").rpartition("-")
        yield name.replace("_", "-").lower(), number


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    if match is None:
        raise ValueError(f"{requirement!r} in pyproject.toml is no requirement")
    return match[0].lower()


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def show() -> None:
    """Write the list of what is uploaded, and print how large that is."""
    listing.write(ROOT)
    size = listing.size(ROOT)
    print(
        f"{size.files} files, {size.raw / 1e6:.2f} MB; compressed {size.together / 1e6:.2f} MB"
        f" ({size.together / 1024:.0f} KiB as wrangler counts), and"
        f" {size.apart / 1e6:.2f} MB with each file by itself"
    )


def main(arguments: list[str] | None = None) -> int:
    """Vendor, or pin new versions first; answer the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/vendor", description=__doc__)
    parser.add_argument(
        "--update",
        action="store_true",
        help="resolve the newest versions that pyproject.toml allows, and pin them",
    )
    parser.add_argument(
        "--list",
        action="store_true",
        help=f"write the list of what is uploaded to {listing.LISTING}, which a test compares",
    )
    options = parser.parse_args(arguments)
    try:
        if options.update:
            update()
        vendor()
        if options.list:
            show()
    except subprocess.CalledProcessError as error:
        print(f"pip failed with status {error.returncode}; what it said is above", file=sys.stderr)
        return 1
    except (UnknownImports, SyntaxError, SettingsError) as error:
        print(f"The Worker cannot be put together: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
