"""What is uploaded: a list, kept in a file that a test holds wrangler to, and the size.

The list has each file of the packages from PyPI, which change when a version does, and of our own
modules the folders: a module more in one of those has been looked at when it was committed.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scripts.upload.worker import FOLDERS

LISTING = "scripts/uploaded.txt"

_HEADER = (
    "# What wrangler uploads. Written by `scripts/vendor --list`; tests/edge/test_upload.py.\n"
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large an upload is; sizes in bytes.

    Attributes:
        files: how many files it has.
        raw: of all files together.
        together: compressed as one, as wrangler counts ("Total Upload: … / gzip: …").
        apart: each file compressed by itself, added up.
    """

    files: int
    raw: int
    together: int
    apart: int


def uploaded(root: Path) -> Iterator[tuple[str, Path]]:
    """Answer the files that wrangler uploads of a tree, with their names in the Worker."""
    for folder, prefix in (("build/worker", ""), ("python_modules", "python_modules/")):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                yield f"{prefix}{path.relative_to(root / folder).as_posix()}", path


def size(root: Path) -> Size:
    """Answer how large the upload of a tree is."""
    contents = [path.read_bytes() for _, path in uploaded(root)]
    apart = sum(len(gzip.compress(one, 6)) for one in contents)
    together = b"".join(contents)
    compressed = len(gzip.compress(together, 6))
    return Size(len(contents), len(together), compressed, apart)


def lines(names: Iterable[str]) -> list[str]:
    """Answer the lines of the list for files with these names in the Worker."""
    return sorted({_line(PurePosixPath(name)) for name in names})


def expected(root: Path) -> list[str]:
    """Answer the lines that the tree's list has."""
    kept = (root / LISTING).read_text("utf-8").splitlines()
    return [line for line in kept if not line.startswith("#")]


def write(root: Path) -> list[str]:
    """Write the list of what is uploaded now into the tree; answer its lines."""
    made = lines(name for name, _ in uploaded(root))
    (root / LISTING).write_text(_HEADER + "".join(f"{line}\n" for line in made), "utf-8")
    return made


def _line(name: PurePosixPath) -> str:
    is_package = name.parts[0] == "python_modules" and name.parts[1] not in FOLDERS
    if is_package or len(name.parts) == 1:
        return str(name)
    return str(name.parent / f"*{name.suffix}")
