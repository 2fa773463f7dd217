"""Takes out of a source what is there for its readers alone, and moves no line.

A traceback from the Worker so names the lines of the tree's own files. What the blanked source
means is held against the original before it is used.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

# A class keeps a docstring, though it says nothing: for a dataclass without one Python writes its
# signature there, which takes longer than all else about the class.
_OF_A_CLASS = b'" "'


@dataclass(frozen=True, slots=True)
class _Edit:
    """Lines count from 1; columns are of bytes."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: bytes = b""


def blanked(source: bytes, *, keep_shown: bool) -> bytes:
    """Answer a source in UTF-8 without comments and docstrings, its lines where they were.

    Args:
        source: what Python of this version can read.
        keep_shown: keep the docstrings that the program may show: those of classes (an error's
            message, a schema's description) and of what is decorated (a route's).

    Raises:
        SyntaxError: it is not Python.
    """
    tree = ast.parse(source)
    lines = source.splitlines(keepends=True)
    edits = [*_comments(source, lines), *_strings(tree, keep_shown=keep_shown)]
    edits += _descriptions(tree)
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        _apply(edit, lines)
    made = b"".join(lines)
    return made if _means(made, keep_shown=keep_shown) == _meaning(tree, keep_shown) else source


def _comments(source: bytes, lines: list[bytes]) -> Iterator[_Edit]:
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            text = lines[line - 1]
            start = len(text.decode()[:column].rstrip().encode())
            yield _Edit((line, start), (line, len(text.rstrip(b"\r\n"))))


def _strings(tree: ast.Module, *, keep_shown: bool) -> Iterator[_Edit]:
    """Answer what takes out the strings that stand as statements."""
    for node in ast.walk(tree):
        for body in _bodies(node):
            for place, statement in enumerate(body):
                if not _is_string(statement):
                    continue
                of = node if place == 0 and isinstance(node, _Documented) else None
                if keep_shown and _is_shown(of):
                    continue
                yield _instead_of(statement, b"" if isinstance(node, ast.Module) else _instead(of))


def _descriptions(tree: ast.Module) -> Iterator[_Edit]:
    """Answer what empties `Doc("…")` of annotated_doc, which a tenth of FastAPI consists of."""
    for node in ast.walk(tree):
        if _is_description(node):
            assert isinstance(node, ast.Call)
            yield _instead_of(node.args[0], b'""')


def _is_description(node: object) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Doc"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    )


def _instead_of(node: ast.stmt | ast.expr, text: bytes) -> _Edit:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return _Edit(start, end, text)


def _instead(of: ast.AST | None) -> bytes:
    return _OF_A_CLASS if isinstance(of, ast.ClassDef) else b"0"


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if isinstance(body, list):
            yield body


def _is_string(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_shown(node: ast.AST | None) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return bool(node.decorator_list)
    return isinstance(node, ast.ClassDef)


def _apply(edit: _Edit, lines: list[bytes]) -> None:
    (first, start), (last, end) = edit.start, edit.end
    head, tail = lines[first - 1][:start], lines[last - 1][end:]
    if first != last:
        broken = [b"\n"] * (last - first)
        lines[first - 1 : last] = [head + edit.text + b"\n", *broken[1:], tail]
    else:
        lines[first - 1] = head + edit.text + tail
    for place in {first - 1, last - 1}:
        if not lines[place].strip():
            lines[place] = b"\n" if lines[place].endswith(b"\n") else b""


def _means(source: bytes, *, keep_shown: bool) -> str | None:
    try:
        return _meaning(ast.parse(source), keep_shown)
    except SyntaxError:
        return None


def _meaning(tree: ast.Module, keep_shown: bool) -> str:  # noqa: FBT001 - private
    """Answer what a program does, and on which lines, in a form that can be compared."""
    told: list[str] = []
    stack: list[object] = [tree]
    while stack:
        node = stack.pop()
        if not isinstance(node, ast.AST):
            told.append(repr(node))
            continue
        if _is_description(node):
            told.append("Doc")
            continue
        told.append(f"{type(node).__name__}:{getattr(node, 'lineno', 0)}")
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                kept = _without_strings(node, value, keep_shown) if name in _BODIES else value
                stack += [name, *kept]
            else:
                stack += [name, value]
    return "\n".join(told)


_BODIES = frozenset({"body", "orelse", "finalbody"})


def _without_strings(node: ast.AST, body: list[ast.stmt], keep_shown: bool) -> list[ast.stmt]:  # noqa: FBT001 - private
    shown = keep_shown and isinstance(node, _Documented) and _is_shown(node)
    return [
        one
        for place, one in enumerate(body)
        if not (_is_nothing(one) and not (shown and place == 0 and _is_string(one)))
    ]


def _is_nothing(statement: ast.stmt) -> bool:
    """Answer whether a statement is a string, or the 0 that stands for one."""
    return _is_string(statement) or (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and statement.value.value == 0
    )
