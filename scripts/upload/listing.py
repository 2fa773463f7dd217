"""What is uploaded: the names, kept in a file that a test holds wrangler to, and the size."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LISTING = "scripts/uploaded.txt"

_HEADER = (
    "# What wrangler uploads. Written by `scripts/vendor --list`; tests/edge/test_upload.py.\n"
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large an upload is, in bytes.

    Attributes:
        raw: of all files together.
        together: compressed as one, as wrangler counts ("Total Upload: … / gzip: …").
        apart: each file compressed by itself, added up.
    """

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
    return Size(len(together), len(gzip.compress(together, 6)), apart)


def expected(root: Path) -> list[str]:
    """Answer the names that the tree's list has."""
    lines = (root / LISTING).read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def write(root: Path) -> list[str]:
    """Write the names of what is uploaded now into the tree's list; answer them."""
    names = sorted(name for name, _ in uploaded(root))
    (root / LISTING).write_text(_HEADER + "".join(f"{name}\n" for name in names), "utf-8")
    return names
