"""Sources without what is there for readers alone, and with each line in its place."""

from __future__ import annotations

import ast
import traceback
from pathlib import Path
from textwrap import dedent

import pytest

from scripts.upload.blanking import blanked

ROOT = Path(__file__).parent.parent.parent
CASES = [
    ("a = 1  # why", "a = 1"),
    ("# one\n# two\na = 1\n", "\n\na = 1\n"),
    (
        '"""Module."""\nfrom __future__ import annotations\n',
        "\nfrom __future__ import annotations\n",
    ),
    ('"""Two\nlines."""\na = 1\n', "\n\na = 1\n"),
    ('def f():\n    """Doc."""\n', "def f():\n    0\n"),
    (
        'def f():\n    """Two\n    lines."""  # why\n    return 1\n',
        "def f():\n    0\n\n    return 1\n",
    ),
    ('class A:\n    """Doc."""\n', 'class A:\n    " "\n'),
    ('class A:\n    b = 1\n    """Of b."""\n', "class A:\n    b = 1\n    0\n"),
    ('a = "# no comment"\n', 'a = "# no comment"\n'),
    ('a = """two\nlines # of text"""\n', 'a = """two\nlines # of text"""\n'),
    ("ä = 'ö'  # ü\n", "ä = 'ö'\n"),
    ("a: Annotated[int, Doc('what it is')]\n", 'a: Annotated[int, Doc("")]\n'),
    ('"""One."""; a = 1\n', '"""One."""; a = 1\n'),  # would be no Python: it stays as it is
]


@pytest.mark.parametrize(("source", "expected"), CASES, ids=[case[0] for case in CASES])
def test_comments_and_docstrings_go(source: str, expected: str) -> None:
    """What is left means the same, and stands where it stood."""
    assert blanked(source.encode(), keep_shown=False).decode() == expected


def test_what_a_program_may_show_stays() -> None:
    """An error's message is its class's docstring, and a route's text is its function's."""
    source = dedent(
        '''\
        class A(Exception):
            """Shown."""
            def f(self):
                """Not shown."""
        @route
        def g():
            """Shown."""
        '''
    )
    made = blanked(source.encode(), keep_shown=True).decode()

    assert made == source.replace('"""Not shown."""', "0")


def test_a_traceback_names_the_lines_of_the_tree() -> None:
    """Line numbers, and the text of the line, are those of the source."""
    source = (
        '"""Long\ndoc."""\n\n\ndef f():\n    """Doc\n    again."""\n'
        "    # why\n    return 1 / 0  # here\n"
    )
    made = blanked(source.encode(), keep_shown=False)
    space: dict[str, object] = {}
    exec(compile(made, "made", "exec"), space)

    with pytest.raises(ZeroDivisionError) as raised:
        space["f"]()  # type: ignore[operator]

    assert traceback.extract_tb(raised.value.__traceback__)[-1].lineno == 9
    assert made.splitlines()[8] == b"    return 1 / 0"


@pytest.mark.parametrize("folder", ["src/headwater/collect", "src/edge", "durable_objects", "r2"])
def test_our_own_sources_keep_their_lines_and_their_meaning(folder: str) -> None:
    """Each is shorter, has as many lines, and is the same program but for docstrings."""
    for path in sorted((ROOT / folder).glob("*.py")):
        source = path.read_bytes()
        made = blanked(source, keep_shown=True)

        assert len(made) < len(source) or not source.strip(), path
        assert made.count(b"\n") == source.count(b"\n"), path
        assert _names(made) == _names(source), path


def _names(source: bytes) -> list[tuple[str, int]]:
    """Answer the names of a program with their lines."""
    nodes = ast.walk(ast.parse(source))
    return [(node.id, node.lineno) for node in nodes if isinstance(node, ast.Name)]
