"""What one module imports, read from its source without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

_BY_NAME = frozenset({"import_module", "__import__", "entry_points"})


@dataclass(frozen=True, slots=True)
class Imports:
    """What a module imports and gives.

    Attributes:
        names: modules, or names in modules, that it may import when it runs: at its top or inside
            a function, whether or not the import may fail.
        lazy: what it imports for type checkers alone, by the name it has here, `*` for all. A
            package with a `__getattr__` imports such a name when somebody asks for it.
        defined: names that it defines at its top.
        by_name: it imports modules whose names it computes.
    """

    names: frozenset[str]
    lazy: dict[str, list[str]] = field(default_factory=dict)
    defined: frozenset[str] = frozenset()
    by_name: bool = False


def imports_of(source: str, module: str, *, is_package: bool) -> Imports:
    """Answer what a module imports.

    Args:
        source: its text.
        module: its name, which relative imports begin from.
        is_package: whether it is the `__init__` of a package.

    Raises:
        SyntaxError: it is not Python.
    """
    package = module if is_package else module.rpartition(".")[0]
    tree = ast.parse(source)
    reader = _Reader(package)
    reader.visit(tree)
    return Imports(
        frozenset({*reader.names, *_used(tree, reader.aliases)}),
        reader.lazy,
        frozenset(_defined(tree)),
        reader.by_name,
    )


class _Reader(ast.NodeVisitor):
    """Collects imports; those that type checkers alone see are kept apart."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.names: set[str] = set()
        self.lazy: dict[str, list[str]] = {}
        self.aliases: dict[str, str] = {}
        self.by_name = False
        self._unseen = False

    def visit_Import(self, node: ast.Import) -> None:
        """`import a.b` binds `a`; `import a.b as c` binds `a.b`."""
        for one in node.names:
            self._found(one.asname or one.name, one.name)
            bound = one.name if one.asname else one.name.partition(".")[0]
            self.aliases[one.asname or bound] = bound

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """What is imported from a module may be a module itself."""
        base = self._absolute(node)
        for one in node.names:
            name = base if one.name == "*" else f"{base}.{one.name}"
            self._found("*" if one.name == "*" else one.asname or one.name, name)
            self.aliases[one.asname or one.name] = name

    def visit_If(self, node: ast.If) -> None:
        """`if TYPE_CHECKING:` is never so when it runs."""
        before, self._unseen = self._unseen, self._unseen or "TYPE_CHECKING" in _words(node.test)
        for one in node.body:
            self.visit(one)
        self._unseen = before
        self.visit(node.test)
        for one in node.orelse:
            self.visit(one)

    def visit_Call(self, node: ast.Call) -> None:
        """Calls that import what they are told to."""
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        self.by_name = self.by_name or name in _BY_NAME
        self.generic_visit(node)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.package.split(".")
        parts = parts[: len(parts) - node.level + 1]
        return ".".join([*parts, *([node.module] if node.module else [])])

    def _found(self, bound: str, name: str) -> None:
        if self._unseen:
            self.lazy.setdefault(bound, []).append(name)
        else:
            self.names.add(name)


def _words(test: ast.expr) -> set[str]:
    """Answer the names of a condition, unless it is one that holds when it runs."""
    if isinstance(test, ast.UnaryOp):
        return set()
    nodes = list(ast.walk(test))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def _used(tree: ast.AST, aliases: dict[str, str]) -> Iterator[str]:
    """Answer what is named behind a name that an import binds: `a.b.c` where `a` is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            parts: list[str] = []
            at: ast.expr = node
            while isinstance(at, ast.Attribute):
                parts.append(at.attr)
                at = at.value
            if isinstance(at, ast.Name) and at.id in aliases:
                yield ".".join([aliases[at.id], *reversed(parts)])


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (one.id for one in targets if isinstance(one, ast.Name))
