"""Remembers what was read from sources, since to read them all takes a quarter of a minute."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from scripts.upload.blanking import blanked
from scripts.upload.imports import Imports, imports_of


class Sources:
    """Answers what sources import and how they travel; a context manager, which forgets the rest.

    Args:
        folder: where it keeps what it knows, each under a name made of the source.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)
        # What this program answers changes with it.
        programs = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
        self._version = b"\0".join([*programs, sys.version.encode()])

    def imports(self, path: Path, module: str) -> Imports:
        """Answer what a module imports; see `imports_of`."""
        source, is_package = path.read_bytes(), path.name == "__init__.py"
        kept = self._kept("json", source, f"{module} {is_package}")
        if not kept.is_file():
            found = imports_of(source.decode(), module, is_package=is_package)
            names, defined = sorted(found.names), sorted(found.defined)
            told = {"names": names, "lazy": found.lazy, "defined": defined}
            _replace(kept, json.dumps({**told, "by_name": found.by_name}).encode())
        told = json.loads(kept.read_bytes())
        return Imports(
            frozenset(told["names"]), told["lazy"], frozenset(told["defined"]), told["by_name"]
        )

    def blanked(self, path: Path, *, keep_shown: bool) -> bytes:
        """Answer a source as it travels; see `blanking.blanked`."""
        source = path.read_bytes()
        kept = self._kept("py", source, str(keep_shown))
        if not kept.is_file():
            _replace(kept, blanked(source, keep_shown=keep_shown))
        return kept.read_bytes()

    def forget_others(self) -> None:
        """Delete what nobody has asked for since this was made."""
        for path in self._folder.iterdir():
            if path.name not in self._asked:
                path.unlink()

    def _kept(self, ending: str, source: bytes, of: str) -> Path:
        digest = hashlib.sha256(self._version)
        digest.update(of.encode() + b"\0" + source)
        name = f"{digest.hexdigest()}.{ending}"
        self._asked.add(name)
        return self._folder / name


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that nobody sees half of it."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content)
    new.replace(path)
