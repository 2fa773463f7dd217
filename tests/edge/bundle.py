"""Puts the Worker's files into one, with their compiled form beside them.

Compiling takes longer than all else in a boot, so what was compiled once is kept in `build/edge`,
under a name made of its content.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts import vendoring
from tests.edge import installation

BUILD = installation.ROOT / "build" / "edge"

# Where the files lie in the Worker, which tracebacks show.
APPLICATION = "/session/metadata"

# Fewer new files than this the Worker compiles itself, sooner than Node starts a CPython to.
_FEW = 12

_LEFT_OUT = (".pyi", ".pyc", ".so.map")


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files that a Worker boots from. `digest` changes when any of them does."""

    content: Path
    index: Path
    standard_library: Path
    digest: str


def files(folder: Path, prefix: str = "") -> Iterator[tuple[str, Path]]:
    """Answer the files of a folder with their names in the Worker, under a prefix."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in _LEFT_OUT:
            yield f"{prefix}{path.relative_to(folder).as_posix()}", path


def worker_files() -> dict[str, Path]:
    """Answer what `wrangler deploy` would upload, of the tree as it is now."""
    vendoring.vendor()
    root = installation.ROOT
    packages = files(root / "python_modules", "python_modules/")
    return {**dict(files(root / "build" / "worker")), **dict(packages)}


def tree_files() -> dict[str, Path]:
    """Answer all that the Worker's sources and wheels have, for what tests import beyond it."""
    root = installation.ROOT
    packages = files(vendoring.WHEELS, "python_modules/")
    return {**dict(files(root / "src")), **dict(packages)}


def make(content: Mapping[str, Path], target: Path) -> Bundle:
    """Write the files into one below `target`, and compile what was not compiled before.

    Args:
        content: names in the Worker to paths here; `entry.py` is the main module.
        target: a folder that this Worker has to itself.

    Raises:
        NotInstalled: see `installation`.
    """
    given = {**content, "_edge_bridge.py": Path(__file__).parent / "host" / "bridge.py"}
    sources = {name: path.read_bytes() for name, path in given.items()}
    folder = _compiled_folder()
    with _locked():
        python = {name: path for name, path in given.items() if name.endswith(".py")}
        standard_library = _compile(folder, python, sources)
    digest, place = hashlib.sha256(), 0
    index: list[tuple[str, int, int]] = []
    target.mkdir(parents=True, exist_ok=True)
    bundle = Bundle(target / "bundle.bin", target / "bundle.json", standard_library, "")
    with bundle.content.open("wb") as file:
        for name, data in _with_compiled(folder, sources):
            file.write(data)
            digest.update(name.encode() + b"\0" + len(data).to_bytes(8) + data)
            index.append((name, place, len(data)))
            place += len(data)
    bundle.index.write_text(json.dumps(index), "utf-8")
    return Bundle(bundle.content, bundle.index, standard_library, digest.hexdigest())


def _with_compiled(folder: Path, sources: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name, source in sources.items():
        yield name, source
        compiled = folder / _key(name, source)
        # What does not compile is kept as an empty file, so that it is not tried each time.
        if name.endswith(".py") and compiled.is_file() and compiled.stat().st_size:
            package, _, module = name.removesuffix(".py").rpartition("/")
            cache = f"{package}/__pycache__" if package else "__pycache__"
            yield f"{cache}/{module}.cpython-314.pyc", compiled.read_bytes()


def _compile(folder: Path, paths: Mapping[str, Path], sources: Mapping[str, bytes]) -> Path:
    """Compile what is new; answer the standard library, compiled."""
    library = folder / "python_stdlib.zip"
    new = [
        (str(path.resolve()), f"{APPLICATION}/{name}", str(target))
        for name, path in paths.items()
        if not (target := folder / _key(name, sources[name])).is_file()
    ]
    if library.is_file() and len(new) < _FEW:
        return library
    print("==> Compiling Python for the Worker, once", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    pyodide = installation.packages() / "pyodide"
    manifest = {
        "archives": []
        if library.is_file()
        else [(str(pyodide / "python_stdlib.zip"), str(library))],
        "files": new,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(manifest, file)
        file.flush()
        program = Path(__file__).parent / "host" / "precompile.mjs"
        subprocess.run([str(installation.node()), str(program), file.name], check=True)
    return library


def _key(name: str, source: bytes) -> str:
    return hashlib.sha256(f"{name}\0".encode() + source).hexdigest() + ".pyc"


def _compiled_folder() -> Path:
    package = installation.packages() / "pyodide" / "package.json"
    return BUILD / f"pyodide-{json.loads(package.read_text('utf-8'))['version']}"


@contextmanager
def _locked() -> Iterator[None]:
    """Let one process at a time compile."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
