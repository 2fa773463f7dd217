"""Makes the two folders that wrangler uploads: what the Worker imports, and nothing else.

`build/worker/` holds the main module, `edge/` and `headwater/`; `python_modules/` holds packages:
those from PyPI, and the three folders of Cloudflare's side. Sources travel without comments and
docstrings, each line in its place.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scripts.upload.reached import path_of, reached
from scripts.upload.remembered import Sources

FOLDERS = ("durable_objects", "queues", "r2")
"""Of the tree's root, what reaches the Worker as packages beside those from PyPI."""

MAIN = "entry"
PATCHES = "_workers_sdk_patch_loader"
"""What the SDK's .pth file imports when Python starts."""

# By wrangler's default rules, of what lies beside the main module.
_TRAVELS = frozenset({".sql", ".txt", ".html", ".bin", ".wasm"})

# Of packages from PyPI, what no program reads.
_STAYS = frozenset({".py", ".pyi", ".pyc", ".typed", ".md", ".map", ".so"})

# zoneinfo takes the zones from it, and a list of their names.
_ZONES = "tzdata"
_NO_ZONE = frozenset({".tab", ".zi", ".list"})


def write(root: Path, wheels: Path) -> None:
    """Make `build/worker` and `python_modules` of a tree hold what is to be uploaded.

    Args:
        root: the tree.
        wheels: what pip installed for the Worker's Python.

    Raises:
        UnknownImports: see `reached`.
        SyntaxError: a source is not Python, or is newer than the Python that runs this.
    """
    (root / "build").mkdir(exist_ok=True)
    with _locked(root / "build" / ".worker-lock"):
        sources = Sources(root / "build" / "blanked")
        own, packages = files(root, wheels, sources)
        mirror(own, root / "build" / "worker")
        mirror(packages, root / "python_modules")
        sources.forget_others()


def remembers(root: Path) -> bool:
    """Answer whether the sources were read before, so that reading them takes a second."""
    return (root / "build" / "blanked").is_dir()


def files(root: Path, wheels: Path, sources: Sources) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Answer the files of `build/worker` and of `python_modules`, by their names there."""
    places = _places(root, wheels)
    modules = reached([MAIN, PATCHES, _ZONES], places, sources.imports)
    own: dict[str, bytes] = {}
    packages: dict[str, bytes] = {}
    for module in sorted(modules):
        path, place = path_of(module, places), places[module.partition(".")[0]]
        assert path is not None
        is_ours = place != wheels
        target = own if place == root / "src" else packages
        if path.suffix == ".py":
            target[_name(path, place)] = sources.blanked(path, keep_shown=is_ours)
        elif path.is_file():
            target[_name(path, place)] = path.read_bytes()
        if path.is_dir() or path.name == "__init__.py":
            folder = path if path.is_dir() else path.parent
            for one in _data(folder, is_ours=is_ours):
                target[_name(one, place)] = one.read_bytes()
    packages.update(_zones(wheels))
    packages.update(_distributions(wheels, packages))
    for path in wheels.glob("*.pth"):
        packages[path.name] = path.read_bytes()
    return own, packages


def mirror(content: Mapping[str, bytes], target: Path) -> None:
    """Make a folder hold these files, touching only what differs.

    A file left alone keeps its time, so whoever watches the folder does not start over for nothing.
    """
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(target).as_posix() not in content:
            path.unlink()
    for name, wanted in content.items():
        copy = target / name
        if not copy.is_file() or copy.read_bytes() != wanted:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(wanted)


def _places(root: Path, wheels: Path) -> dict[str, Path]:
    """Answer the folder in which each module or package without a parent lies."""
    src = root / "src"
    return {
        **{path.name.partition(".")[0]: wheels for path in wheels.iterdir()},
        **{path.name.partition(".")[0]: src for path in src.iterdir()},
        **dict.fromkeys(FOLDERS, root),
    }


def _name(path: Path, place: Path) -> str:
    return path.relative_to(place).as_posix()


def _data(package: Path, *, is_ours: bool) -> Iterator[Path]:
    """Answer the files beside a package's modules, and below them in folders without modules."""
    for path in sorted(package.iterdir()):
        if path.is_dir() and is_ours and path.name != "__pycache__" and not _has_modules(path):
            yield from _data(path, is_ours=is_ours)
        elif path.is_file():
            travels = path.suffix in _TRAVELS if is_ours else path.suffix not in _STAYS
            if travels:
                yield path


def _has_modules(folder: Path) -> bool:
    return any(folder.glob("*.py"))


def _zones(wheels: Path) -> Iterator[tuple[str, bytes]]:
    for path in (wheels / _ZONES).rglob("*"):
        if path.is_file() and path.suffix not in _STAYS | _NO_ZONE:
            yield _name(path, wheels), path.read_bytes()
        elif path.name == "__init__.py":
            yield _name(path, wheels), b""


def _distributions(wheels: Path, packages: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Answer the name, version and entry points of each distribution of which something travels."""
    for folder in wheels.glob("*.dist-info"):
        record = (folder / "RECORD").read_text("utf-8").splitlines()
        if any(line.partition(",")[0] in packages for line in record):
            headers, _, _ = (folder / "METADATA").read_bytes().partition(b"\n\n")
            yield f"{folder.name}/METADATA", headers + b"\n"
            entry_points = folder / "entry_points.txt"
            if entry_points.is_file():
                yield f"{folder.name}/entry_points.txt", entry_points.read_bytes()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time write."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
