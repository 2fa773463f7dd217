"""Which modules a Worker reaches from its main module, found without running anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from scripts.upload.imports import Imports, imports_of

Read = Callable[[Path, str], Imports]
"""Answers the imports of a source by its path and the module's name."""

BY_NAME: Mapping[str, tuple[str, ...]] = {
    # The event loop's backend; trio is not there.
    "anyio._core._eventloop": ("anyio._backends._asyncio",),
    # Names that the package gives when asked, which are read from what type checkers see.
    "anyio._lazyimport": (),
    "pydantic": (),
    # Other encoders, if they are installed.
    "fastapi.responses": (),
    # lz4 and the like, if they are installed; reading without them is told as an error.
    "headwater.lake.parquet.compression": (),
    # Entry points for what OTEL_ variables name, and no such variable is set; and what is always
    # loaded, the two propagators of its default.
    "opentelemetry.context": (),
    "opentelemetry.propagate": (
        "opentelemetry.baggage.propagation",
        "opentelemetry.trace.propagation.tracecontext",
    ),
    "opentelemetry.util._importlib_metadata": (),
    "opentelemetry.util._providers": (),
    # A country's numbers, when the first of them is read.
    "phonenumbers.data": ("phonenumbers.data.*",),
    # Emergency and premium numbers, which nothing asks for.
    "phonenumbers.shortdata": (),
    # Plugins by entry point, of which there are none; and types given as text, which are not used.
    "pydantic.plugin._loader": (),
    "pydantic._internal._validators": (),
}
"""Modules that import by a computed name, and what they may import of what is here."""


LEFT_OUT = frozenset(
    {
        # Names of the package that only programs outside ask for.
        "headwater.client",
        # Host names for sockets, of which a Worker has none.
        "idna",
        # FastAPI asks whether a class is one of version 1, and takes its absence for a no.
        "pydantic.v1",
    }
)
"""What is imported somewhere, but never by a Worker, or by what takes its absence for an answer."""


class UnknownImports(Exception):
    """A module imports by a computed name, and nobody has written down what."""


def reached(roots: Iterable[str], places: Mapping[str, Path], read: Read | None = None) -> set[str]:
    """Answer the modules that may be imported once the roots are, which are among them.

    Args:
        roots: names of modules.
        places: the folder in which each module or package without a parent lies.
        read: answers the imports of a source; `imports_of` unless something remembers them.

    Raises:
        UnknownImports: see there; `BY_NAME` is where to write it down.
    """
    walk = _Walk(places, read or _read)
    for root in roots:
        walk.name(root)
    while walk.waiting:
        walk.module(walk.waiting.pop())
    if walk.unknown:
        raise UnknownImports(
            f"{', '.join(sorted(walk.unknown))} import modules by computed names: write into"
            " BY_NAME in scripts/upload/reached.py which of those the Worker needs"
        )
    return walk.found


def path_of(module: str, places: Mapping[str, Path]) -> Path | None:
    """Answer the file of a module, or the folder of a package without one; None if it is absent."""
    folder = places.get(module.partition(".")[0])
    if folder is None:
        return None
    path = folder / module.replace(".", "/")
    for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
        if file.is_file():
            return file
    found = sorted(path.parent.glob(f"{path.name}.*.so"))
    return found[0] if found else path if path.is_dir() else None


class _Walk:
    def __init__(self, places: Mapping[str, Path], read: Read) -> None:
        self.places = places
        self.read = read
        self.found: set[str] = set()
        self.waiting: list[str] = []
        self.unknown: set[str] = set()
        self._imports: dict[str, Imports] = {}
        self._asked: set[str] = set()

    def module(self, module: str) -> None:
        """Follow what a module imports."""
        imports = self._read(module)
        for name in imports.names:
            self.name(name)
        if imports.by_name and module not in BY_NAME:
            self.unknown.add(module)
        for name in BY_NAME.get(module, ()):
            if name.endswith(".*"):
                self._all(name.removesuffix(".*"))
            else:
                self.name(name)

    def name(self, name: str) -> None:
        """Add the modules that importing a dotted name imports, of those that are here."""
        if name in self._asked:
            return
        self._asked.add(name)
        parts = name.split(".")
        for place in range(len(parts)):
            module = ".".join(parts[: place + 1])
            if module in LEFT_OUT:
                return
            if path_of(module, self.places) is None:
                if place:
                    self._lazy(".".join(parts[:place]), parts[place])
                return
            if module not in self.found:
                self.found.add(module)
                self.waiting.append(module)

    def _lazy(self, module: str, name: str) -> None:
        """Follow a name that a package imports when it is asked for it."""
        imports = self._read(module)
        for origin in imports.lazy.get(name, ()) if name not in imports.defined else ():
            self.name(origin)
        for origin in imports.lazy.get("*", ()):
            if name in self._read(origin).defined:
                self.name(origin)

    def _all(self, package: str) -> None:
        path = path_of(package, self.places)
        siblings = path.parent.glob("[!_]*.py") if path is not None else ()
        for one in siblings:
            self.name(f"{package}.{one.stem}")

    def _read(self, module: str) -> Imports:
        if module not in self._imports:
            path = path_of(module, self.places)
            is_source = path is not None and path.suffix == ".py"
            self._imports[module] = (
                self.read(path, module) if path is not None and is_source else Imports(frozenset())
            )
        return self._imports[module]


def _read(path: Path, module: str) -> Imports:
    source = path.read_text("utf-8")
    return imports_of(source, module, is_package=path.name == "__init__.py")
